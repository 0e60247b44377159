"""Reports on demand: counted once for each state of the rows, told to whoever watches."""

import asyncio
from collections.abc import AsyncIterator
from datetime import date, datetime
from typing import Any

import asyncpg

from services.reporting.domain.evidence import Evidence
from services.reporting.domain.period import Period, Status
from services.reporting.domain.registry import Registry
from services.reporting.domain.report import Report, period_json
from services.reporting.reading import read_evidence, read_periods, read_report
from shared.access import Principal
from shared.clock import Clock

KEPT_REPORTS_MAX = 200
SEES_EVERYTHING = frozenset({"staff", "operator"})
"""Roles that see small counts of people and the facts that carry a person's key."""


class Reports:
    """Reads reports, and keeps each until a fact arrives or the day ends."""

    def __init__(self, pool: asyncpg.Pool, registry: Registry, clock: Clock) -> None:
        """Bind the rows, the meaning of the figures and the time."""
        self._pool, self._registry, self._clock = pool, registry, clock
        self._kept: dict[tuple[Period, date], Report] = {}
        self._generation = 0
        self._changed = asyncio.Event()
        self._reading = asyncio.Lock()

    async def report(self, period: Period, known_at: datetime | None = None) -> Report:
        """Return the report of a period as it stands now, or as it was known then."""
        now = self._clock()
        if known_at is not None:
            return await self._read(period, now, known_at)
        key = (period, now.date())
        kept = self._kept.get(key)
        if kept is not None:
            return kept
        async with self._reading:
            # Whoever waited for the lock finds what the one before has read.
            kept = self._kept.get(key)
            if kept is not None:
                return kept
            generation = self._generation
            report = await self._read(period, now, None)
            if generation == self._generation and len(self._kept) < KEPT_REPORTS_MAX:
                self._kept[key] = report
            return report

    async def _read(self, period: Period, now: datetime, known_at: datetime | None) -> Report:
        async with self._pool.acquire() as connection:
            return await read_report(connection, self._registry, period, now, known_at)

    async def evidence(
        self, period: Period, metric: str, known_at: datetime | None = None
    ) -> Evidence:
        """Return what a figure of a period counts, item by item, with the facts under each."""
        async with self._pool.acquire() as connection:
            return await read_evidence(
                connection, self._registry, period, metric, self._clock(), known_at
            )

    async def periods(self) -> list[tuple[Period, Status]]:
        """Return the quarters that hold data, the latest first, and how settled each is."""
        now = self._clock()
        async with self._pool.acquire() as connection:
            found = await read_periods(connection, now)
        parameters = self._registry.parameters
        return [(period, period.status_on(now.date(), parameters)) for period in found]

    def now(self) -> datetime:
        """Return the present moment."""
        return self._clock()

    async def entries(self) -> list[dict[str, Any]]:
        """Return the list of reports as it is printed, at every door alike."""
        return [
            {
                "period": period_json(period),
                "status": status.value,
                "json": f"/reports/{period.id}.json",
            }
            for period, status in await self.periods()
        ]

    @staticmethod
    def sees_everything(principal: Principal) -> bool:
        """Tell whether somebody sees small counts of people and facts about single ones."""
        return principal.role in SEES_EVERYTHING

    def changed(self) -> None:
        """Say that facts were projected: what was kept is out of date."""
        self._generation += 1
        self._kept.clear()
        self._changed.set()
        self._changed = asyncio.Event()

    async def watch(self, period: Period) -> AsyncIterator[Report]:
        """Yield the report at once, and again whenever facts have changed what it says."""
        said: dict[str, object] | None = None
        while True:
            changed = self._changed
            report = await self.report(period)
            now_said = report.to_json()
            if now_said["figures"] != (said or {}).get("figures"):
                said = now_said
                yield report
            await changed.wait()
