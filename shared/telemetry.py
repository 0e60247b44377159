"""Traces, metrics and logs by the standard OTEL_ variables; nothing here knows a service.

A batch that carries one trace continues it; a batch that joins many starts its own and links to
each. Attributes are ids and counts: bodies, names and e-mails never stand in a span or a log.
"""

import json
import logging
import os
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime

from opentelemetry import metrics, trace
from opentelemetry.context import Context
from opentelemetry.exporter.prometheus import PrometheusMetricReader
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.resources import Resource
from opentelemetry.trace import Link, Span, SpanContext, SpanKind, TraceFlags
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from shared.exporting import Leaving

LINKS_MAX = 128
SECONDS_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10)
"""Bounds of durations in seconds, as the semantic conventions advise for RPC."""
TRACEPARENT = re.compile(r"^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$")
TRACE_ID = slice(3, 35)
"""Where the trace id stands in a `traceparent`."""
TRACEPARENT_IN_JSON = re.compile(
    rb'"traceparent"\s*:\s*"(00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2})"'
)
PROPAGATOR = TraceContextTextMapPropagator()
LOGGED_FIELDS = ("stream", "source", "id", "service", "count", "attempt", "reason", "method")
Attributes = Mapping[str, str | int | float | bool]
_leaving: Leaving | None = None
"""What leaves this process, once it has started."""


def start(service: str) -> None:
    """Set up traces, metrics and logs for this process.

    What leaves this process, and where to, is said by the environment (exporting.py).
    """
    global _leaving
    resource = Resource.create({"service.name": service, "service.namespace": "tandem"})
    _leaving = Leaving(resource, LOGGED_FIELDS)
    trace.set_tracer_provider(_leaving.tracers)
    metrics.set_meter_provider(
        MeterProvider(resource=resource, metric_readers=[PrometheusMetricReader()])
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines(service))
    logging.basicConfig(
        level=os.environ.get("TANDEM_LOG_LEVEL", "INFO"),
        handlers=[handler, *_leaving.handlers],
        force=True,
    )


def stop() -> None:
    """Send what is still held."""
    if _leaving is not None:
        _leaving.stop()


class JsonLines(logging.Formatter):
    """One JSON object a line; line breaks and control characters in values arrive escaped."""

    def __init__(self, service: str) -> None:
        """Remember the service that every line names."""
        super().__init__()
        self._service = service

    def format(self, record: logging.LogRecord) -> str:
        """Return the line, with the trace it belongs to."""
        context = trace.get_current_span().get_span_context()
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "level": record.levelname,
            "service": self._service,
            "logger": record.name,
            "message": record.getMessage(),
        }
        line |= {name: getattr(record, name) for name in LOGGED_FIELDS if hasattr(record, name)}
        if context.is_valid:
            line["trace_id"] = trace.format_trace_id(context.trace_id)
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str)


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
    with tracer().start_as_current_span(
        name, context=parent, kind=kind, links=links, attributes=dict(attributes or {})
    ) as span:
        yield span


@contextmanager
def served(
    name: str, traceparents: Iterable[str | None], attributes: Attributes | None = None
) -> Iterator[Span]:
    """Open the span of a request from outside, which may bring many traces or none."""
    with joined(name, traceparents, SpanKind.SERVER, attributes) as span:
        yield span


def tracer() -> trace.Tracer:
    """Return the tracer of Tandem's own spans."""
    return trace.get_tracer("tandem")


def meter() -> metrics.Meter:
    """Return the meter of Tandem's own metrics."""
    return metrics.get_meter("tandem")
