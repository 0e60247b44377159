"""The environment of reporting."""

from pathlib import Path

from shared.settings import ServiceSettings


class Settings(ServiceSettings):
    """What reporting reads beyond every service's settings: ledgers that fill its gaps, its key."""

    peer_membership: str
    peer_events: str
    peer_resources: str
    signing_key_file: Path

    @property
    def peers(self) -> dict[str, str]:
        """Where each ledger is read."""
        return {
            "membership": self.peer_membership,
            "events": self.peer_events,
            "resources": self.peer_resources,
        }
