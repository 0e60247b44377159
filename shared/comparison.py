"""One ledger beside the projections of it: which facts only one of them holds.

Facts are on their way from one to the other at any moment, so there are two looks: what the ledger
had at the first and the projections lack at the second, PATIENCE_SECONDS later, is missing. No look
holds more than SUSPECTS_MAX streams in memory.
"""

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol, assert_never
from uuid import UUID

import asyncpg

from shared.census import PAGE_FACTS, Head, Heads, Pair, Stream, name_of, paired
from shared.projector import LedgerReader
from shared.queries import SHARED_QUERIES, Queries
from shared.recorded import Recorded

PATIENCE_SECONDS = 1.0
SUSPECTS_MAX = 10_000
EXAMINED_MAX = 100
"""How many streams are read fact by fact; of others only the numbers of facts are compared."""
PROGRESS_SECONDS = 2.0
VERSION_MAX = 2**31 - 1


class AuditedLedger(LedgerReader, Protocol):
    """A ledger that can be compared: over gRPC, or a list of facts in a test."""

    def heads(self, after_position: int) -> AsyncIterator[Heads]:
        """Yield how far streams grew behind a position, and at the end what is settled."""
        ...

    def census(self, after_stream: str = "") -> AsyncIterator[Sequence[Stream]]:
        """Yield the streams behind a name, each with a digest of its facts, by name."""
        ...

    async def total(self) -> int:
        """Return how many facts the ledger holds."""
        ...


class Kind(StrEnum):
    """What is wrong with a fact."""

    MISSING = "missing"
    AHEAD = "ahead"
    DIFFERENT = "different"


@dataclass(frozen=True, slots=True)
class Finding:
    """A fact that ledger and projections do not both hold; the ids are those of whoever has it."""

    kind: Kind
    stream: str
    version: int
    fact_id: UUID
    type: str
    recorded_at: datetime
    source: str
    source_id: str


@dataclass(slots=True)
class Verdict:
    """How a ledger and the projections compare.

    Attributes:
        streams: how many were compared.
        recorded, projected: facts in the ledger and in the projections, once they were counted.
        missing: facts that the projections lack.
        ahead: facts that the projections hold and the ledger does not.
        different: facts under the same version that are not the same.
        first: one that differs: of those that were read, the one recorded first.
        unavailable: why nothing is known, in a sentence.
    """

    ledger: str
    streams: int = 0
    recorded: int = 0
    projected: int = 0
    missing: int = 0
    ahead: int = 0
    different: int = 0
    first: Finding | None = None
    unavailable: str = ""

    @property
    def complete(self) -> bool:
        """Whether every fact was compared and stands in both."""
        return not (self.missing or self.ahead or self.different or self.unavailable)

    def found(self, finding: Finding) -> None:
        """Count a finding, and keep it when it was recorded first."""
        match finding.kind:
            case Kind.MISSING:
                self.missing += 1
            case Kind.AHEAD:
                self.ahead += 1
            case Kind.DIFFERENT:
                self.different += 1
            case _:
                assert_never(finding.kind)
        self.name(finding)

    def name(self, finding: Finding) -> None:
        """Keep a finding when it was recorded first."""
        if self.first is None or finding.recorded_at < self.first.recorded_at:
            self.first = finding


class Comparison:
    """Compares ledgers with the projections behind a pool; it changes neither."""

    def __init__(self, pool: asyncpg.Pool, ledgers: Mapping[str, AuditedLedger]) -> None:
        """Bind both sides."""
        self._pool, self.ledgers = pool, ledgers
        self._queries = Queries(SHARED_QUERIES)

    async def behind(self, ledger: str, heads: Iterable[Head]) -> dict[str, int]:
        """Return which of these streams are not projected so far, and how far each is."""
        wanted = {head.stream: head.version for head in heads}
        rows = await self._pool.fetch(
            self._queries["projected_versions"], [ledger] * len(wanted), list(wanted)
        )
        reached = {row["stream"]: row["version"] for row in rows}
        return {
            stream: have
            for stream, version in wanted.items()
            if (have := reached.get(stream, 0)) < version
        }

    async def settled(self, ledger: str) -> int:
        """Return the position up to which this ledger was compared for good."""
        return await self._pool.fetchval(self._queries["audited_position"], ledger) or 0

    async def recent(self, ledger: str) -> AsyncIterator[Verdict]:
        """Compare the last versions of the streams that grew behind the settled position.

        Yields the verdict as it grows; the last one stands.
        """
        look = _Look(self, Verdict(ledger))
        async for page in self.ledgers[ledger].heads(await self.settled(ledger)):
            look.verdict.streams += len(page.heads)
            behind = await self.behind(ledger, page.heads)
            for head in page.heads:
                if head.stream in behind:
                    await look.suspect(Stream(head.stream, head.version, head.version, None))
            yield replace(look.verdict)
        await look.again()
        yield await self._counted(look.verdict)

    async def whole(self, ledger: str) -> AsyncIterator[Verdict]:
        """Compare every stream from its first fact, by digest, and what differs fact by fact.

        Yields the verdict as it grows; the last one stands.
        """
        verdict, after = Verdict(ledger), ""
        while (name := await self.part(verdict, after, PROGRESS_SECONDS)) is not None:
            after = name
            yield replace(verdict)
        yield await self._counted(verdict)

    async def part(self, verdict: Verdict, after_stream: str, seconds_max: float) -> str | None:
        """Compare streams by digest, by name, until the time is up.

        Returns:
            The name behind which to go on; None at the end.
        """
        look, name = _Look(self, verdict), None
        deadline = time.monotonic() + seconds_max
        async with aclosing(self._pairs(verdict.ledger, after_stream)) as pairs:
            async for recorded, projected in pairs:
                verdict.streams += 1
                if recorded != projected:
                    await look.suspect_pair(recorded, projected)
                if time.monotonic() > deadline:
                    name = name_of(recorded, projected)
                    break
        await look.again()
        return name

    def _pairs(self, ledger: str, after_stream: str) -> AsyncGenerator[Pair, None]:
        recorded = self.ledgers[ledger].census(after_stream)
        return paired(recorded, self._census(ledger, after_stream))

    async def _census(self, ledger: str, after_stream: str) -> AsyncIterator[list[Stream]]:
        query = self._queries["projected_census"]
        while rows := await self._pool.fetch(query, ledger, after_stream, PAGE_FACTS):
            yield [Stream(*row) for row in rows]
            after_stream = rows[-1]["name"]

    async def _counted(self, verdict: Verdict) -> Verdict:
        verdict.projected = await self._pool.fetchval(
            self._queries["projected_total"], verdict.ledger
        )
        verdict.recorded = await self.ledgers[verdict.ledger].total()
        return verdict

    async def until(self, ledger: str, streams: Sequence[Stream]) -> list[Stream]:
        """Return these streams as projected, each up to the version given, in their order."""
        names, versions = [each.name for each in streams], [each.version for each in streams]
        rows = await self._pool.fetch(self._queries["projected_until"], ledger, names, versions)
        return [Stream(*row) for row in rows]

    async def facts(self, ledger: str, stream: str, first: int, last: int) -> list[Any]:
        """Return the projected facts of a stream from one version to another."""
        rows: list[Any] = await self._pool.fetch(
            self._queries["projected_facts"], ledger, stream, first, last
        )
        return rows


class _Look:
    """The streams that differed at the first look, until the second."""

    def __init__(self, comparison: Comparison, verdict: Verdict) -> None:
        self._comparison, self.verdict = comparison, verdict
        self._ledger = comparison.ledgers[verdict.ledger]
        self._suspects: dict[str, tuple[Stream, bool]] = {}
        self._since = 0.0
        self._examined = 0

    async def suspect(self, recorded: Stream, *, ahead: bool = False) -> None:
        """Keep a stream, as the ledger has it, for the second look; `ahead`: it may have less."""
        self._since = time.monotonic()
        self._suspects[recorded.name] = (recorded, ahead)
        if len(self._suspects) >= SUSPECTS_MAX:
            await self.again()

    async def suspect_pair(self, recorded: Stream | None, projected: Stream | None) -> None:
        """Keep a stream that differs; what the ledger lacks may have been recorded just now."""
        known = recorded or Stream(name_of(recorded, projected), 0, 0, 0)
        ahead = projected is not None and projected.version > known.version
        await self.suspect(known, ahead=ahead)

    async def again(self) -> None:
        """Count what differs still, once what was on its way has had time to arrive."""
        if not self._suspects:
            return
        await asyncio.sleep(self._since + PATIENCE_SECONDS - time.monotonic())
        suspects, self._suspects = self._suspects, {}
        streams = [recorded for recorded, _ in suspects.values()]
        for projected in await self._comparison.until(self.verdict.ledger, streams):
            recorded, ahead = suspects[projected.name]
            equal = projected.facts == recorded.facts and recorded.digest in (
                None,
                projected.digest,
            )
            if ahead or not equal:
                await self._judge(recorded, projected)

    async def _judge(self, recorded: Stream, projected: Stream) -> None:
        if self._examined < EXAMINED_MAX:
            self._examined += 1
            await self._compare_facts(recorded)
            await self._look_ahead(recorded)
        elif projected.facts < recorded.facts:
            self.verdict.missing += recorded.facts - projected.facts
        else:
            self.verdict.different += 1

    async def _compare_facts(self, stream: Stream) -> None:
        """Find what is missing or different up to the version that the first look saw."""
        ledger, name = self.verdict.ledger, stream.name
        async for batch in self._ledger.streams({name: 0}):
            facts = [fact for fact in batch if fact.version <= stream.version]
            if not facts:
                return
            rows = await self._comparison.facts(ledger, name, facts[0].version, facts[-1].version)
            projected = {row["version"]: row["fact_id"] for row in rows}
            for fact in facts:
                if fact.version not in projected:
                    self.verdict.found(of_ledger(Kind.MISSING, fact))
                elif projected[fact.version] != fact.fact_id:
                    self.verdict.found(of_ledger(Kind.DIFFERENT, fact))

    async def _look_ahead(self, stream: Stream) -> None:
        """Find what is projected and not in the ledger, which is read last: it only grows."""
        rows = await self._comparison.facts(
            self.verdict.ledger, stream.name, stream.version + 1, VERSION_MAX
        )
        if not rows:
            return
        held: set[int] = set()
        async for batch in self._ledger.streams({stream.name: stream.version}):
            held |= {fact.version for fact in batch}
        for row in rows:
            if row["version"] not in held:
                self.verdict.found(Finding(Kind.AHEAD, stream.name, *row))


def of_ledger(kind: Kind, fact: Recorded) -> Finding:
    """Return the finding about a fact that the ledger holds."""
    return Finding(
        kind,
        fact.stream,
        fact.version,
        fact.fact_id,
        fact.fact.TYPE,
        fact.recorded_at,
        fact.source,
        fact.source_id,
    )
