"""Operations as the place where spans and lines of the log go, when no other is named.

They go there with the token of the service, which goes nowhere else. Nobody ever waits for it: a
batch that does not arrive at once is dropped, and so is what comes within the next seconds. That it
is away is said once, and that it is back.
"""

import http.client
import logging
import os
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

from opentelemetry.exporter.otlp.proto.common._log_encoder import encode_logs
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.sdk._logs import ReadableLogRecord
from opentelemetry.sdk._logs.export import LogRecordExporter, LogRecordExportResult
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

logger = logging.getLogger(__name__)

SEND_SECONDS_MAX = 2.0
FIRST_AWAY_SECONDS, AWAY_SECONDS = 0.25, 5.0
"""For so long nothing is tried after a batch did not arrive; twice as long each time, up to the
second. All start at once, and operations may be the last to listen."""
PROTOBUF = "application/x-protobuf"
STANDARD = (
    "OTEL_EXPORTER_OTLP_ENDPOINT",
    "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
    "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT",
)
"""When one of these says where to, nothing goes to operations."""
TRACES_PATH, LOGS_PATH = "/v1/traces", "/v1/logs"


class Receiver:
    """Operations, as one process sends to it."""

    def __init__(self, url: str, token_file: Path) -> None:
        """Bind where it is, and where the token stands."""
        where = urlsplit(url)
        self._host, self._port = where.hostname or "", where.port or 80
        self._token_file = token_file
        self._lock = threading.Lock()
        self._away_until, self._away_seconds = 0.0, FIRST_AWAY_SECONDS
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
        if arrived:
            self._away_seconds = FIRST_AWAY_SECONDS
        else:
            self._away_until = time.monotonic() + min(self._away_seconds, AWAY_SECONDS)
            self._away_seconds *= 2
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


def receiver_here() -> Receiver | None:
    """Return operations, when the environment names it and no other receiver."""
    url, token_file = os.environ.get("TANDEM_TELEMETRY_URL"), os.environ.get("TANDEM_TOKEN_FILE")
    other = any(os.environ.get(name) for name in STANDARD)
    return Receiver(url, Path(token_file)) if url and token_file and not other else None
