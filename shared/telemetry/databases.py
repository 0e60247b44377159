"""Statements and how long they took, by the semantic conventions; never what they say.

A statement is counted by its first word, so that neither tables nor values make the numbers many.
Source: OpenTelemetry semantic conventions for databases, `db.client.operation.duration`.
"""

import re
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from functools import cache, lru_cache
from typing import Any, cast

import asyncpg
from asyncpg.connection import LoggedQuery
from opentelemetry.metrics import Histogram, Meter
from opentelemetry.trace import Span, SpanKind

from shared import telemetry

BUCKETS = (0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10)
"""Bounds in seconds, as the conventions advise."""
OPERATIONS = frozenset(
    {
        "ALTER",
        "BEGIN",
        "CLOSE",
        "COMMIT",
        "COPY",
        "CREATE",
        "DELETE",
        "DROP",
        "FETCH",
        "INSERT",
        "LISTEN",
        "LOCK",
        "MERGE",
        "NOTIFY",
        "RELEASE",
        "ROLLBACK",
        "SAVEPOINT",
        "SELECT",
        "SET",
        "TRUNCATE",
        "UPDATE",
    }
)
OTHER = "_OTHER"
STATEMENTS_MAX = 2_000
COMMENT = re.compile(r"--[^\n]*\n|/\*.*?\*/", re.DOTALL)
CHANGE = re.compile(r"\b(insert\s+into|update|delete\s+from|merge\s+into)\b", re.IGNORECASE)


@cache
def duration_of(meter: Meter) -> Histogram:
    """Return the histogram of a meter, made once."""
    return meter.create_histogram(
        "db.client.operation.duration",
        unit="s",
        description="How long statements took.",
        explicit_bucket_boundaries_advisory=BUCKETS,
    )


@lru_cache(maxsize=STATEMENTS_MAX)
def operation_of(statement: str) -> str:
    """Return what a statement does, in the word of SQL for it: of `with …` that of its change."""
    bare = COMMENT.sub(" ", statement).lstrip(" \t\r\n(")
    word = bare[:20].split(maxsplit=1)[0].rstrip(";").upper() if bare else ""
    if word == "WITH":
        change = CHANGE.search(bare)
        return change[1].split()[0].upper() if change else "SELECT"
    return word if word in OPERATIONS else OTHER


def measured(statement: LoggedQuery) -> None:
    """Count one statement, as asyncpg tells of it when it is over."""
    _record(
        operation_of(statement.query),
        statement.conn_params.database,
        statement.elapsed,
        statement.exception,
    )


def _record(
    operation: str, database: str | None, seconds: float, error: BaseException | None
) -> None:
    attributes = {
        "db.system.name": "postgresql",
        "db.namespace": database or "",
        "db.operation.name": operation,
    }
    if isinstance(error, asyncpg.PostgresError):
        attributes["db.response.status_code"] = attributes["error.type"] = str(error.sqlstate)
    elif error is not None:
        attributes["error.type"] = telemetry.error_type(error)
    duration_of(telemetry.meter()).record(seconds, attributes)


@contextmanager
def writing(step: str, database: str, said: telemetry.Attributes) -> Iterator[Span]:
    """Open the span of a transaction that writes facts.

    One for all its statements: a span for each would cost more than many of them.
    """
    attributes = {"db.system.name": "postgresql", "db.namespace": database, **said}
    with telemetry.step(step, SpanKind.CLIENT, attributes) as span:
        yield span


class MeasuredConnection(asyncpg.Connection):
    """A connection whose COPY is counted too: asyncpg tells of statements alone."""

    __slots__ = ()

    async def copy_records_to_table(self, *args: Any, **kwargs: Any) -> str:
        """Copy rows into a table; arguments and answer are asyncpg's."""
        copy = cast("Callable[..., Awaitable[str]]", super().copy_records_to_table)
        database = self._params.database  # type: ignore[attr-defined]
        started = time.perf_counter()
        try:
            answer = await copy(*args, **kwargs)
        except BaseException as error:
            _record("COPY", database, time.perf_counter() - started, error)
            raise
        _record("COPY", database, time.perf_counter() - started, None)
        return answer


async def watch(connection: asyncpg.Connection) -> None:
    """Count the statements of a new connection of a pool."""
    connection.add_query_logger(measured)
