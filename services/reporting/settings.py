"""The environment of reporting."""

from shared.settings import ServiceSettings


class Settings(ServiceSettings):
    """What reporting reads beyond every service's settings: whose ledgers fill its gaps."""

    peer_membership: str
    peer_events: str
    peer_resources: str

    @property
    def peers(self) -> dict[str, str]:
        """Where each ledger is read."""
        return {
            "membership": self.peer_membership,
            "events": self.peer_events,
            "resources": self.peer_resources,
        }
