"""A desk at which facts are taken as the projector does and reports read as the service does."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

import asyncpg
from reporting_book import Book

from services.reporting.domain.period import parse_period
from services.reporting.domain.registry import Registry
from services.reporting.preview import FACTS, Preview
from services.reporting.projections import project
from services.reporting.projections.stale import stale
from services.reporting.publishing import Publishing
from services.reporting.reading import QUERIES, Inquiry, read_report
from services.reporting.reading.surroundings import Surroundings
from services.reporting.reports import Reports
from services.reporting.signing import Signer
from services.reporting.standing import Standing
from services.reporting.trails import Trails
from shared.comparison import AuditedLedger, Comparison
from shared.contracts.events import EventsEvent
from shared.contracts.membership import MembershipEvent
from shared.contracts.resources import ResourcesEvent
from shared.projector import Projector
from shared.recorded import Recorded

NOW = datetime(2026, 11, 22, tzinfo=UTC)


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
            self.ledgers,  # type: ignore[arg-type]  # held here instead of asked for
        )

    @cached_property
    def preview(self) -> Preview:
        return Preview(self.pool, self.registry, lambda: self.now, Surroundings())

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
