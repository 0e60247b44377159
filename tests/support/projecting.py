"""A small projection of the tests' own, on the scratch database, and ledgers to fill it from."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg

from shared.census import Head, Heads, Stream
from shared.contracts.membership import CityDescribed, CityRegistered, MembershipEvent
from shared.database import connect_pool
from shared.embedded import postgres
from shared.ledger import RemoteLedger
from shared.projector import LedgerReader, Projector
from shared.queries import Queries, Statement
from shared.recorded import Recorded
from shared.rpc import channel
from tests.support.machine import SCRATCH, database_address
from tests.support.system import System

NOW = datetime(2024, 4, 2, 9, tzinfo=UTC)
TABLES = ("fact", "seen", "tally")
MEMBERSHIP = "membership"


def project(recorded: Recorded) -> list[Statement]:
    """Return the writes for a fact: that it was seen, and one more of its stream."""
    fact_type = recorded.fact.TYPE
    seen = (recorded.ledger, recorded.stream, recorded.version, fact_type)
    return [Statement("put_seen", seen), Statement("tally", (recorded.stream, fact_type))]


@asynccontextmanager
async def scratch_pool(system: System) -> AsyncIterator[asyncpg.Pool]:
    """Yield a pool on the scratch database."""
    pool = await connect_pool(database_address(system.servers, SCRATCH, postgres.SUPERUSER))
    try:
        yield pool
    finally:
        await pool.close()


def projector_on(pool: asyncpg.Pool, ledgers: Mapping[str, LedgerReader]) -> Projector:
    """Return a projector of the small projection."""
    queries = Queries(Path(__file__).with_name("scratch.sql"))
    return Projector(pool, MembershipEvent, project, queries, ledgers)


@asynccontextmanager
async def remote_ledger(system: System) -> AsyncIterator[dict[str, RemoteLedger]]:
    """Yield the ledger of the running membership, read over gRPC as reporting reads it."""
    token_file = system.servers.directory.token("reporting")
    opened = channel(system.address(MEMBERSHIP), token_file=token_file)
    try:
        yield {MEMBERSHIP: RemoteLedger(MEMBERSHIP, opened, MembershipEvent)}
    finally:
        await opened.close()


class ListedLedger:
    """A ledger in a list, oldest first."""

    def __init__(self, facts: Sequence[Recorded]) -> None:
        """Take the facts in the order of their positions."""
        self._facts = facts

    async def streams(self, after: Mapping[str, int]) -> AsyncIterator[list[Recorded]]:
        """Yield what these streams hold behind these versions."""
        for fact in self._facts:
            if fact.version > after.get(fact.stream, fact.version):
                yield [fact]

    async def heads(self, after_position: int) -> AsyncIterator[Heads]:
        """Yield the last version of each stream that grew."""
        grown = {
            fact.stream: Head(fact.stream, fact.version, fact.position)
            for fact in self._facts
            if fact.position > after_position
        }
        yield Heads(list(grown.values()), 0)

    async def census(self, after_stream: str = "") -> AsyncIterator[list[Stream]]:
        """Yield nothing: a digest is made in a database."""
        return
        yield

    async def total(self) -> int:
        """Return how many facts there are."""
        return len(self._facts)


def recorded(city_id: str, version: int, position: int) -> Recorded:
    """Return a fact of a city: registered at first, described from then on."""
    description: dict[str, Any] = {"name": city_id, "kind": "city", "country": "BE"}
    kind = CityRegistered if version == 1 else CityDescribed
    return Recorded(
        ledger=MEMBERSHIP,
        stream=f"city-{city_id}",
        version=version,
        position=position,
        fact_id=UUID(int=position),
        fact=kind(city_id=city_id, **description),
        occurred_at=NOW,
        recorded_at=NOW,
        source="demo",
        source_id=f"m-{position}",
    )


def ledger_of(streams: int, versions: int) -> list[Recorded]:
    """Return a ledger in which the streams grow in turns."""
    places = [(stream, version) for version in range(1, versions + 1) for stream in range(streams)]
    return [
        recorded(f"c{stream}", version, position)
        for position, (stream, version) in enumerate(places, start=1)
    ]


async def tables_of(pool: asyncpg.Pool) -> dict[str, list[tuple[object, ...]]]:
    """Return all that was projected, in an order that does not tell when."""
    return {
        table: [tuple(row) for row in await pool.fetch(f"select * from {table} t order by t::text")]
        for table in TABLES
    }
