"""The log: one JSON object a line, and the same by OTLP to whoever collects.

Only the fields named here are told, and of an error only what cannot quote a message that came in.
"""

import json
import logging
import time
import traceback
from collections.abc import Iterator
from datetime import UTC, datetime

from opentelemetry import trace
from opentelemetry._logs import Logger, LoggerProvider, LogRecord, SeverityNumber

LOGGED_FIELDS = ("stream", "source", "id", "service", "count", "attempt", "reason", "method")
TOLD_ERRORS = (
    OSError,
    RuntimeError,
    AssertionError,
    AttributeError,
    ImportError,
    NameError,
    TypeError,
)
"""Errors whose words are of ours or of the system's; others may quote what they were given."""
SEVERITIES = {
    "DEBUG": SeverityNumber.DEBUG,
    "INFO": SeverityNumber.INFO,
    "WARNING": SeverityNumber.WARN,
    "ERROR": SeverityNumber.ERROR,
    "CRITICAL": SeverityNumber.FATAL,
}
TELEMETRY = ("opentelemetry", "urllib3", "requests")
"""Loggers of what carries spans and logs away: what they say must not be carried by it again."""
COMPLAINT_SECONDS = 60.0


class JsonLines(logging.Formatter):
    """One JSON object a line; line breaks and control characters in values arrive escaped."""

    def __init__(self, service: str) -> None:
        """Remember the service that every line names."""
        super().__init__()
        self._service = service

    def format(self, record: logging.LogRecord) -> str:
        """Return the line, with the trace and the span it belongs to."""
        context = trace.get_current_span().get_span_context()
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "level": record.levelname,
            "service": self._service,
            "logger": record.name,
            "message": record.getMessage(),
        }
        line |= _fields(record)
        if context.is_valid:
            line["trace_id"] = trace.format_trace_id(context.trace_id)
            line["span_id"] = trace.format_span_id(context.span_id)
        if record.exc_info and record.exc_info[1] is not None:
            line["exception"] = told(record.exc_info[1])
        return json.dumps(line, default=str)


class ToCollector(logging.Handler):
    """Hands each line to OpenTelemetry's provider of logs, which sends them away in batches."""

    def __init__(self, provider: LoggerProvider) -> None:
        """Remember where to."""
        super().__init__()
        self._provider = provider
        self._loggers: dict[str, Logger] = {}

    def emit(self, record: logging.LogRecord) -> None:
        """Hand on one record; its trace is that of the present span."""
        if record.name.startswith(TELEMETRY):
            return
        try:
            logger = self._loggers.setdefault(record.name, self._provider.get_logger(record.name))
            logger.emit(_collected(record))
        except Exception:
            self.handleError(record)


def _collected(record: logging.LogRecord) -> LogRecord:
    attributes = {
        name: value if isinstance(value, bool | int | float) else str(value)
        for name, value in _fields(record).items()
    }
    if record.exc_info and (error := record.exc_info[1]) is not None:
        attributes |= {
            "exception.type": type(error).__qualname__,
            "exception.stacktrace": told(error),
        }
    severity = SEVERITIES.get(record.levelname, SeverityNumber.UNSPECIFIED)
    return LogRecord(
        timestamp=int(record.created * 1e9),
        observed_timestamp=time.time_ns(),
        severity_text=severity.name,
        severity_number=severity,
        body=record.getMessage(),
        attributes=attributes,
    )


def _fields(record: logging.LogRecord) -> dict[str, object]:
    return {name: getattr(record, name) for name in LOGGED_FIELDS if hasattr(record, name)}


def told(error: BaseException) -> str:
    """Return where an error came from, and its words when they cannot be somebody's data."""
    return "\n".join(line for each in _causes(error) for line in _lines(each))


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and what it followed from, the latter first."""
    chain: list[BaseException] = []
    at: BaseException | None = error
    while at is not None and at not in chain:
        chain.append(at)
        at = at.__cause__ or (None if at.__suppress_context__ else at.__context__)
    yield from reversed(chain)


def _lines(error: BaseException) -> Iterator[str]:
    for frame in traceback.extract_tb(error.__traceback__):
        yield f"{frame.filename}:{frame.lineno} in {frame.name}"
    words = str(error) if isinstance(error, TOLD_ERRORS) else ""
    yield f"{type(error).__module__}.{type(error).__qualname__}{': ' if words else ''}{words}"


class NowAndThen(logging.Filter):
    """Lets what carries spans away complain once a minute, however long nobody is there to take."""

    def __init__(self) -> None:
        """Nothing was said yet."""
        super().__init__()
        self._said_at = -COMPLAINT_SECONDS

    def filter(self, record: logging.LogRecord) -> bool:
        """Tell whether the record is printed."""
        if not record.name.startswith(TELEMETRY):
            return True
        now = time.monotonic()
        if now - self._said_at < COMPLAINT_SECONDS:
            return False
        self._said_at = now
        return True
