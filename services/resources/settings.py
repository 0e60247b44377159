"""The environment of resources."""

from shared.settings import ServiceSettings


class Settings(ServiceSettings):
    """What resources reads beyond every service's settings."""

    peer_membership: str
