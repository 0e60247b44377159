"""What facts that are not recorded yet would change in the figures, asked of reporting and told."""

from collections.abc import Iterator, Sequence
from typing import Literal

from google.protobuf import json_format
from google.protobuf.struct_pb2 import Value
from tandem.ledger.v1 import ledger_pb2
from tandem.reporting.v1 import reporting_pb2 as pb
from tandem.reporting.v1 import reporting_pb2_grpc

from shared.cli.system import OPERATOR, System
from shared.cli.words import Language, number

REQUEST_BYTES = 128 * 1024
"""Facts go in messages of this size, well under what a call may carry."""
FACT_BYTES_MAX = 240 * 1024
FACTS_MAX = 1000
EFFECT_SECONDS_MAX = 120.0
CELLS_SHOWN_MAX = 30
VALUE = ".value"


async def effect(
    system: System, ledger: str, facts: Sequence[ledger_pb2.LedgerFact]
) -> pb.PreviewFactsResponse | None:
    """Return what facts would change; None when they are too many, or one of them too large."""
    if len(facts) > FACTS_MAX or any(fact.ByteSize() > FACT_BYTES_MAX for fact in facts):
        return None
    async with system.channel("reporting", OPERATOR) as channel:
        stub = reporting_pb2_grpc.ReportingServiceStub(channel)
        requests = iter([*_requests(ledger, facts)])
        return await stub.PreviewFacts(requests, timeout=EFFECT_SECONDS_MAX)


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


def effect_lines(effect: pb.PreviewFactsResponse | None) -> Iterator[str]:
    """Yield what would change, line by line: the figures by name, other cells by their number."""
    if effect is None:
        yield f"too much to count beforehand: over {FACTS_MAX} facts, or a large one among them"
        return
    for period in effect.periods:
        figures = [cell for cell in period.cells if _moves_a_figure(cell)]
        if not period.cells:
            yield f"{period.period}: nothing would change"
            continue
        yield f"{period.period}:"
        for cell in figures[:CELLS_SHOWN_MAX]:
            yield f"  {cell.metric}: {_said(cell, 'from')} -> {_said(cell, 'to')}"
        if others := len(period.cells) - len(figures[:CELLS_SHOWN_MAX]):
            yield f"  and {others} other cells of the report"
    if effect.periods_left_out:
        yield f"not counted: {', '.join(effect.periods_left_out)}"
    if not effect.periods:
        yield "no quarter would change"


def _moves_a_figure(cell: pb.CellChange) -> bool:
    """Tell whether a cell is the value of a figure, and another one than before."""
    path, before, after = cell.cell, getattr(cell, "from"), cell.to
    return path.startswith("figures.") and path.endswith(VALUE) and before != after


def _said(cell: pb.CellChange, side: Literal["from", "to"]) -> str:
    if not cell.HasField(side):
        return "-"
    value: Value = getattr(cell, side)
    said = json_format.MessageToDict(value)
    if said is None:
        return "-"
    return number(said, Language.EN) if isinstance(said, float) else str(said)
