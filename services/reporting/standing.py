"""Keeps what stands derived level with the rows: takes marks, derives anew, moves the counts.

A fact's projection marks what it makes out of date, in its own transaction (projections/stale.py).
Here marks are taken some sittings at a time: their rows are derived by the statements that answer
"as known at", the counts over several sittings move by the difference, and the marks go, in one
transaction. So a kill at any moment leaves marks, and derived again is derived equal. An event
costs the sitting that it changes, not the history; of several replicas one derives at a time.

While facts keep coming, the deriver rests after each round for longer than it worked
(REST_PER_WORK), and what was marked meanwhile is derived once: a sitting of 20,000 people to which
somebody comes every moment takes a quarter of a connection and no more. On an idle system it begins
at once, and so it does when a read waits for it.

Time is told by rounds. `asked` counts the times that something was said to have changed, `level`
says up to which of these everything is derived, and since when that has been so.
"""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import asyncpg

from services.reporting.domain.dates import Dates
from services.reporting.domain.knowledge import OccurrenceState, Turnout
from services.reporting.domain.occurrences import NOBODY, date_of, start_of, was_held
from services.reporting.domain.period import stretch_of, windows_around
from services.reporting.domain.registry import Parameters
from services.reporting.reading.as_of_now import meaning_of
from services.reporting.reading.rows import columns, state
from services.reporting.reading.tables import QUERIES
from shared import telemetry
from shared.clock import Clock, system_clock
from shared.database import TRANSIENT
from shared.failpoints import failpoint
from shared.queries import Connection
from shared.recorded import Recorded

logger = logging.getLogger(__name__)

CHUNK_MARKS_MAX = 64
CHUNK_SECONDS = 0.5
"""A transaction takes more marks while it is quicker than this, fewer when it is slower or fails.

It begins with one: what waits for a process that was killed may be the largest sittings there are,
and some of them together may take longer than a statement is given."""
RISEN_SECONDS_MAX = 15.0
"""A read waits so long for what was projected before it, and then takes what stands derived."""
REST_PER_WORK = 3.0
REST_SECONDS_MAX = 2.0
LOOK_SECONDS = 1.0
"""After so long the marks are looked at without being told: another replica may have left some."""
RETRY_SECONDS = 1.0
FLOW_GAP_SECONDS = 0.5
"""Facts that come at least this often are a flow."""
QUIET_SECONDS = 0.1
"""A flow has ended when everything is derived and nothing has come for so long."""

PROJECTED_MAX = 10_000
"""Of so many batches at most it is remembered when they were recorded, until they are derived."""
LAST = datetime.max.replace(tzinfo=UTC)

DERIVED = frozenset(
    {
        "stale",
        "standing_sitting",
        "standing_city",
        "standing_person",
        "standing_uniques",
        "standing_level",
    }
)
"""The tables kept here."""
SOMEBODY = Turnout(attended=1)


@dataclass(frozen=True, slots=True)
class Mark:
    """Something out of date: a sitting, all sittings of an activity, or those of a person."""

    activity_id: str | None
    occurrence: str | None
    person: str | None
    marks: Sequence[int]


@dataclass(frozen=True, slots=True)
class Level:
    """Everything asked for up to `asked` is derived, as all facts projected until `at` are.

    `facts`: of each ledger, how many of its facts were projected by then.
    """

    asked: int
    at: float
    facts: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Projected:
    """Facts of one ledger that were projected together, and are in the level `asked`.

    `recorded_at` is when the oldest of them was recorded.
    """

    asked: int
    ledger: str
    recorded_at: datetime


class Standing:
    """What stands derived in the tables behind a pool."""

    def __init__(
        self, pool: asyncpg.Pool, parameters: Parameters, clock: Clock = system_clock
    ) -> None:
        """Bind the tables, the numbers in the rules, and the clock that `recorded_at` is of."""
        self._pool, self._parameters, self._clock = pool, parameters, clock
        self._projected: deque[Projected] = deque(maxlen=PROJECTED_MAX)
        self._traceparents: set[str] = set()
        self._delay = telemetry.meter().create_histogram(
            "tandem.projection.delay",
            unit="s",
            description="From when the oldest fact of a batch was recorded until reports show it.",
            explicit_bucket_boundaries_advisory=telemetry.DELAY_BUCKETS,
        )
        self._chunk = 1
        self._counts: list[Any] | None = None
        self._marked, self._risen = asyncio.Event(), asyncio.Event()
        self._awaited = asyncio.Event()
        self._flow_began = self._flow_last = -FLOW_GAP_SECONDS
        self.asked = 0
        self.level = Level(-1, 0.0)
        self.beginning = False

    def marked(self, facts: Iterable[Recorded] = ()) -> None:
        """Say that facts were projected: there may be marks."""
        self._note(facts)
        now = time.monotonic()
        if now - self._flow_last > FLOW_GAP_SECONDS:
            self._flow_began = now
        self._flow_last = now
        self.asked += 1
        self._marked.set()

    def _note(self, facts: Iterable[Recorded]) -> None:
        """Remember of which trace facts are, and when the oldest of each ledger was recorded."""
        oldest: dict[str, datetime] = {}
        for fact in facts:
            if fact.recorded_at < oldest.get(fact.ledger, LAST):
                oldest[fact.ledger] = fact.recorded_at
            if fact.traceparent and len(self._traceparents) < telemetry.LINKS_MAX:
                self._traceparents.add(fact.traceparent)
        self._projected += [Projected(self.asked + 1, *each) for each in oldest.items()]

    def flowing_seconds(self) -> float:
        """Return for how long facts have kept coming; 0 when they have stopped."""
        quiet = time.monotonic() - self._flow_last
        if quiet > FLOW_GAP_SECONDS or (quiet > QUIET_SECONDS and self.level.asked >= self.asked):
            return 0.0
        return self._flow_last - self._flow_began

    async def risen(self, asked: int) -> Level:
        """Return the level once everything asked for up to `asked` is derived.

        It may be lower: while everything is being derived from the beginning, which takes long, it
        returns at once, and at the latest after RISEN_SECONDS_MAX.
        """
        try:
            async with asyncio.timeout(RISEN_SECONDS_MAX):
                while self.level.asked < asked and not self.beginning:
                    self._awaited.set()
                    await self._risen.wait()
        except TimeoutError:
            logger.warning("a read goes ahead of the deriver")
        return self.level

    async def derived(self, ledger: str, facts: int) -> None:
        """Return once so many facts of a ledger are projected, and what follows is derived."""
        while self.level.facts.get(ledger, 0) < facts:
            await self._risen.wait()

    async def higher_than(self, asked: int) -> int:
        """Return how far the level has risen once it is higher than `asked`."""
        while self.level.asked <= asked:
            await self._risen.wait()
        return self.level.asked

    async def run(self) -> None:
        """Derive whatever is marked, until cancelled; failures wait and try again."""
        while True:
            started = time.monotonic()
            self._marked.clear()
            try:
                await self.derive_all()
            except TRANSIENT as error:
                logger.warning("deriver waits: %s", error or type(error).__name__)
                self._chunk = max(1, self._chunk // 2)
                await asyncio.sleep(RETRY_SECONDS)
                continue
            worked = time.monotonic() - started
            if self._marked.is_set():
                self._awaited.clear()  # who is still not answered says so again
                await _set_within(self._awaited, min(worked * REST_PER_WORK, REST_SECONDS_MAX))
            await _set_within(self._marked, LOOK_SECONDS)

    async def derive_all(self) -> None:
        """Derive all that is marked by now; what was derived before a kill stays derived."""
        traceparents, self._traceparents = self._traceparents, set()
        with telemetry.inside("reporting.derive", traceparents) if traceparents else nullcontext():
            await self._derive_all()

    async def _derive_all(self) -> None:
        counts = await self._pool.fetch(QUERIES["projected"])
        if counts != self._counts:
            # Another replica has projected something, or the tables were built anew.
            self._counts = counts
            self.asked += 1
        asked, at = self.asked, time.monotonic()
        await self._begin()
        (so_far,) = await self._pool.fetch(QUERIES["marks_so_far"])
        while await self._derive_some(so_far["mark"]):
            continue
        level = meaning_of(self._parameters), so_far["facts"], so_far["data_to"]
        await self._pool.execute(QUERIES["level_reached"], *level)
        self.beginning = False
        if self.level.asked < asked:
            self.level = Level(asked, at, {row["ledger"]: row["facts"] for row in counts})
            self._measure()
            self._tell()

    def _measure(self) -> None:
        """Count how long it took until reports show what was projected up to the level."""
        now = self._clock()
        while self._projected and self._projected[0].asked <= self.level.asked:
            shown = self._projected.popleft()
            seconds = max(0.0, (now - shown.recorded_at).total_seconds())
            self._delay.record(seconds, {"ledger": shown.ledger})

    def _tell(self) -> None:
        self._risen.set()
        self._risen = asyncio.Event()

    async def _begin(self) -> None:
        """Mark everything when other parameters or other code derived what stands."""
        meaning = meaning_of(self._parameters)
        async with self._pool.acquire() as connection, connection.transaction():
            await connection.execute(QUERIES["hold_tables"])
            await connection.execute(QUERIES["one_at_a_time"])
            if await connection.fetchval(QUERIES["standing_meaning"]) != meaning:
                await connection.execute(QUERIES["mark_everything_stale"])
                await connection.execute(QUERIES["begin_meaning"], meaning)
            complete = await connection.fetchrow(QUERIES["standing_level"], meaning)
        self.beginning = complete is None
        if self.beginning:
            self._tell()

    async def _derive_some(self, until: int) -> bool:
        """Derive what was marked first, up to a mark; tell whether there may be more."""
        started = time.monotonic()
        # One state of the tables for all statements: every fact that left one of these marks is in
        # it, and what is marked later is left for later.
        async with (
            self._pool.acquire() as connection,
            connection.transaction(isolation="repeatable_read"),
        ):
            await connection.execute(QUERIES["hold_tables"])
            await connection.execute(QUERIES["one_at_a_time"])
            await connection.execute(QUERIES["more_memory"])
            await connection.execute(QUERIES["rows_by_key"])
            found = await connection.fetch(QUERIES["stale_marks"], until, self._chunk)
            marks = [Mark(*row) for row in found]
            await self._derive(connection, await self._sittings(connection, marks))
            await connection.execute(
                QUERIES["forget_marks"], [number for mark in marks for number in mark.marks]
            )
            failpoint("standing.before_commit")
        failpoint("standing.after_commit")
        if marks:
            self._fit(time.monotonic() - started)
        return bool(marks)

    def _fit(self, seconds: float) -> None:
        if seconds > CHUNK_SECONDS:
            self._chunk = max(1, self._chunk // 2)
        elif seconds < CHUNK_SECONDS / 2:
            self._chunk = min(CHUNK_MARKS_MAX, self._chunk * 2)

    async def _sittings(self, connection: Connection, marks: Sequence[Mark]) -> list[Any]:
        alone = [(m.activity_id, m.occurrence) for m in marks if m.occurrence is not None]
        return list(
            await connection.fetch(
                QUERIES["marked_sittings"],
                *columns(alone, 2),
                [m.activity_id for m in marks if m.activity_id and m.occurrence is None],
                [m.person for m in marks if m.person is not None],
            )
        )

    async def _derive(self, connection: Connection, sittings: Sequence[Any]) -> None:
        if not sittings:
            return
        wanted = [self._wanted(state(row)) for row in sittings]
        stretches = {Dates(row["stretch_first"], row["stretch_last"]) for row in sittings} | {
            Dates(first, last) for _, _, _, _, first, last, *_ in wanted
        }
        windows = sorted(
            {
                window
                for stretch in stretches
                if stretch.first is not None
                for window in windows_around(stretch)
            }
        )
        await connection.execute(
            QUERIES["derive"],
            *columns(wanted, 11),
            self._parameters.attendance_seconds_min,
            self._parameters.recording_within_days,
            [window.first for window in windows],
            [window.last for window in windows],
        )
        for query in ("drop_empty_cities", "drop_empty_persons", "drop_empty_uniques"):
            await connection.execute(QUERIES[query])

    def _wanted(self, sitting: OccurrenceState) -> tuple[Any, ...]:
        """Return what the statement `derive` asks of a sitting."""
        on = date_of(sitting)
        stretch = stretch_of(on, self._parameters.partnership_epoch) if on else None
        return (
            *sitting.sitting,
            *((on.first, on.last) if on else (None, None)),
            *((stretch.first, stretch.last) if stretch else (None, None)),
            on is not None and was_held(sitting, SOMEBODY, self._parameters),
            on is not None and was_held(sitting, NOBODY, self._parameters),
            sitting.began,
            sitting.ended,
            start_of(sitting),
        )


async def _set_within(event: asyncio.Event, seconds: float) -> None:
    """Return when the event is set, or when the seconds are over."""
    try:
        await asyncio.wait_for(event.wait(), seconds)
    except TimeoutError:
        return
