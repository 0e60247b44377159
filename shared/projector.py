"""From FACTS to a service's projections, keyed on (ledger, stream, version).

The checkpoint is the table `fact` itself, written in the transaction of the rows: a repeat is
dropped, a jump is a gap and is filled from the ledger. JetStream's sequence numbers mean nothing
here, because a broker that was rolled back uses them again. What the broker lost altogether is
found by comparing each ledger's heads with `fact`, at the start and from time to time.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from typing import Any, Protocol

import asyncpg
import nats.errors
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js.client import JetStreamContext
from nats.js.errors import APIError
from opentelemetry.trace import SpanKind

from shared import telemetry
from shared.database import TRANSIENT
from shared.errors import TandemError
from shared.failpoints import failpoint
from shared.jetstream import facts_consumer
from shared.messaging import FACTS
from shared.queries import SHARED_QUERIES, Connection, Queries, Row, Statement, Write, run
from shared.recorded import Recorded
from shared.telemetry.databases import writing
from shared.telemetry.messaging import processing
from shared.upcasting import UnknownType
from shared.wire import from_wire

logger = logging.getLogger(__name__)

COUNT = Queries(SHARED_QUERIES)["projected_counts"]
GROUP = str(facts_consumer().durable_name)
PROJECTOR_LOCK = 0x7072_6F6A
BATCH_FACTS_MAX = 1000
FETCH_SECONDS = 1.0
RETRY_SECONDS = 1.0

PASSING: tuple[type[BaseException], ...] = (nats.errors.Error, APIError, TandemError, *TRANSIENT)
"""Errors after which the same facts are taken again."""

Stream = tuple[str, str]
"""A ledger and the name of a stream in it."""

Missing = Mapping[str, Mapping[str, int]]
"""Per ledger the streams that miss facts, with the last version that they have."""


Project = Callable[[Recorded], Sequence[Write]]
"""A pure projection: a fact into what it writes."""

Stale = Callable[[Sequence[Recorded]], Sequence[Statement]]
"""The marks that a batch leaves for whoever derives more from its rows."""


def nothing_stale(facts: Sequence[Recorded]) -> Sequence[Statement]:
    """Leave no mark: nothing is derived from these rows."""
    return ()


class LedgerReader(Protocol):
    """A ledger as others read it: over gRPC, or straight from the database in a test."""

    def streams(self, after: Mapping[str, int]) -> AsyncIterator[list[Recorded]]:
        """Yield what these streams hold behind these versions, in order within each stream."""
        ...


class Projector:
    """Applies facts to projections, each exactly once and in order within its stream."""

    def __init__(
        self,
        pool: asyncpg.Pool,
        facts: Any,
        project: Project,
        queries: Queries,
        ledgers: Mapping[str, LedgerReader],
        on_projected: Callable[[Sequence[Recorded]], None] = lambda facts: None,
        stale: Stale = nothing_stale,
    ) -> None:
        """Bind a pure projection to its tables and to the ledgers that fill its gaps."""
        self._pool, self._facts, self._project, self._tables = pool, facts, project, queries
        self._ledgers, self._on_projected, self._stale = ledgers, on_projected, stale
        self._queries = Queries(SHARED_QUERIES)

    async def run(self, connection: Client, durable: str) -> None:
        """Take facts from the durable consumer until cancelled; failures wait and try again.

        The broker is not told what was applied: the tables say so themselves. What was delivered
        to a process that died is found missing and read from the ledger.
        """
        subscription = None
        facts: list[Recorded] = []
        while True:
            try:
                subscription = subscription or await connection.jetstream().pull_subscribe_bind(
                    durable, FACTS
                )
                facts = facts or await self._fetch(subscription)
                await self._take(facts)
                facts = []
            except PASSING as error:
                logger.warning("projector waits: %s", error or type(error).__name__)
                subscription = None
                await asyncio.sleep(RETRY_SECONDS)

    async def _fetch(self, subscription: JetStreamContext.PullSubscription) -> list[Recorded]:
        try:
            messages = await subscription.fetch(BATCH_FACTS_MAX, timeout=FETCH_SECONDS)
        except (TimeoutError, nats.errors.TimeoutError):
            return []
        return [fact for message in messages if (fact := self._read(message)) is not None]

    def _read(self, message: Msg) -> Recorded | None:
        """Return the message's fact; what is none is left to the comparison with the ledger."""
        try:
            return from_wire(message.data, self._facts)
        except (UnknownType, KeyError, ValueError, TypeError, AttributeError):
            logger.exception("not a fact of ours", extra={"source": message.subject})
            return None

    async def _take(self, facts: Sequence[Recorded]) -> None:
        """Project what the broker delivered."""
        if facts:
            with processing(FACTS, GROUP, [fact.traceparent for fact in facts]):
                await self._apply(facts)

    async def apply(self, facts: Sequence[Recorded]) -> int:
        """Project what is new among these facts, and what is missing before them.

        Returns:
            How many facts were projected.
        """
        if not facts:
            return 0
        with telemetry.joined(
            "projection.apply",
            [fact.traceparent for fact in facts],
            SpanKind.INTERNAL,
            {"tandem.facts": len(facts)},
        ):
            return await self._apply(facts)

    async def _apply(self, facts: Sequence[Recorded]) -> int:
        fresh, missing = await self._write(facts)
        if missing:
            complete = [*facts, *await self._missing(missing)]
            fresh, _ = await self._write(complete, despite_gaps=True)
        failpoint("projector.after_commit")
        if fresh:
            self._on_projected(fresh)
        return len(fresh)

    async def _write(
        self, facts: Sequence[Recorded], *, despite_gaps: bool = False
    ) -> tuple[Sequence[Recorded], Missing]:
        """Write what follows without a gap on what was projected, in one transaction.

        Returns:
            What was written, and the gaps because of which nothing was; what lies behind a gap
            that its ledger could not fill is left to the comparison.
        """
        with writing("projection.write", GROUP, {"tandem.facts": len(facts)}):
            async with self._pool.acquire() as connection, connection.transaction():
                await connection.execute("select pg_advisory_xact_lock($1)", PROJECTOR_LOCK)
                versions = await self._versions(connection, map(_stream, facts))
                if not despite_gaps and (missing := _gaps(facts, versions)):
                    return [], missing
                fresh = _in_order(facts, versions)
                failpoint("projector.before_write")
                await write(connection, self._tables, self._project, self._stale, fresh)
                failpoint("projector.before_commit")
        return fresh, {}

    async def _versions(
        self, connection: Connection, streams: Iterable[Stream]
    ) -> dict[Stream, int]:
        wanted = [list(part) for part in zip(*sorted(set(streams)), strict=True)] or [[], []]
        rows = await connection.fetch(self._queries["projected_versions"], *wanted)
        return {(row["ledger"], row["stream"]): row["version"] for row in rows}

    async def _missing(self, missing: Missing) -> list[Recorded]:
        """Return what the ledgers hold behind these versions."""
        found: list[Recorded] = []
        for ledger, after in missing.items():
            logger.info("filling gaps", extra={"service": ledger, "count": len(after)})
            async for batch in self._ledgers[ledger].streams(after):
                found += batch
        return found


async def write(
    connection: Connection,
    queries: Queries,
    project: Project,
    stale: Stale,
    facts: Sequence[Recorded],
) -> None:
    """Write facts that are new, what follows from them and what they make out of date."""
    writes = [row for fact in facts for row in (fact_row(fact), *project(fact))]
    await run(connection, queries, [*writes, *stale(facts)])
    await connection.execute(
        COUNT,
        [fact.ledger for fact in facts],
        [fact.recorded_at for fact in facts],
    )


def _stream(fact: Recorded) -> Stream:
    return fact.ledger, fact.stream


def _gaps(facts: Sequence[Recorded], versions: Mapping[Stream, int]) -> Missing:
    """Return, per ledger, the streams that miss a version, with the last version they have."""
    arrived: dict[Stream, set[int]] = {}
    for fact in facts:
        arrived.setdefault(_stream(fact), set()).add(fact.version)
    missing: dict[str, dict[str, int]] = {}
    for stream, here in arrived.items():
        have = versions.get(stream, 0)
        if any(version not in here for version in range(have + 1, max(here))):
            missing.setdefault(stream[0], {})[stream[1]] = have
    return missing


def _in_order(facts: Sequence[Recorded], versions: Mapping[Stream, int]) -> list[Recorded]:
    """Return what follows without a gap on the versions projected: each once, in order."""
    reached = dict(versions)
    fresh = []
    for fact in sorted(facts, key=lambda fact: (fact.ledger, fact.stream, fact.version)):
        if fact.version == reached.get(_stream(fact), 0) + 1:
            reached[_stream(fact)] = fact.version
            fresh.append(fact)
    return fresh


def fact_row(fact: Recorded) -> Row:
    """Return the row of the checkpoint that a fact becomes."""
    return Row(
        "fact",
        (
            fact.ledger,
            fact.stream,
            fact.version,
            fact.position,
            fact.fact_id,
            fact.fact.TYPE,
            fact.occurred_at,
            fact.recorded_at,
            fact.source,
            fact.source_id,
            fact.traceparent,
        ),
    )
