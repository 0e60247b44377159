"""`python -m services.reporting rebuild [--dry-run] [--keep]`: the tables again from the ledgers.

Runs under the role that owns the tables, beside the service. Tells how far it is and what came of
it as JSON, one object a line, on standard output: `tandem rebuild` shows it to people.
"""

import json
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import grpc.aio

from services.reporting.app import MIGRATIONS, ledgers_of
from services.reporting.projections import project
from services.reporting.reading import QUERIES, load_registry, read_periods, read_report
from services.reporting.settings import Settings
from shared.queries import Connection
from shared.rebuild import Outcome, Plan, Rebuild, Step, open_rebuild
from shared.rpc import channel

HERE = Path(__file__).parent
SHARED = HERE.parents[1] / "shared"
CODE = (HERE / "projections", HERE / "domain", HERE / "sql", SHARED / "contracts", SHARED / "sql")
"""What the rows depend on."""

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
    settings = Settings()
    async with AsyncExitStack() as stack:
        channels = {}
        for name, address in settings.peers.items():
            channels[name] = channel(address, token_file=settings.token_file)
            stack.push_async_callback(channels[name].close)
        opened = open_rebuild(settings.database, plan_of(channels), _tell_step)
        building = await stack.enter_async_context(opened)
        outcome, moved = await rebuilt(building, datetime.now(UTC), dry_run=dry_run, keep=keep)
        _tell({"outcome": asdict(outcome) | {"figures": moved}})


def plan_of(channels: Mapping[str, grpc.aio.Channel]) -> Plan:
    """Return what a rebuild of reporting builds, from the ledgers behind these channels."""
    return Plan("reporting", MIGRATIONS, CODE, project, QUERIES, ledgers_of(channels))


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
