"""The environment of events."""

from pathlib import Path

from shared.settings import ServiceSettings


class Settings(ServiceSettings):
    """What events reads beyond every service's settings.

    `erased_file` keeps the keys of the erased beside the database, so that no backup brings anybody
    back; none when left out.
    """

    peer_membership: str
    vault_key_file: Path
    erased_file: Path | None = None
