"""Messages sent and processed, by the semantic conventions: one span and one measurement a batch.

Source:
    OpenTelemetry semantic conventions for messaging: spans named "<operation> <destination>".
"""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache

from opentelemetry.metrics import Counter, Histogram, Meter
from opentelemetry.trace import Span, SpanKind

from shared import telemetry


@dataclass(frozen=True, slots=True)
class Instruments:
    """What counts messages."""

    sent: Counter
    consumed: Counter
    operation: Histogram
    process: Histogram


@cache
def instruments_of(meter: Meter) -> Instruments:
    """Return the instruments of a meter, made once."""
    buckets = telemetry.SECONDS_BUCKETS
    return Instruments(
        sent=meter.create_counter(
            "messaging.client.sent.messages",
            unit="{message}",
            description="Messages that went to the broker.",
        ),
        consumed=meter.create_counter(
            "messaging.client.consumed.messages",
            unit="{message}",
            description="Messages that the broker delivered.",
        ),
        operation=meter.create_histogram(
            "messaging.client.operation.duration",
            unit="s",
            description="How long it took to send a batch, until the broker had it on disk.",
            explicit_bucket_boundaries_advisory=buckets,
        ),
        process=meter.create_histogram(
            "messaging.process.duration",
            unit="s",
            description="How long it took to process a batch, until it was committed.",
            explicit_bucket_boundaries_advisory=buckets,
        ),
    )


@contextmanager
def sending(stream: str, traceparents: Sequence[str | None]) -> Iterator[Span]:
    """Send a batch of messages inside, one for each `traceparent`.

    Args:
        stream: where they go.
        traceparents: that of each message; None where it has none.
    """
    ours = instruments_of(telemetry.meter())
    attributes = _attributes("send", stream)
    with _measured(SpanKind.PRODUCER, attributes, traceparents, ours.operation, ours.sent) as span:
        yield span


@contextmanager
def processing(stream: str, group: str, traceparents: Sequence[str | None]) -> Iterator[Span]:
    """Process a batch of messages inside, one for each `traceparent`.

    Args:
        stream: where they come from.
        group: the service that takes them.
        traceparents: that of each message; None where it has none.
    """
    ours = instruments_of(telemetry.meter())
    attributes = _attributes("process", stream) | {"messaging.consumer.group.name": group}
    with _measured(SpanKind.CONSUMER, attributes, traceparents, ours.process, ours.consumed) as one:
        yield one


def _attributes(operation: str, stream: str) -> dict[str, str]:
    return {
        "messaging.system": "nats",
        "messaging.operation.name": operation,
        "messaging.destination.name": stream,
    }


@contextmanager
def _measured(
    kind: SpanKind,
    attributes: dict[str, str],
    traceparents: Sequence[str | None],
    duration: Histogram,
    messages: Counter,
) -> Iterator[Span]:
    operation = attributes["messaging.operation.name"]
    name = f"{operation} {attributes['messaging.destination.name']}"
    count = len(traceparents)
    of_span: dict[str, str | int] = {
        **attributes,
        "messaging.operation.type": operation,
        "messaging.batch.message_count": count,
    }
    started = time.perf_counter()
    try:
        with telemetry.joined(name, traceparents, kind, of_span) as span:
            yield span
    except Exception as error:
        attributes = attributes | {"error.type": telemetry.error_type(error)}
        raise
    finally:
        duration.record(time.perf_counter() - started, attributes)
        messages.add(count, attributes)
