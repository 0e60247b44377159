"""One trace from the publisher's traceparent through every service that the event passes."""

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from tests.support.system import System, said

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
OTHER = "0af7651916cd43dd8448eb211c80319c"


@pytest.fixture
def spans(monkeypatch: pytest.MonkeyPatch) -> InMemorySpanExporter:
    """Every span of every service in this process."""
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr("shared.telemetry.tracer", lambda: provider.get_tracer("tandem"))
    return exporter


def names(spans: InMemorySpanExporter, trace_id: str) -> set[str]:
    """Return the names of a trace's spans."""
    return {span.name for span in spans.get_finished_spans() if _trace_of(span) == trace_id}


def _trace_of(span: ReadableSpan) -> str:
    context = span.get_span_context()
    assert context is not None
    return trace.format_trace_id(context.trace_id)


def help_given(id_: str, trace_id: str | None) -> dict[str, object]:
    """Return an event that names a city, so that it passes membership too."""
    city = {"name": "Athens", "country": "US", "subdivision": "OH"}
    event = said("events.help_given", id_, city=city, network="SCN", on="2024-03-27", what=id_)
    return event | ({"traceparent": f"00-{trace_id}-00f067aa0ba902b7-01"} if trace_id else {})


async def test_an_event_is_one_trace_from_publisher_to_projection(
    spans: InMemorySpanExporter, system: System
) -> None:
    await system.start()
    await system.publish(help_given("one", TRACE))
    await system.settled()
    assert names(spans, TRACE) >= {
        "process INTAKE",
        "tandem.membership.v1.MembershipService/ResolveCities",
        "ledger.append",
        "send FACTS",
        "process FACTS",
    }
    [fact] = await system.facts("events")
    assert fact["traceparent"].split("-")[1] == TRACE


async def test_a_batch_that_joins_traces_links_to_each(
    spans: InMemorySpanExporter, system: System
) -> None:
    # Published while nobody takes, so that one batch holds both.
    await system.publish(help_given("one", TRACE), help_given("two", OTHER))
    await system.start()
    await system.settled()
    [batch] = [span for span in spans.get_finished_spans() if span.name == "process INTAKE"]
    linked = {trace.format_trace_id(link.context.trace_id) for link in batch.links}
    assert linked == {TRACE, OTHER}
    carried = {fact["traceparent"].split("-")[1] for fact in await system.facts("events")}
    assert carried == {TRACE, OTHER}
