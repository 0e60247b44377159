"""The environment of the gateway."""

from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, model_validator

from services.gateway.domain.quotas import Quota
from shared.publishing import BATCH_BYTES_MAX, BATCH_MESSAGES_MAX
from shared.settings import EdgeSettings

Rate = Annotated[float, Field(gt=0, le=1_000_000_000)]


class Settings(EdgeSettings):
    """What the gateway reads beyond every process's settings: its neighbours, and its limits.

    A burst is how much may come at once, and a rate how quickly it may come again. Requests and
    events of one credential count together, whichever address they are sent to.
    """

    peer_membership: str
    peer_events: str
    peer_resources: str
    peer_reporting: str
    webhooks_file: Path | None = None
    batch_events_max: Annotated[int, Field(ge=1, le=BATCH_MESSAGES_MAX)] = BATCH_MESSAGES_MAX
    batch_bytes_max: Annotated[int, Field(ge=1024, le=BATCH_BYTES_MAX)] = BATCH_BYTES_MAX
    body_seconds_max: Annotated[float, Field(gt=0, le=600)] = 30.0
    connections_max: Annotated[int, Field(ge=1, le=100_000)] = 1_000
    idle_seconds_max: Annotated[int, Field(ge=1, le=3600)] = 60
    quota_requests_per_second: Rate = 1_000
    quota_requests_burst: Rate = 2_000
    quota_events_per_second: Rate = 10_000
    quota_events_burst: Rate = 20_000
    quota_bytes_per_second: Rate = 32_000_000
    quota_bytes_burst: Rate = 64_000_000

    @model_validator(mode="after")
    def _a_batch_fits(self) -> Self:
        if self.quota_events_burst < self.batch_events_max:
            raise ValueError("quota_events_burst is smaller than a batch may be")
        return self

    @property
    def quotas(self) -> dict[str, Quota]:
        """How much a credential may send."""
        return {
            "requests": Quota(self.quota_requests_per_second, self.quota_requests_burst),
            "events": Quota(self.quota_events_per_second, self.quota_events_burst),
            "bytes": Quota(self.quota_bytes_per_second, self.quota_bytes_burst),
        }

    @property
    def peers(self) -> dict[str, str]:
        """Where each owner answers."""
        return {
            "membership": self.peer_membership,
            "events": self.peer_events,
            "resources": self.peer_resources,
        }
