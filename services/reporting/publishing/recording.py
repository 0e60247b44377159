"""A publication on its way into the ledger: what somebody asked for, and the rows of its fact."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial

from services.reporting.domain.publication import DECIDER, stream_of
from services.reporting.reading import QUERIES
from shared.contracts.messages.reporting import PublishReport, ReportingDecision
from shared.contracts.reporting import ReportingEvent, ReportPublished
from shared.execute import Rules
from shared.queries import Row
from shared.recorded import Recorded
from shared.sift import Received, own


def request_to_publish(message: PublishReport, source: str, id_: str, now: datetime) -> Received:
    """Return a request of somebody, known by its id; said again later, it is the same one."""
    received = own(message, source, id_, now)
    return replace(received, envelope=received.envelope.timeless())


def rules(content: bytes) -> Rules:
    """Return the rules of publications, with the bytes that the next one consists of."""
    return Rules(
        ledger="reporting",
        facts=ReportingEvent,
        messages=ReportingDecision,
        deciders={"publication": DECIDER},
        stream_of=lambda command: stream_of(command.said.period),  # type: ignore[attr-defined]
        needs=lambda command: None,
        provides=lambda fact: None,
        project=partial(_rows, content),
        queries=QUERIES,
        relays=False,  # nobody restates these facts
    )


def _rows(content: bytes, recorded: Recorded) -> Sequence[Row]:
    fact = recorded.fact
    if not isinstance(fact, ReportPublished):
        raise TypeError(f"{type(fact).__name__} is no publication")
    columns = (
        fact.period,
        fact.version,
        fact.status,
        fact.known_at,
        fact.sha256,
        fact.published_by,
        fact.reason,
        fact.note,
        fact.cells_changed,
        content,
    )
    return [Row("published_report", columns)]
