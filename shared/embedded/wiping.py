"""What the disk keeps of removed rows, wiped: pages of tables, samples of values, the log.

PostgreSQL leaves a removed row in its page, and in the write-ahead log, until something else is
written there. Tables are written anew, which gives them new files. Of the log it keeps segments for
later, with what they held; so it goes on through all of them, which fills them with zeros, and a
checkpoint then removes all earlier ones, while `wal_recycle` is off for that.
"""

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path

import asyncpg

from shared.embedded import postgres
from shared.embedded.catalogue import Service
from shared.embedded.data_directory import DataDirectory, OperatorError
from shared.queries import Queries

LOCK_TIMEOUT = "10s"
LOCK_TRIES_MAX = 6
SAMPLES = "pg_catalog.pg_statistic"
SEGMENTS_MAX = 256
RELOAD_TRIES_MAX = 50
RELOAD_PAUSE_SECONDS = 0.02
CHECKPOINTS_MAX = 10
CHECKPOINT_PAUSE_SECONDS = 0.5


async def wipe(
    directory: DataDirectory,
    services: Sequence[Service],
    on_table: Callable[[str], None] = lambda name: None,
) -> tuple[int, int]:
    """Wipe what was removed from the databases of services that keep messages.

    Returns:
        How many tables were written anew, and how many segments of the log removed.

    Raises:
        OperatorError: somebody holds a table, or the log, for too long.
    """
    queries = Queries(Path(__file__).with_name("wiping.sql"))
    tables = 0
    for service in services:
        if service.database:
            connection = await postgres.connect(directory, database=service.name)
            try:
                tables += await _rewrite(connection, queries, service.name, on_table)
            finally:
                await connection.close()
    connection = await postgres.connect(directory)
    try:
        return tables, await _renew_log(connection, queries)
    finally:
        await connection.close()


async def _rewrite(
    connection: asyncpg.Connection,
    queries: Queries,
    database: str,
    on_table: Callable[[str], None],
) -> int:
    """Write the tables of a database anew; each is locked for as long as that takes."""
    await connection.execute(f"set lock_timeout = '{LOCK_TIMEOUT}'; set transaction_timeout = 0")
    names = [row["name"] for row in await connection.fetch(queries["rewritten_tables"])]
    for name in names:
        on_table(f"{database}: {name}")
        await _vacuum(connection, f"vacuum (full, analyze) {name}")
    if names:
        await _vacuum(connection, f"vacuum (full) {SAMPLES}")
    return len(names)


async def _vacuum(connection: asyncpg.Connection, statement: str) -> None:
    for attempt in range(LOCK_TRIES_MAX):
        try:
            await connection.execute(statement)
            return
        except asyncpg.LockNotAvailableError as error:
            if attempt == LOCK_TRIES_MAX - 1:
                raise OperatorError(
                    f"PostgreSQL cannot {statement}: somebody holds it. Erase again later."
                ) from error


async def _renew_log(connection: asyncpg.Connection, queries: Queries) -> int:
    """Leave nothing in the log of what was written until now, and return what that removed."""
    await connection.execute("alter system set wal_recycle = off")
    try:
        await _reload(connection, "off")
        return await _go_on(connection, queries)
    finally:
        await connection.execute("alter system reset wal_recycle")
        await _reload(connection, "on")


async def _reload(connection: asyncpg.Connection, wal_recycle: str) -> None:
    """Let every process of PostgreSQL read its settings; an operator's own may keep it as it is."""
    await connection.execute("select pg_reload_conf()")
    for _ in range(RELOAD_TRIES_MAX):
        if await connection.fetchval("show wal_recycle") == wal_recycle:
            return
        await asyncio.sleep(RELOAD_PAUSE_SECONDS)


async def _go_on(connection: asyncpg.Connection, queries: Queries) -> int:
    for _ in range(SEGMENTS_MAX):
        later = await connection.fetchval(queries["later_segments"])
        await connection.execute(queries["next_segment"])
        if later == 0:
            break
    before = int(await connection.fetchval(queries["earlier_segments"]))
    for _ in range(CHECKPOINTS_MAX):
        await connection.execute("checkpoint")
        if await connection.fetchval(queries["earlier_segments"]) == 0:
            return before
        await asyncio.sleep(CHECKPOINT_PAUSE_SECONDS)
    raise OperatorError(
        "PostgreSQL keeps segments of its log for somebody (a replica, or an archive); what was "
        "erased stands in them until they have been taken."
    )
