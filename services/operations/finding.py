"""Finds spans and log records again, as values; bounded in rows and in time."""

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime

import asyncpg

from services.operations.domain.neighbours import Call
from services.operations.domain.telling import LogRecord, Moment, Place, Span
from services.operations.keeping import QUERIES
from shared.errors import Unavailable
from shared.queries import Connection

SPANS_MAX = 2_000
"""Of one page: a larger trace is shown in part, and says so."""
TRACES_MAX = 50
LINKED_TRACES_MAX = 20
LOGS_MAX = 200
MAPPED_SPANS_MAX = 50_000
SEARCH_SECONDS_MAX = 5
ROUTINE = (
    "tandem.ledger.v1.LedgerService/ReadHeads",
    "tandem.ledger.v1.LedgerService/ReadCensus",
    "grpc.health.v1.Health/Check",
)
"""What the auditor and the checks of readiness ask all the time."""


@dataclass(frozen=True, slots=True)
class Search:
    """What traces are looked for by: spans that are all of this.

    Args:
        since, until: when the span began.
        service, name: equal; a name may end in `*`.
        attribute: a name and its value, as text.
        least: its duration is at least so many microseconds.
        failed: it failed.
        routine: also what services ask each other every few seconds, whatever happens.
    """

    since: datetime
    until: datetime
    service: str | None = None
    name: str | None = None
    attribute: tuple[str, str] | None = None
    least: int = 0
    failed: bool = False
    routine: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """A trace that a search has found.

    Args:
        root: the name of its first span, and `service` whose that is.
        duration: from its first to its last span, in microseconds.
        matched: of the spans looked for, the one that took longest.
    """

    trace_id: str
    started_at: datetime
    service: str
    root: str
    duration: int
    spans: int
    errors: int
    services: tuple[str, ...]
    matched: str


class Finding:
    """The tables as pages read them."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        """Bind the tables."""
        self._pool = pool

    @asynccontextmanager
    async def _reading(self) -> AsyncIterator[Connection]:
        """Read one state of the tables, for SEARCH_SECONDS_MAX at most.

        Raises:
            Unavailable: it takes longer.
        """
        try:
            async with (
                self._pool.acquire() as connection,
                connection.transaction(isolation="repeatable_read", readonly=True),
            ):
                await connection.execute(f"set local statement_timeout = '{SEARCH_SECONDS_MAX}s'")
                yield connection
        except asyncpg.QueryCanceledError:
            raise Unavailable("this takes too long: look in a shorter time") from None

    async def search(self, search: Search) -> Sequence[Found]:
        """Return the traces with a span like this, the latest first; TRACES_MAX at most."""
        name, prefix = search.name, None
        if search.name is not None and search.name.endswith("*"):
            name, prefix = None, search.name[:-1]
        async with self._reading() as connection:
            rows = await connection.fetch(
                QUERIES["search"],
                search.since,
                search.until,
                search.service,
                name,
                prefix,
                search.least,
                search.failed,
                search.attribute[0] if search.attribute else None,
                search.attribute[1] if search.attribute else None,
                TRACES_MAX,
                [] if search.routine or search.name else [*ROUTINE],
            )
        return [
            Found(
                trace_id=row["trace_id"].hex(),
                started_at=row["started_at"],
                service=row["service"],
                root=row["root"],
                duration=row["duration"],
                spans=row["spans"],
                errors=row["errors"],
                services=tuple(sorted(row["services"])),
                matched=row["matched"],
            )
            for row in rows
        ]

    async def services(self) -> Sequence[str]:
        """Return who has said anything."""
        async with self._reading() as connection:
            return [row["service"] for row in await connection.fetch(QUERIES["services"])]

    async def calls(self, since: datetime, until: datetime) -> Sequence[Call]:
        """Return who called whom, in the latest MAPPED_SPANS_MAX spans of some time."""
        async with self._reading() as connection:
            rows = await connection.fetch(QUERIES["calls"], since, until, MAPPED_SPANS_MAX)
        return [Call(**dict(row)) for row in rows]

    async def spans(self, trace_ids: Sequence[str]) -> Sequence[Span]:
        """Return the spans of traces, the earliest first; SPANS_MAX at most."""
        async with self._reading() as connection:
            wanted = [bytes.fromhex(each) for each in trace_ids]
            rows = await connection.fetch(QUERIES["spans_of_traces"], wanted, SPANS_MAX)
            links = await connection.fetch(QUERIES["links_of_traces"], wanted)
        linked: dict[tuple[bytes, bytes], list[Place]] = {}
        for row in links:
            place = Place(row["linked_trace_id"].hex(), row["linked_span_id"].hex())
            linked.setdefault((row["trace_id"], row["span_id"]), []).append(place)
        known: dict[Place, Span] = {}  # a batch that was sent again is there twice
        for row in rows:
            span = _span(row, linked.get((row["trace_id"], row["span_id"]), []))
            known.setdefault(span.place, span)
        return list(known.values())

    async def linked(self, trace_id: str) -> Sequence[Place]:
        """Return the spans of other traces that follow from one; a batch follows from many."""
        async with self._reading() as connection:
            rows = await connection.fetch(QUERIES["linked_to"], bytes.fromhex(trace_id), SPANS_MAX)
        return [Place(row["trace_id"].hex(), row["span_id"].hex()) for row in rows]

    async def logs(self, trace_ids: Sequence[str]) -> Sequence[LogRecord]:
        """Return the lines of logs that belong to traces, the earliest first; LOGS_MAX at most."""
        async with self._reading() as connection:
            wanted = [bytes.fromhex(each) for each in trace_ids]
            rows = await connection.fetch(QUERIES["logs_of_traces"], wanted, LOGS_MAX)
        return [
            LogRecord(
                at=row["at"],
                service=row["service"],
                severity=row["severity"],
                logger=row["logger"],
                body=row["body"],
                trace_id=row["trace_id"].hex(),
                span_id=row["span_id"].hex() if row["span_id"] else None,
                attributes=json.loads(row["attributes"]),
            )
            for row in rows
        ]


def _span(row: asyncpg.Record, links: Sequence[Place]) -> Span:
    return Span(
        trace_id=row["trace_id"].hex(),
        span_id=row["span_id"].hex(),
        parent_id=row["parent_id"].hex() if row["parent_id"] else None,
        service=row["service"],
        name=row["name"],
        kind=row["kind"],
        started_at=row["started_at"],
        duration=row["duration"],
        error=row["error"],
        attributes=json.loads(row["attributes"]),
        events=tuple(
            Moment(datetime.fromisoformat(each["at"]), each["name"], each["attributes"])
            for each in json.loads(row["events"])
        ),
        links=tuple(links),
    )
