"""Where spans, metrics and logs go: to operations, or wherever the standard OTEL_ variables say.

They leave by OTLP over HTTP in protobuf, in batches, from threads of their own: a receiver that is
away costs nothing but what it did not get. /metrics is answered whatever these variables say.
"""

import logging
import os
import sys
import threading
from dataclasses import dataclass
from importlib.metadata import version
from uuid import uuid4

from opentelemetry import metrics, trace
from opentelemetry.exporter.prometheus import PrometheusMetricReader
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor, LogRecordExporter
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import MetricReader, PeriodicExportingMetricReader
from opentelemetry.sdk.resources import OTELResourceDetector, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter

from shared.telemetry.lines import JsonLines, NowAndThen, ToCollector
from shared.telemetry.receiver import Logs, Spans, receiver_here

STOP_SECONDS_MAX = 3.0
STANDARD = (
    "OTEL_EXPORTER_OTLP_ENDPOINT",
    "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
    "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT",
)
"""When one of these says where to, nothing goes to operations."""
_opened: list[TracerProvider | MeterProvider | LoggerProvider] = []


def start(service: str) -> None:
    """Set up traces, metrics and logs for this process.

    Spans and logs leave for operations, or for where OTEL_EXPORTER_OTLP_ENDPOINT or the form of it
    for one of them says; metrics leave too when OTEL_METRICS_EXPORTER names `otlp`. How many traces
    are kept OTEL_TRACES_SAMPLER says, and what else names the process OTEL_RESOURCE_ATTRIBUTES.
    """
    resource = resource_of(service)
    exporters = _exporters()
    spans = TracerProvider(resource=resource, shutdown_on_exit=False)
    if exporters.spans is not None:
        spans.add_span_processor(BatchSpanProcessor(exporters.spans))
    trace.set_tracer_provider(spans)
    readers: list[MetricReader] = [PrometheusMetricReader()]
    if "otlp" in named("METRICS"):
        from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter

        readers.append(PeriodicExportingMetricReader(OTLPMetricExporter()))
    numbers = MeterProvider(resource=resource, metric_readers=readers, shutdown_on_exit=False)
    metrics.set_meter_provider(numbers)
    _opened.extend([numbers, spans])
    printed = logging.StreamHandler(sys.stderr)
    printed.setFormatter(JsonLines(service))
    printed.addFilter(NowAndThen())
    handlers: list[logging.Handler] = [printed]
    if exporters.logs is not None:
        lines = LoggerProvider(resource=resource, shutdown_on_exit=False)
        lines.add_log_record_processor(BatchLogRecordProcessor(exporters.logs))
        handlers.append(ToCollector(lines))
        _opened.append(lines)
    logging.basicConfig(
        level=os.environ.get("TANDEM_LOG_LEVEL", "INFO"), handlers=handlers, force=True
    )


def stop() -> None:
    """Send what is still held, for STOP_SECONDS_MAX at most; then what is left is dropped."""
    sending = threading.Thread(target=_shut_down, name="farewell", daemon=True)
    sending.start()
    sending.join(STOP_SECONDS_MAX)


def _shut_down() -> None:
    while _opened:
        _opened.pop().shutdown()


@dataclass(frozen=True, slots=True)
class Exporters:
    """What carries spans and lines away; None where they stay."""

    spans: SpanExporter | None = None
    logs: LogRecordExporter | None = None


def _exporters() -> Exporters:
    there = receiver_here() if not any(map(os.environ.get, STANDARD)) else None
    wanted = {signal for signal in ("TRACES", "LOGS") if leaves(signal, there is not None)}
    if there is not None:
        return Exporters(
            Spans(there) if "TRACES" in wanted else None, Logs(there) if "LOGS" in wanted else None
        )
    # Loaded when they are wanted: what they stand on takes memory.
    spans: SpanExporter | None = None
    logs: LogRecordExporter | None = None
    if "TRACES" in wanted:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

        spans = OTLPSpanExporter()
    if "LOGS" in wanted:
        from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter

        logs = OTLPLogExporter()
    return Exporters(spans, logs)


def resource_of(service: str) -> Resource:
    """Return what names this process in all that leaves it; the environment has the last word."""
    ours = {
        "service.name": service,
        "service.namespace": "tandem",
        "service.version": version("tandem-cities"),
        "service.instance.id": str(uuid4()),
    }
    return Resource.create(ours).merge(OTELResourceDetector().detect())


def leaves(signal: str, to_operations: bool = False) -> bool:
    """Tell whether a signal ("TRACES", "LOGS") leaves this process.

    It does when there is somewhere to go, unless its exporter is named `none`, or anything but
    `otlp`.
    """
    if os.environ.get("OTEL_SDK_DISABLED", "").strip().lower() == "true":
        return False
    there = os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT") or os.environ.get(
        f"OTEL_EXPORTER_OTLP_{signal}_ENDPOINT"
    )
    return bool(there or to_operations) and "otlp" in (named(signal) or ["otlp"])


def named(signal: str) -> list[str]:
    """Return the exporters that the environment names for a signal; none when it says nothing."""
    said = os.environ.get(f"OTEL_{signal}_EXPORTER", "")
    return [word.strip().lower() for word in said.split(",") if word.strip()]
