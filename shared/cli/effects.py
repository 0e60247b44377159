"""What facts that are not recorded yet would change in the figures, in lines for a terminal."""

from collections.abc import Iterator, Sequence
from typing import Any

from tandem.ledger.v1 import ledger_pb2

from shared import effects
from shared.cli.system import OPERATOR, System
from shared.cli.words import Language, number
from shared.effects import FACTS_MAX, Effect

CELLS_SHOWN_MAX = 30


async def effect(
    system: System, ledger: str, facts: Sequence[ledger_pb2.LedgerFact]
) -> Effect | None:
    """Return what facts would change; None when they are too many, or one of them too large."""
    async with system.channel("reporting", OPERATOR) as channel:
        return await effects.effect(channel, ledger, facts)


def effect_lines(found: Effect | None) -> Iterator[str]:
    """Yield what would change, line by line: the figures by name, other cells by their number."""
    if found is None:
        yield f"too much to count beforehand: over {FACTS_MAX} facts, or a large one among them"
        return
    for moved in found.periods:
        if moved.nothing:
            yield f"{moved.period}: nothing would change"
            continue
        yield f"{moved.period}:"
        shown = moved.figures[:CELLS_SHOWN_MAX]
        for metric, before, after in shown:
            yield f"  {metric}: {_said(before)} -> {_said(after)}"
        if others := len(moved.figures) - len(shown) + moved.others:
            yield f"  and {others} other cells of the report"
    if found.left_out:
        yield f"not counted: {', '.join(found.left_out)}"
    if not found.periods:
        yield "no quarter would change"


def _said(value: Any) -> str:
    if value is None:
        return "-"
    return number(value, Language.EN) if isinstance(value, float) else str(value)
