"""Where spans and log records leave a process: to operations, or wherever OTEL_ variables say.

To operations they go with the token of the service, which goes nowhere else. Nobody ever waits for
it: a batch that does not arrive at once is dropped, and so is what comes within the next seconds.
That it is away is said once, and that it is back.

To another receiver, such as a collector, spans go as the standard variables say.
"""

import http.client
import logging
import os
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from opentelemetry._logs import SeverityNumber
from opentelemetry.exporter.otlp.proto.common._log_encoder import encode_logs
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.sdk._logs import LoggerProvider, ReadableLogRecord
from opentelemetry.sdk._logs.export import (
    BatchLogRecordProcessor,
    LogRecordExporter,
    LogRecordExportResult,
)
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult

logger = logging.getLogger(__name__)

SEND_SECONDS_MAX = 2.0
AWAY_SECONDS = 5.0
"""For so long nothing is tried after a batch did not arrive."""
STOP_SECONDS_MAX = 3.0
PROTOBUF = "application/x-protobuf"
TRACES_PATH, LOGS_PATH = "/v1/traces", "/v1/logs"
SEVERITIES = {
    "DEBUG": SeverityNumber.DEBUG,
    "INFO": SeverityNumber.INFO,
    "WARNING": SeverityNumber.WARN,
    "ERROR": SeverityNumber.ERROR,
    "CRITICAL": SeverityNumber.FATAL,
}
STANDARD = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")


class Receiver:
    """Operations, as one process sends to it."""

    def __init__(self, url: str, token_file: Path) -> None:
        """Bind where it is, and where the token stands."""
        where = urlsplit(url)
        self._host, self._port = where.hostname or "", where.port or 80
        self._token_file = token_file
        self._lock = threading.Lock()
        self._away_until = 0.0
        self._is_away = False

    def post(self, path: str, body: bytes) -> bool:
        """Send a request, and return whether it arrived and was taken."""
        with self._lock:
            if time.monotonic() < self._away_until:
                return False
            try:
                status = self._status(path, body)
                arrived = status == http.client.OK
                said = f"it answers {status}"
            except (OSError, http.client.HTTPException) as error:
                arrived, said = False, str(error) or type(error).__name__
            self._note(arrived, said)
            return arrived

    def _status(self, path: str, body: bytes) -> int:
        connection = http.client.HTTPConnection(self._host, self._port, timeout=SEND_SECONDS_MAX)
        try:
            token = self._token_file.read_text("utf-8").strip()
            headers = {"Content-Type": PROTOBUF, "Authorization": f"Bearer {token}"}
            connection.request("POST", path, body, headers)
            answer = connection.getresponse()
            answer.read()
            return answer.status
        finally:
            connection.close()

    def _note(self, arrived: bool, said: str) -> None:
        if not arrived:
            self._away_until = time.monotonic() + AWAY_SECONDS
        if self._is_away == arrived:
            self._is_away = not arrived
            if arrived:
                logger.info("operations takes traces again")
            else:
                logger.info("operations takes no traces, they are dropped meanwhile: %s", said)


class Spans(SpanExporter):
    """Sends spans to operations."""

    def __init__(self, receiver: Receiver) -> None:
        """Bind the receiver."""
        self._receiver = receiver

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Send a batch, or drop it."""
        arrived = self._receiver.post(TRACES_PATH, encode_spans(spans).SerializeToString())
        return SpanExportResult.SUCCESS if arrived else SpanExportResult.FAILURE


class Logs(LogRecordExporter):
    """Sends log records to operations."""

    def __init__(self, receiver: Receiver) -> None:
        """Bind the receiver."""
        self._receiver = receiver

    def export(self, batch: Sequence[ReadableLogRecord]) -> LogRecordExportResult:
        """Send a batch, or drop it."""
        arrived = self._receiver.post(LOGS_PATH, encode_logs(batch).SerializeToString())
        return LogRecordExportResult.SUCCESS if arrived else LogRecordExportResult.FAILURE

    def shutdown(self) -> None:
        """Hold nothing back: there is nothing."""

    def force_flush(self, timeout_millis: int = 10_000) -> bool:
        """Hold nothing back: there is nothing."""
        return True


class Lines(logging.Handler):
    """Turns lines of the log into log records, with the trace each belongs to.

    Of an exception only its kind: libraries put values into their messages.
    """

    def __init__(self, provider: LoggerProvider, fields: Sequence[str]) -> None:
        """Bind where they go, and the names of what a line may carry beside its text."""
        super().__init__(logging.INFO)
        self._provider, self._fields = provider, tuple(fields)

    def emit(self, record: logging.LogRecord) -> None:
        """Hand a line on."""
        attributes: dict[str, Any] = {
            name: value
            for name in self._fields
            if isinstance(value := getattr(record, name, None), str | int | float)
        }
        if record.exc_info and record.exc_info[0] is not None:
            attributes["exception.type"] = record.exc_info[0].__name__
        self._provider.get_logger(record.name).emit(
            timestamp=int(record.created * 1e9),
            severity_number=SEVERITIES.get(record.levelname),
            severity_text=record.levelname,
            body=record.getMessage(),
            attributes=attributes,
        )


def receiver_here() -> Receiver | None:
    """Return operations, when the environment names it and no other receiver."""
    url, token_file = os.environ.get("TANDEM_TELEMETRY_URL"), os.environ.get("TANDEM_TOKEN_FILE")
    if not url or not token_file or _is_off() or _is_elsewhere():
        return None
    return Receiver(url, Path(token_file))


def _is_elsewhere() -> bool:
    return any(os.environ.get(name) for name in STANDARD)


def _is_off() -> bool:
    return os.environ.get("OTEL_TRACES_EXPORTER") == "none"


class Leaving:
    """What leaves this process: its spans, and lines of its log."""

    def __init__(self, resource: Resource, fields: Sequence[str]) -> None:
        """Set up what the environment asks for.

        Args:
            resource: who we are.
            fields: the names of what a line of the log may carry beside its text.
        """
        self.tracers = TracerProvider(resource=resource)
        self.handlers: list[logging.Handler] = []
        self._loggers: LoggerProvider | None = None
        self._exporter: SpanExporter | None = None
        if (receiver := receiver_here()) is not None:
            self._exporter = Spans(receiver)
            self._loggers = LoggerProvider(resource=resource, shutdown_on_exit=False)
            self._loggers.add_log_record_processor(BatchLogRecordProcessor(Logs(receiver)))
            self.handlers.append(Lines(self._loggers, fields))
        elif _is_elsewhere() and not _is_off():
            from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

            self._exporter = OTLPSpanExporter()
        if self._exporter is not None:
            self.tracers.add_span_processor(BatchSpanProcessor(self._exporter))

    def stop(self) -> None:
        """Send what is still held, for STOP_SECONDS_MAX at most; then what is left is dropped."""
        gives_up = threading.Timer(STOP_SECONDS_MAX, self._give_up)
        gives_up.daemon = True
        gives_up.start()
        self.tracers.shutdown()
        if self._loggers is not None:
            self._loggers.shutdown()
        gives_up.cancel()

    def _give_up(self) -> None:
        if self._exporter is not None:
            self._exporter.shutdown()
