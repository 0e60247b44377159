"""The environment of reporting."""

from shared.settings import ServiceSettings


class Settings(ServiceSettings):
    """What reporting reads beyond every service's settings: whose ledgers fill its gaps."""

    peer_membership: str
    peer_events: str
    peer_resources: str
