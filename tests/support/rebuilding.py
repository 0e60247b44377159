"""A rebuild of reporting's tables in the test's own process, beside the running system."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from services.reporting.rebuilding import plan_of, rebuilt
from shared.embedded import postgres
from shared.messaging import OWNERS
from shared.rebuild import Outcome, Rebuild, Step, open_rebuild
from shared.rpc import channel
from tests.support.machine import database_address
from tests.support.system import System

REPORTING = "reporting"
BESIDE = ("public_rebuilt", "public_before")
"""The schemas of a rebuild that was broken off, and of one that kept the old tables."""


@asynccontextmanager
async def building(
    system: System, on_step: Callable[[Step], None] = lambda step: None
) -> AsyncIterator[Rebuild]:
    """Yield a rebuild of reporting's tables from the ledgers of the running services."""
    owner = database_address(system.servers, REPORTING, postgres.owner_role(REPORTING))
    token_file = system.servers.directory.token(REPORTING)
    async with AsyncExitStack() as stack:
        channels = {name: channel(system.address(name), token_file=token_file) for name in OWNERS}
        for each in channels.values():
            stack.push_async_callback(each.close)
        yield await stack.enter_async_context(open_rebuild(owner, plan_of(channels), on_step))


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
        " and tablename not in ('migration', 'audited', 'rebuilt') order by 1",
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
