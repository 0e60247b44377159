"""What facts that are not recorded yet would change in the figures: asked of reporting."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import grpc.aio
from google.protobuf import json_format
from google.protobuf.struct_pb2 import Value
from tandem.ledger.v1 import ledger_pb2
from tandem.reporting.v1 import reporting_pb2 as pb
from tandem.reporting.v1 import reporting_pb2_grpc

REQUEST_BYTES = 128 * 1024
"""Facts go in messages of this size, well under what a call may carry."""
FACT_BYTES_MAX = 240 * 1024
FACTS_MAX = 1000
EFFECT_SECONDS_MAX = 120.0
VALUE = ".value"


@dataclass(frozen=True, slots=True)
class Moved:
    """What would change in one period.

    Attributes:
        figures: each that would have another value: its metric, and the value before and after;
            None where there is none.
        others: how many other cells of the report would change.
    """

    period: str
    figures: Sequence[tuple[str, Any, Any]]
    others: int

    @property
    def nothing(self) -> bool:
        """Whether the report of the period would stay as it is."""
        return not (self.figures or self.others)


@dataclass(frozen=True, slots=True)
class Effect:
    """What would change: in these periods, and in some that were not counted."""

    periods: Sequence[Moved]
    left_out: Sequence[str]


def bearer(token: str | None) -> Sequence[tuple[str, str]]:
    """Return the metadata of a call that is made as somebody else than the channel's own token."""
    return [] if token is None else [("authorization", f"Bearer {token}")]


async def effect(
    channel: grpc.aio.Channel,
    ledger: str,
    facts: Sequence[ledger_pb2.LedgerFact],
    *,
    token: str | None = None,
) -> Effect | None:
    """Return what facts would change; None when they are too many, or one of them too large.

    Args:
        channel: to reporting.
        ledger: the one that they would stand in.
        facts: as `ReplayRejected` tells them in a dry run.
        token: whose right it is asked under; the channel's own when left out.
    """
    if len(facts) > FACTS_MAX or any(fact.ByteSize() > FACT_BYTES_MAX for fact in facts):
        return None
    stub = reporting_pb2_grpc.ReportingServiceStub(channel)
    answer = await stub.PreviewFacts(
        iter([*_requests(ledger, facts)]), timeout=EFFECT_SECONDS_MAX, metadata=bearer(token)
    )
    return Effect([_moved(period) for period in answer.periods], list(answer.periods_left_out))


def _requests(
    ledger: str, facts: Sequence[ledger_pb2.LedgerFact]
) -> Iterator[pb.PreviewFactsRequest]:
    batch: list[ledger_pb2.LedgerFact] = []
    size = 0
    for fact in facts:
        if batch and size + fact.ByteSize() > REQUEST_BYTES:
            yield pb.PreviewFactsRequest(ledger=ledger, facts=batch)
            batch, size = [], 0
        batch.append(fact)
        size += fact.ByteSize()
    if batch:
        yield pb.PreviewFactsRequest(ledger=ledger, facts=batch)


def _moved(period: pb.PeriodPreview) -> Moved:
    figures = [
        (cell.metric, _value(cell, "from"), _value(cell, "to"))
        for cell in period.cells
        if _moves_a_figure(cell)
    ]
    return Moved(period.period, figures, len(period.cells) - len(figures))


def _moves_a_figure(cell: pb.CellChange) -> bool:
    """Tell whether a cell is the value of a figure, and another one than before."""
    path, before, after = cell.cell, getattr(cell, "from"), cell.to
    return path.startswith("figures.") and path.endswith(VALUE) and before != after


def _value(cell: pb.CellChange, side: str) -> Any:
    if not cell.HasField(side):  # type: ignore[arg-type]
        return None
    value: Value = getattr(cell, side)
    return json_format.MessageToDict(value)


def answer_fact(id_: str, into: str, *, people: bool, done: str) -> ledger_pb2.LedgerFact:
    """Return the fact that an answer would become, to see what it would change.

    Args:
        id_: an activity, or the key of a person.
        into: what it counts as, or counted as.
        people: whether these are keys of people.
        done: "merged" or "unmerged".
    """
    noun, field = ("person", "person") if people else ("activity", "activity_id")
    fact = ledger_pb2.LedgerFact(
        stream=f"{noun}-{id_}",
        version=1,
        type=f"events.{noun}_{done}.v1",
        data=json.dumps({field: id_, "into": into}).encode(),
    )
    fact.recorded_at.GetCurrentTime()
    return fact
