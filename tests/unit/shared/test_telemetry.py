"""A batch continues the one trace it carries and links to many; no words of others are logged."""

import json
import logging
from collections.abc import Callable, Iterator

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind

from shared import telemetry
from shared.intake import _traceparent
from shared.telemetry.lines import JsonLines
from tests.support.speaking import TRACEPARENT, Said, binary, raw, structured

TRACE, SPAN = TRACEPARENT.split("-")[1:3]
SIBLING = f"00-{TRACE}-{'b' * 16}-01"
OTHER = f"00-{'a' * 32}-{'c' * 16}-01"


@pytest.fixture
def exported(monkeypatch: pytest.MonkeyPatch) -> Iterator[InMemorySpanExporter]:
    """Everything that is recorded meanwhile."""
    provider, exporter = TracerProvider(), InMemorySpanExporter()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(telemetry, "tracer", lambda: provider.get_tracer("test"))
    yield exporter
    provider.shutdown()


def only(exporter: InMemorySpanExporter) -> ReadableSpan:
    [span] = exporter.get_finished_spans()
    return span


def trace_of(span: ReadableSpan) -> str:
    return trace.format_trace_id(span.context.trace_id)


def links_of(span: ReadableSpan) -> set[str]:
    return {trace.format_span_id(link.context.span_id) for link in span.links}


@pytest.mark.parametrize(
    "carried", [[TRACEPARENT], [TRACEPARENT, None, TRACEPARENT], [None, TRACEPARENT, "x"]]
)
def test_a_batch_of_one_trace_continues_it(
    exported: InMemorySpanExporter, carried: list[str | None]
) -> None:
    with telemetry.joined("process INTAKE", carried):
        pass
    span = only(exported)
    assert trace_of(span) == TRACE
    assert span.parent is not None
    assert trace.format_span_id(span.parent.span_id) == SPAN
    assert not span.links


def test_spans_of_the_same_trace_are_still_one_trace(exported: InMemorySpanExporter) -> None:
    with telemetry.joined("process INTAKE", [SIBLING, TRACEPARENT]):
        pass
    assert trace_of(only(exported)) == TRACE


def test_a_batch_of_many_traces_starts_its_own_and_links_to_each(
    exported: InMemorySpanExporter,
) -> None:
    with telemetry.joined("process INTAKE", [TRACEPARENT, OTHER, TRACEPARENT]):
        pass
    span = only(exported)
    assert span.parent is None
    assert trace_of(span) not in (TRACE, "a" * 32)
    assert links_of(span) == {SPAN, "c" * 16}


def test_links_have_an_end(exported: InMemorySpanExporter) -> None:
    many = [f"00-{n:032x}-{n:016x}-01" for n in range(1, 400)]
    with telemetry.joined("process INTAKE", many):
        pass
    assert len(only(exported).links) == telemetry.LINKS_MAX


@pytest.mark.parametrize(
    "carried",
    [
        [],
        [None],
        ["", "hello"],
        [f"00-{'0' * 32}-{'0' * 16}-01"],
        [TRACEPARENT.upper()],
        [f"{TRACEPARENT}\r\nx: y"],
        [f"{TRACEPARENT}-extra"],
    ],
)
def test_a_batch_that_carries_no_trace_starts_one(
    exported: InMemorySpanExporter, carried: list[str | None]
) -> None:
    with telemetry.joined("process INTAKE", carried):
        pass
    assert only(exported).parent is None
    assert not only(exported).links


def test_the_span_that_the_caller_stands_in_stays_the_parent(
    exported: InMemorySpanExporter,
) -> None:
    with (
        telemetry.tracer().start_as_current_span("grpc") as outer,
        telemetry.joined("process INTAKE", [TRACEPARENT]),
    ):
        pass
    inner = exported.get_finished_spans()[0]
    assert inner.parent is not None
    assert inner.parent.span_id == outer.get_span_context().span_id
    assert links_of(inner) == {SPAN}


def test_a_span_carries_its_name_kind_and_counts(exported: InMemorySpanExporter) -> None:
    with telemetry.joined("send FACTS", [], SpanKind.PRODUCER, {"tandem.facts": 3}):
        pass
    span = only(exported)
    assert (span.name, span.kind, dict(span.attributes or {})) == (
        "send FACTS",
        SpanKind.PRODUCER,
        {"tandem.facts": 3},
    )


def test_without_a_span_around_it_a_message_keeps_its_own_trace() -> None:
    assert telemetry.traceparent_here() is None
    assert telemetry.onward(TRACEPARENT, telemetry.traceparent_here()) == TRACEPARENT
    assert telemetry.onward(None, telemetry.traceparent_here()) is None
    assert telemetry.onward("nonsense", telemetry.traceparent_here()) is None


def test_a_fact_carries_on_the_span_of_its_own_trace(exported: InMemorySpanExporter) -> None:
    with telemetry.joined("process INTAKE", [TRACEPARENT]) as span:
        onward = telemetry.onward(TRACEPARENT, telemetry.traceparent_here())
    here = trace.format_span_id(span.get_span_context().span_id)
    assert onward == f"00-{TRACE}-{here}-01"


def test_a_fact_of_another_trace_keeps_that(exported: InMemorySpanExporter) -> None:
    with telemetry.joined("process INTAKE", [TRACEPARENT, OTHER]):
        assert telemetry.onward(OTHER, telemetry.traceparent_here()) == OTHER


def test_a_fact_of_no_trace_carries_on_the_batch(exported: InMemorySpanExporter) -> None:
    with telemetry.joined("process INTAKE", []) as span:
        assert telemetry.onward(None, telemetry.traceparent_here()) == telemetry.traceparent_here()
        assert trace.format_trace_id(span.get_span_context().trace_id) in str(
            telemetry.onward(None, telemetry.traceparent_here())
        )


@pytest.mark.parametrize("mode", [structured, binary])
def test_a_trace_is_found_before_the_message_is_parsed(mode: Callable[..., Said]) -> None:
    assert _traceparent(raw(mode(traceparent=TRACEPARENT))) == TRACEPARENT
    assert _traceparent(raw(mode())) is None


def line_of(message: str, **extra: object) -> tuple[str, dict[str, object]]:
    record = logging.LogRecord("shared.intake", logging.WARNING, "", 0, message, None, None)
    vars(record).update(extra)
    text = JsonLines("events").format(record)
    return text, json.loads(text)


def test_a_log_line_is_one_json_object_whatever_it_holds() -> None:
    text, line = line_of("a\nb\r\x1b[31m\u2028", source="crm\n{}")
    assert "\n" not in text
    assert text.isascii()
    assert text.isprintable()
    assert line["message"] == "a\nb\r\x1b[31m\u2028"
    assert line["source"] == "crm\n{}"
    assert (line["level"], line["service"], line["logger"]) == (
        "WARNING",
        "events",
        "shared.intake",
    )


def test_a_log_line_carries_only_what_may_be_logged() -> None:
    _, line = line_of("taken", count=3, email="anna@stad.gent", body="{}")
    assert line["count"] == 3
    assert not {"email", "body"} & set(line)


def test_a_log_line_names_the_trace_it_belongs_to(exported: InMemorySpanExporter) -> None:
    with telemetry.joined("process INTAKE", [TRACEPARENT]):
        _, inside = line_of("taken")
    _, outside = line_of("taken")
    assert inside["trace_id"] == TRACE
    assert "trace_id" not in outside
