"""What a door is to a publisher: it stores events, and tells of those that were rejected."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from opentelemetry import trace
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from shared.client.errors import NotAccepted, Rejected
from shared.client.event import Event
from shared.client.receipt import Questions


@dataclass(frozen=True, slots=True)
class Answer:
    """What a door says of one event: refused, or durable and under which trace."""

    refusal: NotAccepted | None = None
    trace_id: str | None = None


class Door(Protocol):
    """A way into Tandem."""

    questions: Questions | None
    batch_events_max: int
    batch_bytes_max: int

    async def open(self) -> None:
        """Make ready; whoever is away now may come later."""

    async def close(self) -> None:
        """Leave."""

    async def store(self, events: Sequence[Event]) -> list[Answer]:
        """Store events that stand within both limits, and return an answer for each, in order.

        Raises:
            shared.client.retrying.TryAgain: nobody knows whether they are stored.
            NotAllowed: the credential may not.
        """

    def rejections(self) -> AsyncIterator[Rejected]:
        """Yield each event of one's own that could not be accepted from now on."""


def trace_headers() -> dict[str, str]:
    """Return the headers that carry on the trace in which the caller stands, if there is one."""
    headers: dict[str, str] = {}
    if trace.get_current_span().get_span_context().is_valid:
        TraceContextTextMapPropagator().inject(headers)
    return headers


def trace_id_here() -> str | None:
    """Return the trace in which the caller stands, in hex."""
    context = trace.get_current_span().get_span_context()
    return trace.format_trace_id(context.trace_id) if context.is_valid else None
