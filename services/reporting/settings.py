"""The environment of reporting."""

from pathlib import Path

from shared.settings import ServiceSettings


class Settings(ServiceSettings):
    """What reporting reads beyond every service's settings.

    Whose ledgers fill its gaps, the key that seals what it publishes, and the folder of codes that
    log a browser in; without one, people log in with a token alone.
    """

    peer_membership: str
    peer_events: str
    peer_resources: str
    signing_key_file: Path
    login_codes: Path | None = None

    @property
    def peers(self) -> dict[str, str]:
        """Where each ledger is read."""
        return {
            "membership": self.peer_membership,
            "events": self.peer_events,
            "resources": self.peer_resources,
        }
