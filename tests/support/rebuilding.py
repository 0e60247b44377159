"""A rebuild of reporting's tables in the test's own process, beside the running system."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from services.reporting.app import opened_rebuild
from services.reporting.rebuilding import rebuilt
from services.reporting.settings import Settings
from shared.rebuild import Outcome, Rebuild, Step
from tests.support.system import System

REPORTING = "reporting"
BESIDE = ("public_rebuilt", "public_before")
"""The schemas of a rebuild that was broken off, and of one that kept the old tables."""


@asynccontextmanager
async def building(
    system: System, on_step: Callable[[Step], None] = lambda step: None
) -> AsyncIterator[Rebuild]:
    """Yield a rebuild of reporting's tables from the ledgers of the running services."""
    environment = system.environment(REPORTING, owner=True)
    values: dict[str, Any] = {
        name.removeprefix("TANDEM_").lower(): each for name, each in environment.items()
    }
    async with opened_rebuild(on_step, Settings(**values)) as opened:
        yield opened


async def rebuild(
    system: System, on_step: Callable[[Step], None] = lambda step: None, **options: bool
) -> tuple[Outcome, list[dict[str, Any]]]:
    """Rebuild as `python -m services.reporting rebuild` does; `dry_run` and `keep` as there."""
    async with building(system, on_step) as opened:
        return await rebuilt(opened, system.clock(), **options)


async def clear(system: System) -> None:
    """Remove what an earlier test has left beside the tables that serve."""
    for schema in BESIDE:
        await system.execute(REPORTING, f"drop schema if exists {schema} cascade")


async def rows_of(system: System) -> dict[str, list[str]]:
    """Return every row of every table that serves, but for how projecting goes."""
    tables = await system.rows(
        REPORTING,
        "select tablename from pg_tables where schemaname = 'public'"
        " and tablename not in ('migration', 'audited', 'rebuilt', 'applied') order by 1",
    )
    return {
        name: [
            row["text"]
            for row in await system.rows(
                REPORTING, f"select t::text as text from public.{name} t order by 1"
            )
        ]
        for name in (row["tablename"] for row in tables)
    }
