"""Spans as tests tell them: `span("process INTAKE", "events", at=20, took=5, under=publish)`."""

from datetime import UTC, datetime, timedelta
from itertools import count

from services.operations.domain.telling import Attributes, Place, Span

NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)
TRACE, BATCH = "a" * 32, "b" * 32
_numbers = count(1)


def span(
    name: str,
    service: str = "events",
    *,
    at: float = 0,
    took: float = 1,
    under: Span | None = None,
    follows: tuple[Span | Place, ...] = (),
    trace: str | None = None,
    kind: str = "internal",
    error: str | None = None,
    attributes: Attributes | None = None,
) -> Span:
    """Return a span that began `at` milliseconds past noon and took so many."""
    return Span(
        trace_id=trace or (under.trace_id if under else TRACE),
        span_id=f"{next(_numbers):016x}",
        parent_id=under.span_id if under else None,
        service=service,
        name=name,
        kind=kind,
        started_at=NOON + timedelta(milliseconds=at),
        duration=round(took * 1_000),
        error=error,
        attributes=attributes or {},
        links=tuple(each.place if isinstance(each, Span) else each for each in follows),
    )
