"""What operations sees of the system at one moment."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from shared.behind import Lags

SILENT = "does not answer"
"""What is wrong with a service that says nothing."""


@dataclass(frozen=True, slots=True)
class Counted:
    """How many messages of a source became what, since their service started."""

    source: str
    outcome: str
    count: int


@dataclass(frozen=True, slots=True)
class Backlog:
    """What stands in an owner's tables; ages in seconds, of the oldest."""

    outbox: int
    outbox_age: float
    waiting: int
    waiting_age: float
    rejected: int


@dataclass(frozen=True, slots=True)
class Projection:
    """How reporting stands to a ledger: facts and seconds behind, and what its auditor found.

    `compared_age` is how long ago it was compared, in seconds; None when it never was.
    """

    behind: int
    age: float
    missing: int
    ahead: int
    different: int
    compared_age: float | None


@dataclass(frozen=True, slots=True)
class ServiceSeen:
    """A service, as it says of itself.

    Attributes:
        wrong: why it is not ready, in a few words; empty when it is.
        parts: which of its parts answer.
        skew: how far its clock is ahead of ours, in seconds; None when it does not answer.
        last_at: when the last event of it passed the broker; None when none is known.
        backlog: of an owner.
        counted: of an owner.
        projections: of reporting, by ledger.
    """

    name: str
    wrong: str
    parts: Mapping[str, bool] = field(default_factory=dict)
    version: str = ""
    started_at: datetime | None = None
    skew: float | None = None
    last_at: datetime | None = None
    backlog: Backlog | None = None
    counted: Sequence[Counted] = ()
    projections: Mapping[str, Projection] = field(default_factory=dict)

    @property
    def silent(self) -> bool:
        """Whether it says nothing of itself."""
        return self.wrong == SILENT


@dataclass(frozen=True, slots=True)
class Seen:
    """Everything, as of one look.

    Attributes:
        lags: None while the broker does not answer.
        weak: settings of PostgreSQL that are off and could lose what was acknowledged; None while
            it does not answer.
    """

    at: datetime
    services: Sequence[ServiceSeen] = ()
    lags: Lags | None = None
    weak: Sequence[str] | None = None

    def service(self, name: str) -> ServiceSeen | None:
        """Return what was seen of a service."""
        return next((each for each in self.services if each.name == name), None)
