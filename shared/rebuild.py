"""Projections built again from the ledgers beside those that serve, and put in their place at once.

    prepare   a second schema with all tables; the indexes of tables that restate facts are put off
    load      every ledger in order of position; how far it came is written with the rows
    index     what was put off, and whatever the service derives from the rows
    switch    in one transaction: what came meanwhile, the comparison, the schemas renamed

Killed anywhere, it goes on where it stood. While it runs the old tables take facts and answer; the
projector waits during the switch, readers for a moment at its end.
"""

import asyncio
import hashlib
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar, cast

import asyncpg

from shared.census import Stream
from shared.comparison import Comparison
from shared.database import DatabaseAddress, connect_alone, connect_pool, migrate
from shared.errors import Refused
from shared.failpoints import failpoint
from shared.ledger import RemoteLedger
from shared.projector import PROJECTOR_LOCK, Project, Stale, nothing_stale, write
from shared.queries import SHARED_QUERIES, Connection, Queries
from shared.recorded import Recorded

logger = logging.getLogger(__name__)

REBUILD_LOCK = 0x7265_6275
BATCHES_AHEAD_MAX = 4
READER_WAIT_SECONDS_MAX = 0.25
"""How long readers wait at most for a switch that waits for other readers; then it tries again."""
SWITCH_TRIES_MAX = 50
SWITCH_PAUSE_SECONDS = 0.1
BOOKKEEPING = frozenset({"migration", "audited", "rebuilt"})
"""Tables that say how projecting goes, and not what the facts say."""

T = TypeVar("T")


@dataclass(frozen=True)
class Plan:
    """What is built again, and from what.

    Attributes:
        service: whose tables they are; also its role in the database.
        migrations: directories of SQL, as the service lists them.
        code: what the rows depend on; when it changes, a rebuild that was broken off begins anew.
        project: a fact into rows, pure.
        stale: the marks that a batch leaves for `derive`, as it does when it is projected.
        queries: the statements that both name.
        ledgers: by name.
        derive: makes what the service derives from rows, on a pool whose tables are the new ones.
        derived: the tables of that, which follow the rows at a distance and are not compared.
    """

    service: str
    migrations: Sequence[Path]
    code: Sequence[Path]
    project: Project
    queries: Queries
    ledgers: Mapping[str, RemoteLedger]
    stale: Stale = nothing_stale
    derive: Callable[[asyncpg.Pool], Awaitable[None]] | None = None
    derived: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Step:
    """How far a rebuild is.

    Attributes:
        name: prepare, load, index, derive or switch.
        done, of: facts, while it loads; 0 otherwise.
    """

    name: str
    done: int = 0
    of: int = 0


@dataclass(frozen=True, slots=True)
class TableDifference:
    """Rows that only one side has."""

    table: str
    only_before: int
    only_rebuilt: int


@dataclass(slots=True)
class Outcome:
    """What a rebuild has done.

    Attributes:
        resumed: it went on where another had been broken off.
        facts: how many stand in the new tables.
        seconds: how long this run took.
        locked_seconds: how long the projector waited.
        readers_seconds: how long readers may have waited at the end.
        tables: in which the rows differ; none when old and new are equal.
    """

    resumed: bool = False
    facts: int = 0
    seconds: float = 0.0
    locked_seconds: float = 0.0
    readers_seconds: float = 0.0
    tables: Sequence[TableDifference] = field(default_factory=list)


class Rebuild:
    """One rebuild, on a connection of its own under the role that owns the tables."""

    def __init__(
        self,
        connection: asyncpg.Connection,
        address: DatabaseAddress,
        plan: Plan,
        serving: str,
        on_step: Callable[[Step], None],
    ) -> None:
        """Bind the plan and the connection; `open_rebuild` does it."""
        self._connection, self._address, self._plan = cast(Connection, connection), address, plan
        self._on_step = on_step
        self.serving, self.new, self.before = serving, f"{serving}_rebuilt", f"{serving}_before"
        self._queries = Queries(SHARED_QUERIES)
        self._comparison = Comparison(cast(Any, connection), plan.ledgers)
        self._total = 0
        self._loaded = 0
        # Before the first deriving there is nothing to mark as out of date.
        self._stale: Stale = nothing_stale

    async def run(self, *, dry_run: bool = False) -> Outcome:
        """Build, compare and switch; with `dry_run` the tables that serve stay.

        Raises:
            Unavailable: a ledger does not answer; run it again and it goes on from here.
        """
        began = time.monotonic()
        outcome = Outcome()
        self._on_step(Step("prepare"))
        outcome.resumed = await self._prepare()
        if outcome.resumed:
            self._stale = self._plan.stale
        failpoint("rebuild.prepared")
        self._total = sum([await ledger.total() for ledger in self._plan.ledgers.values()])
        await self._load_all()
        self._on_step(Step("index"))
        await self._index()
        failpoint("rebuild.indexed")
        for name in self._plan.ledgers:
            await self._fill(name)
        await self._load_all()
        if outcome.resumed:
            await self._check_ledgers()
        await self._derive()
        self._on_step(Step("switch"))
        await self._switch(outcome, dry_run=dry_run)
        failpoint("rebuild.after_switch")
        outcome.facts = self._loaded
        outcome.seconds = time.monotonic() - began
        return outcome

    # prepare

    async def _prepare(self) -> bool:
        """Make the new schema, unless one stands there that the same code has begun."""
        digest = _digest(self._plan.code)
        begun = await self._connection.fetchval(self._queries["schema_comment"], self.new)
        if begun == digest:
            self._loaded = await self._connection.fetchval("select count(*) from fact")
            return True
        await self._connection.execute(f"drop schema if exists {self.new} cascade")
        await migrate(self._address, self._plan.service, self._plan.migrations, schema=self.new)
        async with self._connection.transaction():
            await self._connection.execute("create table postponed (statement text primary key)")
            rows = await self._connection.fetch(self._queries["postponable"], self.new)
            for row in rows:
                await self._connection.execute(
                    "insert into postponed values ($1)", row["statement"]
                )
                await self._connection.execute(row["removal"])
            for row in await self._connection.fetch(self._queries["schema_rights"], self.serving):
                await self._connection.execute(
                    f"grant {row['privilege']} on schema {self.new} to {row['grantee']}"
                )
            await self._connection.execute(f"comment on schema {self.new} is '{digest}'")
        return False

    # load

    async def _load_all(self) -> None:
        for name in self._plan.ledgers:
            await self._load(name)

    async def _load(self, name: str) -> None:
        """Write what stands behind the position reached; reading goes ahead of writing."""
        position = await self._reached(name)
        async for facts in _ahead(self._plan.ledgers[name].whole(position)):
            async with self._connection.transaction():
                await self._write(facts)
                await self._connection.execute(
                    self._queries["rebuilt_until"], name, facts[-1].position
                )
                failpoint("rebuild.before_commit")
            failpoint("rebuild.after_commit")
            self._on_step(Step("load", self._loaded, max(self._total, self._loaded)))

    async def _reached(self, name: str) -> int:
        """Return the position reached; at the first time, note what is settled already."""
        position: int | None = await self._connection.fetchval(
            self._queries["rebuilt_position"], name
        )
        if position is None:
            settled = await self._plan.ledgers[name].settled()
            await self._connection.execute(self._queries["rebuild_begins"], name, settled)
        return position or 0

    async def _write(self, facts: Sequence[Recorded]) -> None:
        plan = self._plan
        await write(self._connection, plan.queries, plan.project, self._stale, facts)
        self._loaded += len(facts)

    # index

    async def _index(self) -> None:
        """Make the indexes that were put off; one that is made is put off no more."""
        for statement in await self._postponed():
            async with self._connection.transaction():
                await self._connection.execute(statement)
                await self._connection.execute(
                    "delete from postponed where statement = $1", statement
                )
                failpoint("rebuild.before_index")
        await self._connection.execute("drop table if exists postponed")
        await self._connection.execute("analyze")

    async def _postponed(self) -> list[str]:
        if await self._connection.fetchval("select to_regclass('postponed')") is None:
            return []
        rows = await self._connection.fetch("select statement from postponed order by 1")
        return [row["statement"] for row in rows]

    async def _derive(self) -> None:
        if self._plan.derive is None:
            return
        self._on_step(Step("derive"))
        self._stale = self._plan.stale
        pool = await connect_pool(self._address, search_path=self.new)
        try:
            await self._plan.derive(pool)
        finally:
            await pool.close()

    # switch

    async def _fill(self, name: str) -> None:
        """Write what a transaction made visible behind the position that had been read."""
        ledger = self._plan.ledgers[name]
        settled: int = await self._connection.fetchval(self._queries["rebuilt_settled"], name)
        async for page in ledger.heads(settled):
            wanted = [Stream(head.stream, head.version, head.version, None) for head in page.heads]
            held = await self._comparison.until(name, wanted) if wanted else []
            facts = {stream.name: stream.facts for stream in held}
            lacking = [each.name for each in wanted if facts[each.name] < each.version]
            if lacking:
                await self._fetch(name, lacking)

    async def _fetch(self, name: str, streams: Sequence[str]) -> None:
        """Write the facts of some streams that were passed by; what lies ahead is loaded anyway."""
        reached = await self._reached(name)
        rows = await self._connection.fetch(self._queries["projected_keys"], name, streams)
        held = {(row["stream"], row["version"]) for row in rows}
        async for batch in self._plan.ledgers[name].streams(dict.fromkeys(streams, 0)):
            facts = [
                fact
                for fact in batch
                if fact.position <= reached and (fact.stream, fact.version) not in held
            ]
            async with self._connection.transaction():
                await self._write(facts)

    async def _check_ledgers(self) -> None:
        """Refuse what an earlier run read when a ledger, restored meanwhile, says otherwise."""
        for name in self._plan.ledgers:
            verdict = [verdict async for verdict in self._comparison.whole(name)][-1]
            if verdict.ahead or verdict.different:
                await self.drop(self.new)
                raise Refused(f"{name} is not as it was when this rebuild began; run it again")

    async def _switch(self, outcome: Outcome, *, dry_run: bool) -> None:
        connection = self._connection
        async with connection.transaction():
            await connection.execute("set local synchronous_commit = on")
            await connection.execute("select pg_advisory_xact_lock($1)", PROJECTOR_LOCK)
            locked = time.monotonic()
            await self._load_all()
            for name in self._plan.ledgers:
                await self._fill(name)
            outcome.tables = await self._differences()
            if not dry_run:
                outcome.readers_seconds = await self._rename()
            failpoint("rebuild.before_switch")
        outcome.locked_seconds = time.monotonic() - locked

    async def _rename(self) -> float:
        """Put the new schema in the place of the old; returns how long readers may have waited."""
        connection = self._connection
        await connection.execute(f"drop schema if exists {self.before} cascade")
        for _ in range(SWITCH_TRIES_MAX):
            began = time.monotonic()
            try:
                async with connection.transaction():
                    limit = int(READER_WAIT_SECONDS_MAX * 1000)
                    await connection.execute(f"set local lock_timeout = {limit}")
                    await connection.execute(f"lock table {self.serving}.rebuilt")
            except asyncpg.LockNotAvailableError:
                await asyncio.sleep(SWITCH_PAUSE_SECONDS)
                continue
            await connection.execute(f"alter schema {self.serving} rename to {self.before}")
            await connection.execute(f"alter schema {self.new} rename to {self.serving}")
            return time.monotonic() - began
        raise Refused("readers never paused: nothing was switched; run it again")

    async def _differences(self) -> list[TableDifference]:
        """Return in which tables of both schemas the rows differ."""
        rows = await self._connection.fetch(
            self._queries["tables_of_both"],
            self.serving,
            self.new,
            sorted(BOOKKEEPING | self._plan.derived),
        )
        found = []
        for row in rows:
            table = row["name"]
            old, new = f"{self.serving}.{table}", f"{self.new}.{table}"
            if await self._digest_of(old) != await self._digest_of(new):
                found.append(
                    TableDifference(table, await self._only(old, new), await self._only(new, old))
                )
        return [each for each in found if each.only_before or each.only_rebuilt]

    async def _digest_of(self, table: str) -> Any:
        """Return a number of rows and a digest that no order of rows changes."""
        return await self._connection.fetchrow(
            f"select count(*), bit_xor(hash_record_extended(t, 0)) from {table} t"  # noqa: S608
        )

    async def _only(self, here: str, there: str) -> int:
        count: int = await self._connection.fetchval(
            f"select count(*) from (table {here} except all table {there}) only_here"  # noqa: S608
        )
        return count

    # afterwards

    async def in_schema(self, schema: str, ask: Callable[[Connection], Awaitable[T]]) -> T:
        """Return what somebody reads while the tables of a schema answer."""
        await self._connection.execute(f"set search_path to {schema}")
        try:
            return await ask(self._connection)
        finally:
            await self._connection.execute(f"set search_path to {self.new}")

    async def drop(self, schema: str) -> None:
        """Remove a schema with all that is in it."""
        await self._connection.execute(f"drop schema if exists {schema} cascade")


@asynccontextmanager
async def open_rebuild(
    address: DatabaseAddress, plan: Plan, on_step: Callable[[Step], None] = lambda step: None
) -> AsyncIterator[Rebuild]:
    """Open a rebuild of the tables that serve.

    Args:
        address: the database, entered as the role that owns it.
        plan: what is built again.
        on_step: told at each step, and after each batch.

    Raises:
        Refused: another rebuild is under way.
    """
    connection = await connect_alone(
        address,
        # No statement here is short. What a crash of the server takes back, it takes back with the
        # position that was reached, so that nothing waits for the disk until the switch.
        transaction_timeout="0",
        idle_in_transaction_session_timeout="0",
        synchronous_commit="off",
        maintenance_work_mem="256MB",
    )
    try:
        if not await connection.fetchval("select pg_try_advisory_lock($1)", REBUILD_LOCK):
            raise Refused("another rebuild is under way; wait for its end")
        serving = await connection.fetchval("select current_schema()")
        rebuild = Rebuild(connection, address, plan, serving, on_step)
        await connection.execute(f"set search_path to {rebuild.new}")
        yield rebuild
    finally:
        await connection.close()


def _digest(code: Sequence[Path]) -> str:
    """Return a hash of all files of Python and SQL at these places."""
    files = [
        file for place in code for file in sorted([*place.rglob("*.py"), *place.rglob("*.sql")])
    ]
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()


async def _ahead(batches: AsyncIterator[list[Recorded]]) -> AsyncIterator[list[Recorded]]:
    """Yield the batches while up to BATCHES_AHEAD_MAX further ones are read."""
    read: asyncio.Queue[list[Recorded] | BaseException | None] = asyncio.Queue(BATCHES_AHEAD_MAX)

    async def fetch() -> None:
        try:
            async for batch in batches:
                await read.put(batch)
            await read.put(None)
        except Exception as error:  # whatever it is, it is raised where the batches are used
            await read.put(error)

    task = asyncio.create_task(fetch())
    try:
        while (batch := await read.get()) is not None:
            if isinstance(batch, BaseException):
                raise batch
            yield batch
    finally:
        task.cancel()
