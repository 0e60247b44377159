"""Where spans, metrics and logs go, by the standard OTEL_ variables.

They leave by OTLP over HTTP in protobuf, in batches, from threads of their own: a collector that is
away costs nothing but what it did not get. /metrics is answered whatever these variables say.
"""

import logging
import os
import sys
from importlib.metadata import version
from uuid import uuid4

from opentelemetry import metrics, trace
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.exporter.prometheus import PrometheusMetricReader
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import MetricReader, PeriodicExportingMetricReader
from opentelemetry.sdk.resources import OTELResourceDetector, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

from shared.telemetry.lines import JsonLines, NowAndThen, ToCollector

_opened: list[TracerProvider | MeterProvider | LoggerProvider] = []


def start(service: str) -> None:
    """Set up traces, metrics and logs for this process.

    Spans and logs leave when OTEL_EXPORTER_OTLP_ENDPOINT, or the form of it for one of them, says
    where to; metrics leave so too when OTEL_METRICS_EXPORTER names `otlp`. How many traces are kept
    OTEL_TRACES_SAMPLER says, and what else names the process OTEL_RESOURCE_ATTRIBUTES.
    """
    resource = resource_of(service)
    spans = TracerProvider(resource=resource)
    if leaves("TRACES"):
        spans.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    trace.set_tracer_provider(spans)
    readers: list[MetricReader] = [PrometheusMetricReader()]
    if "otlp" in named("METRICS"):
        readers.append(PeriodicExportingMetricReader(OTLPMetricExporter()))
    numbers = MeterProvider(resource=resource, metric_readers=readers)
    metrics.set_meter_provider(numbers)
    _opened.extend([spans, numbers])
    printed = logging.StreamHandler(sys.stderr)
    printed.setFormatter(JsonLines(service))
    printed.addFilter(NowAndThen())
    handlers: list[logging.Handler] = [printed]
    if leaves("LOGS"):
        lines = LoggerProvider(resource=resource)
        lines.add_log_record_processor(BatchLogRecordProcessor(OTLPLogExporter()))
        handlers.append(ToCollector(lines))
        _opened.append(lines)
    logging.basicConfig(
        level=os.environ.get("TANDEM_LOG_LEVEL", "INFO"), handlers=handlers, force=True
    )


def stop() -> None:
    """Send what is still held."""
    while _opened:
        _opened.pop().shutdown()


def resource_of(service: str) -> Resource:
    """Return what names this process in all that leaves it; the environment has the last word."""
    ours = {
        "service.name": service,
        "service.namespace": "tandem",
        "service.version": version("tandem-cities"),
        "service.instance.id": str(uuid4()),
    }
    return Resource.create(ours).merge(OTELResourceDetector().detect())


def leaves(signal: str) -> bool:
    """Tell whether a signal ("TRACES", "LOGS") leaves by OTLP.

    It does when there is somewhere to go, unless its exporter is named `none`, or anything but
    `otlp`.
    """
    if os.environ.get("OTEL_SDK_DISABLED", "").strip().lower() == "true":
        return False
    there = os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT") or os.environ.get(
        f"OTEL_EXPORTER_OTLP_{signal}_ENDPOINT"
    )
    return bool(there) and "otlp" in (named(signal) or ["otlp"])


def named(signal: str) -> list[str]:
    """Return the exporters that the environment names for a signal; none when it says nothing."""
    said = os.environ.get(f"OTEL_{signal}_EXPORTER", "")
    return [word.strip().lower() for word in said.split(",") if word.strip()]
