"""What people ask of reporting over gRPC and HTTP; nothing comes over NATS."""

from typing import ClassVar

from shared.contracts.reporting import PeriodId, RevisionReason
from shared.contracts.values import Message, Reason


class PublishReport(Message):
    """Publish the report of a period as it is known now; from version 2 on, say why."""

    TYPE: ClassVar[str] = "tandem.reporting.report_published.v1"
    period: PeriodId
    reason: RevisionReason | None = None
    note: Reason | None = None


ReportingDecision = PublishReport
