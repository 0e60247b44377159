"""What services say of themselves: spans, what they follow from, and log records."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

Scalar = str | int | float | bool
Attributes = Mapping[str, Scalar]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a span stands: its trace and its id there, in hex."""

    trace_id: str
    span_id: str


@dataclass(frozen=True, slots=True)
class Moment:
    """Something that happened within a span, such as an exception."""

    at: datetime
    name: str
    attributes: Attributes


@dataclass(frozen=True, slots=True)
class Span:
    """A step of work in one service.

    Args:
        trace_id: 32 hex digits.
        span_id: 16 hex digits.
        parent_id: the span it is a part of, in the same trace; None for the root.
        kind: `server`, `client`, `producer`, `consumer` or `internal`.
        duration: in microseconds.
        error: why it failed; None when it did not.
        links: what it follows from beside its parent.
    """

    trace_id: str
    span_id: str
    parent_id: str | None
    service: str
    name: str
    kind: str
    started_at: datetime
    duration: int
    error: str | None
    attributes: Attributes
    events: tuple[Moment, ...] = ()
    links: tuple[Place, ...] = ()

    @property
    def place(self) -> Place:
        """Where it stands."""
        return Place(self.trace_id, self.span_id)

    @property
    def ended_at(self) -> datetime:
        """When it was done."""
        return self.started_at + timedelta(microseconds=self.duration)


@dataclass(frozen=True, slots=True)
class LogRecord:
    """A line of a service's log."""

    at: datetime
    service: str
    severity: str
    logger: str
    body: str
    trace_id: str | None
    span_id: str | None
    attributes: Attributes
