"""The environment of operations."""

from pathlib import Path
from typing import Annotated

from pydantic import Field

from shared.settings import DatabaseSettings, EdgeSettings

MEGABYTE = 1_000_000


class Settings(DatabaseSettings, EdgeSettings):
    """What operations reads beyond every process's settings.

    Where its neighbours answer gRPC (`peer_…`) and HTTP (`site_…`), where people open the reports
    (`public_address`), the file in which what operators do stands before it is done, the folder of
    codes that log a browser in, and for how long and how much of what services say of themselves is
    kept. What is older goes, and so does the oldest when it takes more room on the disk.
    """

    peer_membership: str
    peer_events: str
    peer_resources: str
    peer_reporting: str
    site_membership: str
    site_events: str
    site_resources: str
    site_reporting: str
    site_gateway: str
    site_operations: str
    public_address: str
    operator_log: Path
    login_codes: Path | None = None
    telemetry_days: Annotated[float, Field(gt=0, le=366)] = 7.0
    telemetry_bytes_max: Annotated[int, Field(ge=16 * MEGABYTE)] = 2**30

    @property
    def owners(self) -> dict[str, str]:
        """Where each service with a ledger answers gRPC."""
        return {
            "membership": self.peer_membership,
            "events": self.peer_events,
            "resources": self.peer_resources,
        }

    @property
    def sites(self) -> dict[str, str]:
        """Where each service answers HTTP, as `http://host:port`."""
        return {
            "membership": self.site_membership,
            "events": self.site_events,
            "resources": self.site_resources,
            "reporting": self.site_reporting,
            "gateway": self.site_gateway,
            "operations": self.site_operations,
        }
