"""Completeness, proven again and again: ledgers and projections compared, and gaps healed.

A round looks at what a ledger recorded since the round before, so it costs the new part only. What
a transaction made visible late, behind that, is seen every REPEAT_SECONDS, when a round begins at
the settled position. And all the time the whole is compared by digest, a little in each round.

A fact that the projections lack is fetched from its ledger. What they hold and the ledger does
not, what differs, and what is missing amid a stream, is told and never mended here: that is the
work of a rebuild (docs/operating.md).
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from operator import attrgetter

import asyncpg

from shared import telemetry
from shared.census import Head
from shared.clock import Clock, system_clock
from shared.comparison import (
    PATIENCE_SECONDS,
    SUSPECTS_MAX,
    AuditedLedger,
    Comparison,
    Kind,
    Verdict,
    of_ledger,
)
from shared.errors import Unavailable
from shared.projector import PASSING
from shared.queries import SHARED_QUERIES, Queries
from shared.recorded import Recorded
from shared.telemetry.gauges import Values, gauge

logger = logging.getLogger(__name__)

COMPARE_SECONDS = 10.0
REPEAT_SECONDS = 60.0
WHOLE_SHARE = 0.02
"""How much of its time the comparison of the whole may work."""

COUNTS = {
    "missing": "Facts of a ledger that the projections lack.",
    "ahead": "Facts that the projections hold and the ledger does not.",
    "different": "Facts that are not the same in ledger and projections.",
}
"""Each is a metric `tandem.audit.<name>`, by ledger."""


@dataclass(slots=True)
class _Watch:
    """How far one ledger was compared in this process.

    Attributes:
        position: behind it lies what the next round looks at; None begins at the settled one.
        suspects: heads that were not projected at the last look, with what had passed then.
        recent, whole: what the last rounds found; `walk` is a comparison of the whole under way.
        unprojected: facts that were not projected at the last look; the oldest is of `oldest_at`.
    """

    position: int | None = None
    repeated_at: float = 0.0
    suspects: dict[str, tuple[Head, int]] = field(default_factory=dict)
    recent: Verdict | None = None
    whole: Verdict | None = None
    walk: Verdict | None = None
    walked_to: str = ""
    recent_at: float | None = None
    whole_at: float | None = None
    said: tuple[object, ...] = ()
    unprojected: int = 0
    oldest_at: datetime | None = None


class Auditor:
    """Compares for as long as a service lives, and says what it knows as metrics and in the log."""

    def __init__(
        self,
        pool: asyncpg.Pool,
        ledgers: Mapping[str, AuditedLedger],
        heal: Callable[[Sequence[Recorded]], Awaitable[int]],
        on_switched: Callable[[], None] = lambda: None,
        clock: Clock = system_clock,
    ) -> None:
        """Bind both sides.

        Args:
            pool: where the projections are.
            ledgers: by name.
            heal: projects facts that were missing and returns how many; Projector.apply.
            on_switched: told when other tables serve than at the round before, after a rebuild.
            clock: the one that `recorded_at` is of.
        """
        self._clock = clock
        self.comparison = Comparison(pool, ledgers)
        self._pool, self._ledgers, self._heal, self._on_switched = pool, ledgers, heal, on_switched
        self._queries = Queries(SHARED_QUERIES)
        self._watches = {ledger: _Watch() for ledger in ledgers}
        self._passed = dict.fromkeys(ledgers, 0)
        self._tables: int | None = None
        self._healed = telemetry.meter().create_counter(
            "tandem.projection.healed",
            unit="{fact}",
            description="Facts that reached the projections from the ledger and not the broker.",
        )
        for ledger in ledgers:
            self._healed.add(0, {"ledger": ledger})
        self._expose()

    def passed(self, facts: Iterable[Recorded]) -> None:
        """Note how far the projector has come; what it has not reached is not missing yet."""
        for fact in facts:
            self._passed[fact.ledger] = max(self._passed[fact.ledger], fact.position)

    async def run(self) -> None:
        """Compare every ledger now and then, each by itself, until cancelled."""
        await asyncio.gather(*(self._watch(ledger) for ledger in self._ledgers))

    async def _watch(self, ledger: str) -> None:
        while True:
            began = time.monotonic()
            await self.round(ledger)
            patience = PATIENCE_SECONDS if self._watches[ledger].suspects else COMPARE_SECONDS
            await asyncio.sleep(began + patience - time.monotonic())

    async def round(self, ledger: str) -> Verdict:
        """Compare what is new in a ledger, heal what is missing, and a little of the whole.

        Returns:
            What was found missing in this round, before it was healed.
        """
        watch = self._watches[ledger]
        try:
            await self._notice_switch()
            watch = self._watches[ledger]
            watch.recent = await self._recent(ledger, watch)
            watch.recent_at = time.monotonic()
            await self._walk(ledger, watch)
        except PASSING as error:
            reason = str(error) if isinstance(error, Unavailable) else type(error).__name__
            watch.recent = Verdict(ledger, unavailable=reason)
        self._say(ledger, watch)
        return watch.recent

    async def _recent(self, ledger: str, watch: _Watch) -> Verdict:
        verdict = Verdict(ledger)
        reached = await self._look_again(verdict, watch)
        settled = await self.comparison.settled(ledger)
        repeat = time.monotonic() - watch.repeated_at > REPEAT_SECONDS or watch.position is None
        position = settled if repeat or watch.position is None else watch.position
        async for page in self._ledgers[ledger].heads(position):
            behind = await self.comparison.behind(ledger, page.heads)
            reached |= behind
            passed = self._passed[ledger]
            for head in page.heads:
                position = max(position, head.position)
                if head.stream in behind:
                    watch.suspects.setdefault(head.stream, (head, passed))
            verdict.streams += len(page.heads)
            if len(watch.suspects) >= SUSPECTS_MAX:
                break  # the next round, which follows at once, goes on from here
            if page.settled is not None and repeat:
                watch.repeated_at = time.monotonic()
                if not watch.suspects:
                    query = self._queries["audited_until"]
                    await self._pool.execute(query, ledger, page.settled)
        watch.position = position
        await self._note(ledger, watch, reached)
        return verdict

    async def _note(self, ledger: str, watch: _Watch, reached: Mapping[str, int]) -> None:
        """Remember how many facts are not projected, and when the oldest of them was recorded."""
        heads = [head for head, _ in watch.suspects.values()]
        watch.unprojected = sum(head.version - reached[head.stream] for head in heads)
        if not heads:
            watch.oldest_at = None
            return
        first = min(heads, key=attrgetter("position")).stream
        batches = self._ledgers[ledger].streams({first: reached[first]})
        async with aclosing(batches):  # type: ignore[type-var]
            async for batch in batches:
                watch.oldest_at = batch[0].recorded_at
                break

    async def _look_again(self, verdict: Verdict, watch: _Watch) -> dict[str, int]:
        """Heal the suspects that are behind still, but for those the projector comes to.

        Returns:
            How far the streams are that it comes to.
        """
        heads = [head for head, _ in watch.suspects.values()]
        behind = await self.comparison.behind(verdict.ledger, heads) if heads else {}
        passed = self._passed[verdict.ledger]
        missing = {}
        coming = {}
        for head, passed_before in watch.suspects.values():
            if head.stream not in behind:
                continue
            if passed_before < passed < head.position:
                coming[head.stream] = (head, passed)
            else:
                missing[head.stream] = behind[head.stream]
                verdict.missing += head.version - behind[head.stream]
        watch.suspects = coming
        if missing:
            await self._fetch(verdict, missing)
        return {stream: behind[stream] for stream in coming}

    async def _fetch(self, verdict: Verdict, missing: Mapping[str, int]) -> None:
        healed = 0
        async for batch in self._ledgers[verdict.ledger].streams(missing):
            for fact in batch:
                verdict.name(of_ledger(Kind.MISSING, fact))
            try:
                healed += await self._heal(batch)
            except asyncpg.IntegrityConstraintViolationError as error:
                # Rows of a fact whose own row is gone: somebody changed the tables by hand.
                logger.error("%s cannot be healed, rebuild: %s", verdict.ledger, error.args[0])
        self._healed.add(healed, {"ledger": verdict.ledger})
        logger.warning("healed from the ledger of %s", verdict.ledger, extra={"count": healed})

    async def _walk(self, ledger: str, watch: _Watch) -> None:
        """Go on with the comparison of the whole, for its share of the time."""
        watch.walk = watch.walk or Verdict(ledger)
        seconds_max = COMPARE_SECONDS * WHOLE_SHARE
        name = await self.comparison.part(watch.walk, watch.walked_to, seconds_max)
        if name is not None:
            watch.walked_to = name
            return
        watch.whole, watch.whole_at = watch.walk, time.monotonic()
        watch.walk, watch.walked_to = None, ""

    async def _notice_switch(self) -> None:
        """Begin anew when a rebuild has put other tables in the place of those that served."""
        tables = await self._pool.fetchval(self._queries["projection_tables"])
        if self._tables not in (None, tables):
            logger.info("other tables serve now")
            self._watches = {ledger: _Watch() for ledger in self._ledgers}
            self._on_switched()
        self._tables = tables

    def _say(self, ledger: str, watch: _Watch) -> None:
        """Log what is known of a ledger when it is not what was said last."""
        found = watch.recent or Verdict(ledger)
        counts = {name: _count(watch, name) for name in COUNTS}
        known = (found.unavailable, *counts.values())
        if known == watch.said:
            return
        watch.said = known
        if found.unavailable:
            logger.warning("cannot compare: %s", found.unavailable)
        elif any(counts.values()):
            first = found.first or next(
                (each.first for each in (watch.walk, watch.whole) if each and each.first), None
            )
            said = ", ".join(f"{count} {name}" for name, count in counts.items() if count)
            where = f"{first.stream} version {first.version}" if first else "not read"
            logger.error("projections of %s: %s; first: %s", ledger, said, where)
        else:
            logger.info("projections of %s are complete", ledger)

    def _expose(self) -> None:
        """Show what is known as metrics, read when somebody asks for them."""

        def of(value: Callable[[_Watch], float | None]) -> Callable[[], Values]:
            return lambda: [
                (seen, {"ledger": ledger})
                for ledger, watch in self._watches.items()
                if (seen := value(watch)) is not None
            ]

        behind, age = "tandem.projection.behind", "tandem.projection.age"
        gauge(behind, "{fact}", "Facts not projected yet.", of(attrgetter("unprojected")))
        gauge(age, "s", "Time since the oldest of them was recorded.", of(self._age_of_oldest))
        for name, meaning in COUNTS.items():
            gauge(f"tandem.audit.{name}", "{fact}", meaning, of(partial(_count, name=name)))
        for name, extent in (("age", "what is new"), ("whole.age", "the whole")):
            moment = attrgetter("recent_at" if name == "age" else "whole_at")
            meaning = f"Time since {extent} was compared to its end."
            gauge(f"tandem.audit.{name}", "s", meaning, of(partial(_age, moment=moment)))

    def _age_of_oldest(self, watch: _Watch) -> float:
        if watch.oldest_at is None:
            return 0.0
        return max(0.0, (self._clock() - watch.oldest_at).total_seconds())


def _count(watch: _Watch, name: str) -> int:
    """Return how many facts are known to be missing, ahead or different."""
    recent = getattr(watch.recent, name, 0)
    return int(recent + max(getattr(each, name, 0) for each in (watch.whole, watch.walk)))


def _age(watch: _Watch, moment: Callable[[_Watch], float | None]) -> float | None:
    at = moment(watch)
    return None if at is None else time.monotonic() - at
