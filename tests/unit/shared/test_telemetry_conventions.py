"""What leaves us is named as OpenTelemetry names it, and says of nobody what they said."""

import logging
import pkgutil
import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import opentelemetry.semconv._incubating.attributes as of_tomorrow
import opentelemetry.semconv._incubating.metrics as metrics_of_tomorrow
import pytest
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import InMemoryLogRecordExporter, SimpleLogRecordProcessor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Mount, Route

from shared import telemetry
from shared.rpc import server
from shared.telemetry import databases
from shared.telemetry.http import Measured
from shared.telemetry.lines import NowAndThen, ToCollector, told
from shared.telemetry.messaging import processing, sending
from tests.support.speaking import TRACEPARENT

OURS = "tandem."
SECRET = "anna@stad-gent.example"


def _names(package: Any) -> frozenset[str]:
    """Return every name that the installed conventions know."""
    modules = [
        import_module(f"{package.__name__}.{each.name}")
        for each in pkgutil.iter_modules(package.__path__)
    ]
    return frozenset(
        value
        for module in modules
        for name, value in vars(module).items()
        if name.isupper() and isinstance(value, str)
    )


ATTRIBUTES, METRICS = _names(of_tomorrow), _names(metrics_of_tomorrow)


class Seen:
    """Spans and measurements of one test."""

    def __init__(self) -> None:
        self.exporter, self.reader = InMemorySpanExporter(), InMemoryMetricReader()
        self.tracers = TracerProvider()
        self.tracers.add_span_processor(SimpleSpanProcessor(self.exporter))
        self.meters = MeterProvider(metric_readers=[self.reader])

    @property
    def spans(self) -> list[ReadableSpan]:
        return list(self.exporter.get_finished_spans())

    def metrics(self) -> dict[str, list[Any]]:
        data: Any = self.reader.get_metrics_data()
        return {
            metric.name: list(metric.data.data_points)
            for resource in (data.resource_metrics if data else ())
            for scope in resource.scope_metrics
            for metric in scope.metrics
        }

    def attributes(self) -> set[str]:
        of_spans = {name for span in self.spans for name in span.attributes or {}}
        points = (point for points in self.metrics().values() for point in points)
        return of_spans | {name for point in points for name in point.attributes}


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> Iterator[Seen]:
    found = Seen()
    meter = found.meters.get_meter("tandem")
    monkeypatch.setattr(telemetry, "tracer", lambda: found.tracers.get_tracer("tandem"))
    monkeypatch.setattr(telemetry, "meter", lambda: meter)
    yield found
    found.tracers.shutdown()
    found.meters.shutdown()


def test_a_batch_sent_is_a_span_of_a_producer_and_counted(seen: Seen) -> None:
    with sending("FACTS", [TRACEPARENT, None, None]):
        pass
    [span] = seen.spans
    assert (span.name, span.kind) == ("send FACTS", SpanKind.PRODUCER)
    assert dict(span.attributes or {}) == {
        "messaging.system": "nats",
        "messaging.operation.name": "send",
        "messaging.operation.type": "send",
        "messaging.destination.name": "FACTS",
        "messaging.batch.message_count": 3,
    }
    metrics = seen.metrics()
    assert [point.value for point in metrics["messaging.client.sent.messages"]] == [3]
    assert [point.count for point in metrics["messaging.client.operation.duration"]] == [1]


def test_a_batch_processed_is_a_span_of_a_consumer_and_counted(seen: Seen) -> None:
    with processing("INTAKE", "events", [None, None]):
        pass
    [span] = seen.spans
    assert (span.name, span.kind) == ("process INTAKE", SpanKind.CONSUMER)
    [point] = seen.metrics()["messaging.client.consumed.messages"]
    assert point.value == 2
    assert point.attributes["messaging.consumer.group.name"] == "events"
    assert [each.count for each in seen.metrics()["messaging.process.duration"]] == [1]


def test_an_error_is_told_by_its_class_and_never_by_its_words(seen: Seen) -> None:
    with pytest.raises(ValueError, match="anna"), processing("INTAKE", "events", [None]):
        raise ValueError(SECRET)
    [span] = seen.spans
    assert span.status.status_code is StatusCode.ERROR
    assert (span.attributes or {})["error.type"] == "ValueError"
    assert SECRET not in span.to_json()
    [point] = seen.metrics()["messaging.process.duration"]
    assert point.attributes["error.type"] == "ValueError"


async def _page(request: Request) -> Response:
    return PlainTextResponse("here")


async def _broken(request: Request) -> Response:
    return PlainTextResponse("no", status_code=503)


def _site() -> Starlette:
    inner = Starlette(routes=[Route("/cities/{city}", _page), Route("/broken", _broken)])
    return Starlette(routes=[Route("/readyz", _page), Mount("/", inner)])


def _client(*, traced: bool) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app=Measured(_site(), traced=traced))
    return httpx.AsyncClient(transport=transport, base_url="http://site.example")


async def test_a_request_is_counted_by_the_pattern_of_its_address(seen: Seen) -> None:
    async with _client(traced=True) as client:
        for path in (f"/cities/{SECRET}", "/cities/gent", "/broken", f"/no/{SECRET}", "/readyz"):
            await client.get(path)
        await client.request("BREW", "/cities/gent")
    points = seen.metrics()["http.server.request.duration"]
    counted = {
        (
            point.attributes["http.request.method"],
            point.attributes.get("http.route"),
            point.attributes["http.response.status_code"],
        ): point.count
        for point in points
    }
    assert counted == {
        ("GET", "/cities/{city}", 200): 2,
        ("GET", "/broken", 503): 1,
        ("GET", None, 404): 1,
        ("GET", "/readyz", 200): 1,
        ("_OTHER", "/cities/{city}", 405): 1,
    }
    assert [span.name for span in seen.spans] == [
        "GET /cities/{city}",
        "GET /cities/{city}",
        "GET /broken",
        "GET",
        "_OTHER /cities/{city}",
    ]
    assert {span.kind for span in seen.spans} == {SpanKind.SERVER}
    assert SECRET not in str([span.to_json() for span in seen.spans])


async def test_a_request_goes_on_with_the_trace_that_it_brings(seen: Seen) -> None:
    async with _client(traced=True) as client:
        await client.get("/broken", headers={"traceparent": TRACEPARENT})
    [span] = seen.spans
    assert span.parent is not None
    assert f"{span.context.trace_id:032x}" == TRACEPARENT.split("-")[1]


async def test_nothing_is_traced_of_what_is_asked_all_the_time(seen: Seen) -> None:
    async def asks(request: Request) -> Response:
        with telemetry.step("asked because of it"):
            return PlainTextResponse(str(telemetry.traceparent_here()))

    inner = Starlette(
        routes=[Route("/readyz", asks), Route("/page", asks, methods=["GET", "POST"])]
    )
    site = Measured(inner, traced=True, quiet=("GET",))
    transport = httpx.ASGITransport(app=site)
    async with httpx.AsyncClient(transport=transport, base_url="http://site.example") as client:
        onward = [(await client.get(path)).text for path in ("/readyz", "/page")]
        assert not seen.spans
        await client.post("/page")
    assert [each[-2:] for each in onward] == ["00", "00"]
    assert [span.name for span in seen.spans] == ["asked because of it", "POST /page"]
    assert [point.count for point in seen.metrics()["http.server.request.duration"]] == [1, 1, 1]


async def test_a_site_that_opens_its_own_spans_is_counted_all_the_same(seen: Seen) -> None:
    async with _client(traced=False) as client:
        await client.get("/broken")
    assert not seen.spans
    assert [point.count for point in seen.metrics()["http.server.request.duration"]] == [1]


@pytest.mark.parametrize(
    ("statement", "operation"),
    [
        ("select 1", "SELECT"),
        ("-- name\n-- what for\n  insert into fact values ($1)", "INSERT"),
        ("with gone as (delete from outbox returning 1) select * from gone", "DELETE"),
        ("with few as (select 1) select * from few", "SELECT"),
        ("with few as (select 1) insert into fact select * from few", "INSERT"),
        ("COMMIT;", "COMMIT"),
        (f"call {SECRET}", "_OTHER"),
        ("", "_OTHER"),
    ],
)
def test_a_statement_is_counted_by_its_first_word(statement: str, operation: str) -> None:
    assert databases.operation_of(statement) == operation


def test_what_a_database_refuses_is_counted_by_the_code_of_sql(seen: Seen) -> None:
    error = asyncpg.UniqueViolationError(f"Key (id)=({SECRET}) already exists")
    databases._record("INSERT", "events", 0.01, error)
    [point] = seen.metrics()["db.client.operation.duration"]
    assert dict(point.attributes) == {
        "db.system.name": "postgresql",
        "db.namespace": "events",
        "db.operation.name": "INSERT",
        "db.response.status_code": "23505",
        "error.type": "23505",
    }


async def test_every_name_is_one_of_the_conventions_or_ours(seen: Seen) -> None:
    with sending("FACTS", [None]), pytest.raises(ValueError, match="x"):
        raise ValueError("x")
    with (
        processing("INTAKE", "events", [None]),
        databases.writing("ledger.append", "events", {"tandem.facts": 1}),
    ):
        pass
    databases._record("SELECT", "events", 0.1, asyncpg.DataError("x"))
    async with _client(traced=True) as client:
        await client.get("/broken")
    called = server.described("/tandem.a.v1.A/B") | server.measured("/a.A/B", server._code(0))
    foreign = {name for name in seen.metrics() if not name.startswith(OURS)}
    assert foreign
    assert foreign <= METRICS
    assert {"rpc.server.call.duration", "rpc.client.call.duration"} <= METRICS
    named = seen.attributes() | set(called)
    assert len(named) > 15
    assert {name for name in named if not name.startswith(OURS)} <= ATTRIBUTES


def _failed(error: Exception) -> Exception:
    try:
        raise error
    except Exception as raised:
        return raised


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (OSError("no room left"), True),
        (RuntimeError("changed after it ran"), True),
        (ValueError(SECRET), False),
        (KeyError(SECRET), False),
        (asyncpg.DataError(SECRET), False),
    ],
)
def test_of_an_error_the_log_tells_the_place_and_no_data(error: Exception, words: bool) -> None:
    text = told(_failed(error))
    assert f"{Path(__file__).name}:" in text
    assert type(error).__qualname__ in text
    assert (str(error) in text) is words


def test_of_an_error_that_followed_another_both_are_told() -> None:
    try:
        try:
            raise KeyError(SECRET)
        except KeyError as error:
            raise RuntimeError("cannot go on") from error
    except RuntimeError as error:
        text = told(error)
    assert text.index("KeyError") < text.index("cannot go on")
    assert SECRET not in text


@pytest.fixture
def collected() -> Iterator[tuple[logging.Logger, InMemoryLogRecordExporter]]:
    """A logger whose lines go to a collector."""
    exporter = InMemoryLogRecordExporter()  # type: ignore[no-untyped-call]
    provider = LoggerProvider()
    provider.add_log_record_processor(SimpleLogRecordProcessor(exporter))
    logger = logging.Logger("shared.intake")
    logger.addHandler(ToCollector(provider))
    yield logger, exporter
    provider.shutdown()


def test_a_line_leaves_with_its_trace_its_span_and_the_fields_that_may_be_told(
    seen: Seen, collected: tuple[logging.Logger, InMemoryLogRecordExporter]
) -> None:
    logger, exporter = collected
    with processing("INTAKE", "events", [TRACEPARENT]) as span:
        logger.warning("taken", extra={"count": 3, "email": SECRET})
    [sent] = exporter.get_finished_logs()
    record = sent.log_record
    context = span.get_span_context()
    assert (record.trace_id, record.span_id) == (context.trace_id, context.span_id)
    assert (record.body, record.severity_text) == ("taken", "WARN")
    assert dict(record.attributes or {}) == {"count": 3}


def test_what_carries_lines_away_does_not_carry_its_own(
    collected: tuple[logging.Logger, InMemoryLogRecordExporter],
) -> None:
    logger, exporter = collected
    logger.name = "opentelemetry.exporter"
    logger.error("nobody takes it")
    assert not exporter.get_finished_logs()


def test_an_exporter_complains_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    kept: Callable[[logging.LogRecord], Any] = NowAndThen().filter

    def record(name: str) -> logging.LogRecord:
        return logging.LogRecord(name, logging.ERROR, "", 0, "x", None, None)

    complaint, ours = record("opentelemetry.sdk.trace"), record("shared.relay")
    assert [kept(complaint), kept(complaint), kept(ours), kept(ours)] == [True, False, True, True]
    now[0] = 61.0
    assert kept(complaint)
    assert sys.modules["shared.telemetry.lines"].COMPLAINT_SECONDS == 60.0
