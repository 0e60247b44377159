"""Traces, metrics and logs, named by OpenTelemetry's semantic conventions; no service is known.

Here are the spans. Beside them stand what they and the numbers leave by (leaving.py), the lines of
the log (lines.py), and what is measured of messages (messaging.py), databases (databases.py) and
HTTP (http.py).

A batch that carries one trace continues it; a batch that joins many starts its own and links to
each. Attributes are ids and counts: bodies, names and e-mails never stand in a span or a log.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager

from opentelemetry import metrics, trace
from opentelemetry.context import Context
from opentelemetry.trace import Link, Span, SpanContext, SpanKind, StatusCode, TraceFlags
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

LINKS_MAX = 128
SECONDS_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10)
"""Bounds of durations in seconds, as the semantic conventions advise for RPC, HTTP and messages."""
DELAY_BUCKETS = (0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600, 21600)
"""Bounds of the time that something waits on its way, in seconds: up to six hours."""
TRACEPARENT = re.compile(r"^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$")
TRACE_ID = slice(3, 35)
"""Where the trace id stands in a `traceparent`."""
TRACEPARENT_IN_JSON = re.compile(
    rb'"traceparent"\s*:\s*"(00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2})"'
)
PROPAGATOR = TraceContextTextMapPropagator()
Attributes = Mapping[str, str | int | float | bool]


def context_of(traceparent: str | None) -> SpanContext | None:
    """Return the span context in a `traceparent`, or None when it holds none."""
    if traceparent is None or not TRACEPARENT.match(traceparent):
        return None
    _, trace_id, span_id, flags = traceparent.split("-")
    return SpanContext(
        int(trace_id, 16), int(span_id, 16), is_remote=True, trace_flags=TraceFlags(int(flags, 16))
    )


def traceparent_here() -> str | None:
    """Return the current span as a `traceparent`, or None outside any recorded span."""
    carrier: dict[str, str] = {}
    PROPAGATOR.inject(carrier)
    return carrier.get("traceparent")


def onward(said: str | None, here: str | None) -> str | None:
    """Return what a fact carries on: this span if it is of the message's trace, else its own.

    Args:
        said: the message's `traceparent`.
        here: that of the present span.
    """
    if said is None or not TRACEPARENT.match(said):
        return here
    return here if here is not None and here[TRACE_ID] == said[TRACE_ID] else said


@contextmanager
def joined(
    name: str,
    traceparents: Iterable[str | None],
    kind: SpanKind = SpanKind.CONSUMER,
    attributes: Attributes | None = None,
) -> Iterator[Span]:
    """Open the span of a batch: in the trace it belongs to, or in its own with links to many.

    When the caller stands in a span already, that stays the parent.
    """
    said = sorted(text for text in set(traceparents) if text and TRACEPARENT.match(text))
    traces = {text[TRACE_ID] for text in said}
    contexts = [context for text in said[:LINKS_MAX] if (context := context_of(text))]
    parent: Context | None = None
    links: list[Link] = []
    if len(traces) == 1 and not trace.get_current_span().get_span_context().is_valid:
        parent = trace.set_span_in_context(trace.NonRecordingSpan(contexts[0]))
    else:
        links = [Link(context) for context in contexts]
    with step(name, kind, attributes, parent, links) as span:
        yield span


@contextmanager
def step(
    name: str,
    kind: SpanKind = SpanKind.INTERNAL,
    attributes: Attributes | None = None,
    parent: Context | None = None,
    links: Iterable[Link] = (),
) -> Iterator[Span]:
    """Open the span of one step; an error marks it by its type alone.

    What an error says may quote what it was given, so its words stay out of the span.
    """
    with tracer().start_as_current_span(
        name,
        context=parent,
        kind=kind,
        links=list(links),
        attributes=dict(attributes or {}),
        record_exception=False,
        set_status_on_exception=False,
    ) as span:
        try:
            yield span
        except Exception as error:
            span.set_attribute("error.type", error_type(error))
            span.set_status(StatusCode.ERROR)
            raise


@contextmanager
def served(
    name: str, traceparents: Iterable[str | None], attributes: Attributes | None = None
) -> Iterator[Span]:
    """Open the span of a request from outside, which may bring many traces or none."""
    with joined(name, traceparents, SpanKind.SERVER, attributes) as span:
        yield span


@contextmanager
def inside(name: str, traceparents: Iterable[str | None]) -> Iterator[Span]:
    """Open the span of work that goes on by itself with what some traces left."""
    with joined(name, traceparents, SpanKind.INTERNAL) as span:
        yield span


def error_type(error: BaseException) -> str:
    """Return the name under which an error is counted: that of its class, which are few."""
    kind = type(error)
    return kind.__name__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__name__}"


def tracer() -> trace.Tracer:
    """Return the tracer of Tandem's own spans."""
    return trace.get_tracer("tandem")


def meter() -> metrics.Meter:
    """Return the meter of Tandem's own metrics."""
    return metrics.get_meter("tandem")
