"""The environment of events."""

from pathlib import Path

from shared.settings import ServiceSettings


class Settings(ServiceSettings):
    """What events reads beyond every service's settings."""

    peer_membership: str
    vault_key_file: Path
