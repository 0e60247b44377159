"""Where spans, metrics and logs go: to operations, or wherever the standard OTEL_ variables say.

They leave by OTLP over HTTP in protobuf, in batches, from threads of their own: a receiver that is
away costs nothing but what it did not get. /metrics is answered whatever these variables say.
"""

import logging
import os
import sys
import threading
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
_leaving: "Leaving | None" = None
"""What leaves this process, once it has started."""


def start(service: str) -> None:
    """Set up traces, metrics and logs for this process.

    Spans and logs leave for operations, or for where OTEL_EXPORTER_OTLP_ENDPOINT or the form of it
    for one of them says; metrics leave too when OTEL_METRICS_EXPORTER names `otlp`. How many traces
    are kept OTEL_TRACES_SAMPLER says, and what else names the process OTEL_RESOURCE_ATTRIBUTES.
    """
    global _leaving
    _leaving = Leaving(resource_of(service))
    trace.set_tracer_provider(_leaving.tracers)
    metrics.set_meter_provider(_leaving.meters)
    printed = logging.StreamHandler(sys.stderr)
    printed.setFormatter(JsonLines(service))
    printed.addFilter(NowAndThen())
    logging.basicConfig(
        level=os.environ.get("TANDEM_LOG_LEVEL", "INFO"),
        handlers=[printed, *_leaving.handlers],
        force=True,
    )
    logging.getLogger("httpx").setLevel(logging.WARNING)  # it tells of every request otherwise


def stop() -> None:
    """Send what is still held."""
    if _leaving is not None:
        _leaving.stop()


class Leaving:
    """What leaves a process: its spans, its metrics, and the lines of its log."""

    def __init__(self, resource: Resource) -> None:
        """Set up what the environment asks for; `resource` is who we are."""
        spans, logs = _exporters()
        self.tracers = TracerProvider(resource=resource, shutdown_on_exit=False)
        if spans is not None:
            self.tracers.add_span_processor(BatchSpanProcessor(spans))
        readers: list[MetricReader] = [PrometheusMetricReader()]
        if "otlp" in named("METRICS"):
            from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter

            readers.append(PeriodicExportingMetricReader(OTLPMetricExporter()))
        self.meters = MeterProvider(
            resource=resource, metric_readers=readers, shutdown_on_exit=False
        )
        self.handlers: list[logging.Handler] = []
        self._lines: LoggerProvider | None = None
        if logs is not None:
            self._lines = LoggerProvider(resource=resource, shutdown_on_exit=False)
            self._lines.add_log_record_processor(BatchLogRecordProcessor(logs))
            self.handlers.append(ToCollector(self._lines))

    def stop(self) -> None:
        """Send what is still held, for STOP_SECONDS_MAX at most; then what is left is dropped."""
        sending = threading.Thread(target=self._shut_down, name="farewell", daemon=True)
        sending.start()
        sending.join(STOP_SECONDS_MAX)

    def _shut_down(self) -> None:
        if self._lines is not None:
            self._lines.shutdown()
        self.tracers.shutdown()
        self.meters.shutdown()


def _exporters() -> tuple[SpanExporter | None, LogRecordExporter | None]:
    """Return what carries spans and lines away; None for what stays."""
    there = receiver_here()
    traces, lines = (leaves(signal, there is not None) for signal in ("TRACES", "LOGS"))
    if there is not None:
        return Spans(there) if traces else None, Logs(there) if lines else None
    # Loaded when they are wanted: what they stand on takes memory.
    spans: SpanExporter | None = None
    logs: LogRecordExporter | None = None
    if traces:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

        spans = OTLPSpanExporter()
    if lines:
        from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter

        logs = OTLPLogExporter()
    return spans, logs


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
