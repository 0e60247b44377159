"""The facts of reporting: which reports were published, as what and by whom."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field, StringConstraints

from shared.contracts.values import Fact, Instant, Reason, SourceName

PeriodId = Annotated[
    str, StringConstraints(pattern=r"^(FY)?(19|20|21)[0-9]{2}(-Q[1-4])?$", max_length=9)
]
RevisionReason = Literal["R1", "R2", "R3", "C"]
"""R1 better source data, R2 routine recalculation, R3 method or definition, C error."""
PublishedStatus = Literal["provisional", "final", "revised"]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
VersionNumber = Annotated[int, Field(ge=1, le=100_000)]


class ReportPublished(Fact):
    """A report was published: the bytes with this hash are version so-and-so of its period."""

    TYPE: ClassVar[str] = "reporting.report_published.v1"
    period: PeriodId
    version: VersionNumber
    status: PublishedStatus
    known_at: Instant
    sha256: Sha256
    cells_changed: Annotated[int, Field(ge=0, le=10_000_000)]
    published_by: SourceName
    reason: RevisionReason | None = None
    note: Reason | None = None
    previous_sha256: Sha256 | None = None


ReportingEvent = ReportPublished
