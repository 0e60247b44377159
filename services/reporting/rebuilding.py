"""`python -m services.reporting rebuild [--dry-run] [--keep]`: the tables again from the ledgers.

Runs under the role that owns the tables, beside the service. Tells how far it is and what came of
it as JSON, one object a line, on standard output: `tandem rebuild` shows it to people.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from services.reporting.app import opened_rebuild
from services.reporting.reading import load_registry, read_periods, read_report
from shared.queries import Connection
from shared.rebuild import Outcome, Rebuild, Step

Figures = dict[tuple[str, str], float | None]
"""Values by period and figure."""

Moved = dict[str, Any]
"""A figure that is not the same: period, figure, before, rebuilt."""


async def rebuild(options: Sequence[str]) -> None:
    """Rebuild, and say on standard output what happens.

    Args:
        options: `--dry-run` leaves the tables that serve; `--keep` keeps them beside the new ones.

    Raises:
        Unavailable, Refused: not switched; the text says why.
    """
    dry_run, keep = "--dry-run" in options, "--keep" in options
    async with opened_rebuild(_tell_step) as building:
        outcome, moved = await rebuilt(building, datetime.now(UTC), dry_run=dry_run, keep=keep)
        _tell({"outcome": asdict(outcome) | {"figures": moved}})


async def rebuilt(
    building: Rebuild, now: datetime, *, dry_run: bool = False, keep: bool = False
) -> tuple[Outcome, list[Moved]]:
    """Rebuild; when rows differ, count every figure from the old and from the new tables.

    Returns:
        What was done, and the figures that moved.
    """
    outcome = await building.run(dry_run=dry_run)
    old, new = building.serving, building.new
    if not dry_run:
        old, new = building.before, building.serving
    moved: list[Moved] = []
    if outcome.tables:
        before = await building.in_schema(old, lambda connection: figures(connection, now))
        after = await building.in_schema(new, lambda connection: figures(connection, now))
        moved = _moved(before, after)
    if dry_run or not keep:
        await building.drop(building.new if dry_run else building.before)
    return outcome, moved


async def figures(connection: Connection, known_at: datetime) -> Figures:
    """Return every figure of every quarter, as known at a moment."""
    registry = load_registry()
    found: Figures = {}
    for period in await read_periods(connection, known_at):
        report = await read_report(connection, registry, period, known_at, known_at)
        for metric, figure in report.figures.items():
            found[period.id, metric] = figure.measure.value
    return found


def _moved(before: Figures, after: Figures) -> list[Moved]:
    """Return the figures that are not the same, by period and name."""
    return [
        {"period": key[0], "figure": key[1], "before": before.get(key), "rebuilt": after.get(key)}
        for key in sorted(before.keys() | after.keys())
        if before.get(key) != after.get(key)
    ]


def _tell_step(step: Step) -> None:
    _tell(asdict(step))


def _tell(said: dict[str, Any]) -> None:
    print(json.dumps(said), flush=True)
