"""Spans and log lines leave for operations; nobody waits for it, and its silence is told once."""

import logging
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.resources import Resource

from shared.telemetry import receiver
from shared.telemetry.leaving import Leaving, leaves
from shared.telemetry.receiver import Receiver, receiver_here

EVENTS = Resource.create({"service.name": "events"})


class Asked:
    """What a stand-in for operations was sent."""

    def __init__(self) -> None:
        self.requests: list[tuple[str, str | None, bytes]] = []
        self.status = 200


@contextmanager
def listening() -> Iterator[tuple[Asked, str]]:
    asked = Asked()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            asked.requests.append((self.path, self.headers["authorization"], body))
            self.send_response(asked.status)
            self.end_headers()

        def log_message(self, *arguments: object) -> None:
            """Stay silent: the test says what arrived."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield asked, f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def token_file(tmp_path: Path) -> Path:
    file = tmp_path / "events.token"
    file.write_text("secret\n")
    return file


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch, token_file: Path) -> pytest.MonkeyPatch:
    for name in (*receiver.STANDARD, "OTEL_TRACES_EXPORTER"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TANDEM_TOKEN_FILE", str(token_file))
    return monkeypatch


def test_spans_and_lines_of_one_trace_arrive_under_the_token_of_the_service(
    environment: pytest.MonkeyPatch,
) -> None:
    with listening() as (asked, url):
        environment.setenv("TANDEM_TELEMETRY_URL", url)
        leaving = Leaving(EVENTS)
        with leaving.tracers.get_tracer("test").start_as_current_span("ledger.append"):
            record = logging.LogRecord("shared.x", logging.WARNING, "", 0, "%s waits", ("w",), None)
            record.stream = "activity-w1"
            leaving.handlers[0].handle(record)
        leaving.stop()

    bodies = {path: body for path, token, body in asked.requests if token == "Bearer secret"}
    [resource] = ExportTraceServiceRequest.FromString(bodies["/v1/traces"]).resource_spans
    [span] = resource.scope_spans[0].spans
    [lines] = ExportLogsServiceRequest.FromString(bodies["/v1/logs"]).resource_logs
    [line] = lines.scope_logs[0].log_records
    assert span.name == "ledger.append"
    assert (line.body.string_value, line.severity_text) == ("w waits", "WARN")
    assert (line.trace_id, line.span_id) == (span.trace_id, span.span_id)
    assert [each.key for each in line.attributes] == ["stream"]


def test_of_an_exception_only_its_kind_leaves(environment: pytest.MonkeyPatch) -> None:
    with listening() as (asked, url):
        environment.setenv("TANDEM_TELEMETRY_URL", url)
        leaving = Leaving(EVENTS)
        try:
            raise ValueError("somebody@example.org")
        except ValueError as error:
            told = (type(error), error, error.__traceback__)
        record = logging.LogRecord("x", logging.ERROR, "", 0, "it failed", (), told)
        leaving.handlers[0].handle(record)
        leaving.stop()

    [(_, _, body)] = asked.requests
    assert b"ValueError" in body
    assert b"example.org" not in body


@pytest.mark.parametrize("name", receiver.STANDARD)
def test_the_token_never_goes_where_the_standard_variables_say(
    environment: pytest.MonkeyPatch, name: str
) -> None:
    environment.setenv("TANDEM_TELEMETRY_URL", "http://127.0.0.1:1")
    environment.setenv(name, "http://collector:4318")
    assert receiver_here() is None


def test_nothing_leaves_when_the_standard_variable_says_so(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("TANDEM_TELEMETRY_URL", "http://127.0.0.1:1")
    environment.setenv("OTEL_TRACES_EXPORTER", "none")
    assert not leaves("TRACES", to_operations=True)
    assert leaves("LOGS", to_operations=True)


def test_that_it_is_away_is_told_once_and_so_is_that_it_is_back(
    token_file: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "shared.telemetry.receiver")
    monkeypatch.setattr(receiver, "AWAY_SECONDS", 0.0)
    with listening() as (asked, url):
        there = Receiver(url, token_file)
        asked.status = 503
        assert [there.post("/v1/traces", b"") for _ in range(5)] == [False] * 5
        asked.status = 200
        assert there.post("/v1/traces", b"")
        assert there.post("/v1/traces", b"")
    said = [record.getMessage() for record in caplog.records]
    assert len(said) == 2
    assert "it answers 503" in said[0]
    assert said[1] == "operations takes traces again"


def test_while_it_is_away_batches_are_dropped_without_trying(
    token_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(receiver, "FIRST_AWAY_SECONDS", 3600.0)
    monkeypatch.setattr(receiver, "AWAY_SECONDS", 3600.0)
    with listening() as (asked, url):
        there = Receiver(url, token_file)
        asked.status = 503
        for _ in range(5):
            there.post("/v1/traces", b"")
        assert len(asked.requests) == 1


def test_a_process_stops_soon_though_operations_takes_no_answer(
    environment: pytest.MonkeyPatch,
) -> None:
    environment.setattr(receiver, "SEND_SECONDS_MAX", 3600.0)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        environment.setenv("TANDEM_TELEMETRY_URL", f"http://127.0.0.1:{silent.getsockname()[1]}")
        leaving = Leaving(EVENTS)
        tracer = leaving.tracers.get_tracer("test")
        for _ in range(3_000):
            tracer.start_span("step").end()
        leaving.handlers[0].handle(logging.LogRecord("x", logging.INFO, "", 0, "stops", (), None))
        leaving.stop()
