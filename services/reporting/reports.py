"""Reports on demand: composed once for each state of the rows, told to whoever watches.

A report as of now is kept as it leaves, as JSON and as a message, and composed again in the
background when facts have come, as long as somebody reads or watches it. A read is exact: it waits
until what was projected before it is derived and composed. Only while facts have kept coming for
more than FLOW_SECONDS it takes the newest report there is, at most BEHIND_SECONDS_MAX behind; and
when deriving takes longer than RISEN_SECONDS_MAX, as after a kill amid a flow, what stands derived.
How far a report is, its `data_to` and its provenance say.
"""

import asyncio
import logging
import time
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import asyncpg
import orjson
from google.protobuf.json_format import ParseDict
from tandem.reporting.v1 import reporting_pb2 as pb

from services.reporting.domain.appointment import Appointment
from services.reporting.domain.duplicates import PossibleDuplicate
from services.reporting.domain.edition import hide_what_moved
from services.reporting.domain.engagement import BrokenIdentity
from services.reporting.domain.knowledge import Knowledge
from services.reporting.domain.period import Period, Status
from services.reporting.domain.registry import Registry
from services.reporting.domain.report import period_json
from services.reporting.kept import Composed, KeptReports, Wanted, told_of
from services.reporting.reading import (
    QUERIES,
    read_appointments,
    read_duplicates,
    read_periods,
)
from services.reporting.reading.report import begun, composed, read_knowledge
from services.reporting.reading.surroundings import Surroundings
from services.reporting.renderings import Renderings
from services.reporting.standing import Standing
from shared.clock import Clock
from shared.database import TRANSIENT
from shared.resident import giving_back

logger = logging.getLogger(__name__)

FLOW_SECONDS = 1.0
BEHIND_SECONDS_MAX = 30.0
WANTED_SECONDS = 60.0
"""For so long after it was read, a report is composed again when facts come."""
WATCHED_REST_PER_WORK, READ_REST_PER_WORK = 1.0, 4.0
"""While facts keep coming, composing rests as long as it worked: so that an open page moves soon;
or longer, so that reports that somebody has read take less of the processor from the facts."""
REST_SECONDS_MAX = BEHIND_SECONDS_MAX / 2
"""It never rests for longer: a report that has been read is not to be behind too far."""
HINDERING: tuple[type[BaseException], ...] = (BrokenIdentity, *TRANSIENT)
"""Errors of one report, which end no other."""
FILES = ("json", "pdf", "xlsx", "csv")
"""What a report is served as, besides its page."""


class Reports:
    """Reads reports, and keeps those that are wanted level with the rows."""

    def __init__(
        self,
        pool: asyncpg.Pool,
        registry: Registry,
        clock: Clock,
        standing: Standing,
        surroundings: Surroundings | None = None,
        kept: KeptReports | None = None,
    ) -> None:
        """Bind the rows, the meaning of the figures, the time, and what stands derived."""
        self._pool, self._registry, self._clock = pool, registry, clock
        self._standing, self._surroundings = standing, surroundings or Surroundings()
        self.renderings = Renderings()
        self._kept = kept or KeptReports()
        self._composing = asyncio.Lock()
        self._recomposed = asyncio.Event()

    async def report(
        self, period: Period, known_at: datetime | None = None, *, whole: bool = False
    ) -> Composed:
        """Return the report of a period as it stands now, or as it was known then.

        With `whole` its JSON also lists the cities, occurrences and works; its message never does.
        Of a moment that somebody chooses, counts of few people are printed as they are today or not
        at all (`hide_what_moved`).

        Raises:
            FuturePeriod: the period has not begun at that moment.
        """
        now, wanted = self._clock(), Wanted(period, whole)
        begun(period, known_at or now)
        if known_at is not None:
            then = await self._compose(wanted, known_at, known_at)
            today = await self.report(period, whole=whole)
            shown_min = self._registry.parameters.people_shown_min
            return await asyncio.to_thread(_beside, then, today, shown_min)
        self._kept.remember(wanted)
        asked = self._standing.asked
        kept = self._kept.get(wanted)
        if kept is not None and kept.day == now.date():
            behind = time.monotonic() - kept.at
            in_flow = self._standing.flowing_seconds() > FLOW_SECONDS
            if kept.asked >= asked or (in_flow and behind <= BEHIND_SECONDS_MAX):
                return kept
        await self._standing.risen(asked)
        return await self._refresh(wanted, asked)

    async def arrived(self, ledger: str, places: Sequence[tuple[str, int]]) -> int | None:
        """Return how many facts of a ledger are projected; None while one of these is not.

        Args:
            ledger: its name.
            places: streams with a version in each.
        """
        async with self._pool.acquire() as connection:
            facts: int | None = await connection.fetchval(
                QUERIES["arrived"],
                ledger,
                [stream for stream, _ in places],
                [version for _, version in places],
            )
        return facts

    async def shows(self, ledger: str, facts: int) -> None:
        """Return once every report of today that is answered counts so many facts of a ledger."""
        await self._standing.derived(ledger, facts)
        while True:
            recomposed, read = self._recomposed, {*self.watched(), *self.read_lately()}
            behind = {
                wanted for wanted, kept in self._kept.items() if kept.facts.get(ledger, 0) < facts
            }
            for forgotten in behind - read:  # nobody composes it again until somebody reads it
                self._kept.drop(forgotten)
            if not behind & read:
                return
            await recomposed.wait()

    async def document(self, period: Period, known_at: datetime) -> bytes:
        """Return the whole report as known at a moment that nobody could choose: to be published.

        Raises:
            FuturePeriod: the period has not begun at that moment.
        """
        begun(period, known_at)
        return (await self._compose(Wanted(period, whole=True), known_at, known_at)).json

    def watched(self) -> list[Wanted]:
        """Return the reports that somebody watches."""
        return list(self._kept.watched)

    def read_lately(self) -> list[Wanted]:
        """Return the reports that somebody has read in the last WANTED_SECONDS, the last first."""
        return self._kept.read_within(WANTED_SECONDS)

    async def _refresh(self, wanted: Wanted, asked: int) -> Composed:
        """Return the report, composed again unless it rests on that level already."""
        async with self._composing:
            # Whoever waited for the lock finds what the one before has composed.
            kept, now = self._kept.get(wanted), self._clock()
            if kept is not None and kept.asked >= asked and kept.day == now.date():
                return kept
            report = await self._compose(wanted, now, None)
            self._kept.keep(wanted, report)
        self._recomposed.set()
        self._recomposed = asyncio.Event()
        return report

    async def _compose(
        self, wanted: Wanted, moment: datetime, known_at: datetime | None
    ) -> Composed:
        level = self._standing.level
        async with self._pool.acquire() as connection:
            knowledge = await read_knowledge(
                connection, self._registry, wanted.period, known_at, self._surroundings
            )
        # In a thread, so that others are answered meanwhile.
        leaving = await asyncio.to_thread(
            giving_back, _written, knowledge, self._registry, wanted, moment
        )
        return Composed(*leaving, level.asked, level.at, level.facts, moment.date())

    async def refresh_watched(self) -> None:
        """Compose watched reports again whenever the level has risen, until cancelled."""
        await self._refresh_for_ever(self.watched, WATCHED_REST_PER_WORK)

    async def refresh_read(self) -> None:
        """Compose reports that were read lately again, less often while facts keep coming.

        Apart from those that are watched: who watches waits for one of these and not for all.
        """
        await self._refresh_for_ever(self.read_lately, READ_REST_PER_WORK)

    async def _refresh_for_ever(
        self, wanted: Callable[[], list[Wanted]], rest_per_work: float
    ) -> None:
        asked = self._standing.level.asked
        while True:
            asked = await self._standing.higher_than(asked)
            started = time.monotonic()
            for each in wanted():
                await self._refresh_quietly(each, asked)
            if self._standing.flowing_seconds() > FLOW_SECONDS:
                worked = time.monotonic() - started
                await asyncio.sleep(min(worked * rest_per_work, REST_SECONDS_MAX))

    async def _refresh_quietly(self, wanted: Wanted, asked: int) -> None:
        """Compose a report again; what hinders it is told to whoever reads it next."""
        try:
            await self._refresh(wanted, asked)
        except HINDERING as error:
            logger.warning("no report of %s: %s", wanted.period.id, error or type(error).__name__)
            self._kept.drop(wanted)

    async def watch(self, period: Period, *, whole: bool = False) -> AsyncGenerator[Composed, None]:
        """Yield the report at once, and again whenever facts have moved one of its figures."""
        said: bytes | None = None
        wanted = Wanted(period, whole)
        self._kept.watched[wanted] += 1
        try:
            while True:
                recomposed = self._recomposed
                report = await self.report(period, whole=whole)
                if report.told != said:
                    said = report.told
                    yield report
                await recomposed.wait()
        finally:
            self._kept.watched -= Counter([wanted])

    async def appointments(self) -> list[Appointment]:
        """Return every sitting that was announced, in its latest state."""
        async with self._pool.acquire() as connection:
            return await read_appointments(connection)

    async def duplicates(self, period: Period | None = None) -> list[tuple[str, PossibleDuplicate]]:
        """Return activities that may be one with the word for why, the latest first."""
        await self._standing.risen(self._standing.asked)
        async with self._pool.acquire() as connection:
            window = (period.dates,) if period else ()
            apart, twice = await read_duplicates(connection, self._registry, *window)
        found = [("announced_apart", pair) for pair in apart]
        found += [("double_entry", pair) for pair in twice]
        return sorted(found, key=lambda each: (each[1].on, each[1].activity_ids), reverse=True)

    async def periods(self) -> list[tuple[Period, Status]]:
        """Return the quarters that hold data, the latest first, and how settled each is."""
        now, parameters = self._clock(), self._registry.parameters
        await self._standing.risen(self._standing.asked)
        async with self._pool.acquire() as connection:
            found = await read_periods(connection, now)
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
                "page": f"/reports/{period.id}",
                **{kind: f"/reports/{period.id}.{kind}" for kind in FILES},
            }
            for period, status in await self.periods()
        ]


def _written(
    knowledge: Knowledge, registry: Registry, wanted: Wanted, moment: datetime
) -> tuple[bytes, bytes, bytes]:
    """Return the report that some knowledge makes: its message, its JSON, what its figures say."""
    report = composed(knowledge, registry, wanted.period, moment, whole=wanted.whole)
    return _leaving(report.to_json())


def _leaving(document: dict[str, Any]) -> tuple[bytes, bytes, bytes]:
    text, told = orjson.dumps(document), told_of(document["figures"])
    document.pop("lists", None)
    return ParseDict(document, pb.Report()).SerializeToString(), text, told


def _beside(then: Composed, today: Composed, shown_min: int) -> Composed:
    """Return a report of then without what it must not tell beside that of today."""
    document = orjson.loads(then.json)
    hide_what_moved(document, orjson.loads(today.json), shown_min)
    written, text, told = _leaving(document)
    return replace(then, written=written, json=text, told=told)
