"""OTLP as it comes: protobuf and JSON say the same, and whatever comes is bounded or refused."""

import contextlib
import gzip
import json
import zlib
from datetime import UTC, datetime

import pytest
from google.rpc.status_pb2 import Status
from hypothesis import example, given
from hypothesis import strategies as st
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.trace.v1 import trace_pb2

from services.operations.domain import bounding
from services.operations.domain.telling import Place
from services.operations.otlp import (
    JSON,
    PROTOBUF,
    NotOtlp,
    logs_of,
    problem_answer,
    spans_of,
    traces_answer,
)
from services.operations.web.bodies import INFLATED_BYTES_MAX, inflated
from shared.site.problems import Problem
from tests.support.otlp import in_json

TRACE, SPAN, PARENT = bytes(range(1, 17)), bytes(range(1, 9)), bytes(range(2, 10))
BEGAN = 1_700_000_000_123_456_789


def request() -> ExportTraceServiceRequest:
    """Return a request with one span that says everything a span can say."""
    found = ExportTraceServiceRequest()
    resource = found.resource_spans.add()
    resource.resource.attributes.add(key="service.name").value.string_value = "events"
    span = resource.scope_spans.add().spans.add(
        trace_id=TRACE,
        span_id=SPAN,
        parent_span_id=PARENT,
        name="ledger.append",
        kind=trace_pb2.Span.SPAN_KIND_CONSUMER,
        start_time_unix_nano=BEGAN,
        end_time_unix_nano=BEGAN + 5_000_000,
    )
    span.status.code = trace_pb2.Status.STATUS_CODE_ERROR
    span.status.message = "Refused: no\nDETAIL: somebody@example.org"
    span.attributes.add(key="tandem.facts").value.int_value = 3
    span.attributes.add(key="body").value.string_value = "x" * 5_000
    event = span.events.add(name="exception", time_unix_nano=BEGAN)
    event.attributes.add(key="exception.type").value.string_value = "Refused"
    event.attributes.add(key="exception.stacktrace").value.string_value = "File …"
    span.links.add(trace_id=PARENT * 2, span_id=SPAN)
    return found


def test_json_and_protobuf_of_a_request_are_read_alike() -> None:
    binary, text = request().SerializeToString(), in_json(request())
    assert spans_of(binary, PROTOBUF).kept == spans_of(text, JSON).kept


def test_a_span_is_read_with_its_times_kind_links_and_the_kind_of_its_error() -> None:
    [span] = spans_of(request().SerializeToString(), PROTOBUF).kept
    assert (span.service, span.name, span.kind) == ("events", "ledger.append", "consumer")
    assert (span.trace_id, span.span_id, span.parent_id) == (TRACE.hex(), SPAN.hex(), PARENT.hex())
    assert span.started_at == datetime(2023, 11, 14, 22, 13, 20, 123456, tzinfo=UTC)
    assert span.duration == 5_000
    assert span.links == (Place((PARENT * 2).hex(), SPAN.hex()),)


def test_what_is_too_long_for_an_id_and_all_but_the_first_line_of_an_error_is_dropped() -> None:
    [span] = spans_of(request().SerializeToString(), PROTOBUF).kept
    assert span.attributes == {"tandem.facts": 3}
    assert span.error == "Refused: no"
    assert span.events[0].attributes == {"exception.type": "Refused"}


def test_a_span_without_valid_ids_is_counted_as_rejected_and_the_others_are_kept() -> None:
    told = request()
    spans = told.resource_spans[0].scope_spans[0].spans
    for bad in (b"", bytes(16), b"short"):
        spans.add(trace_id=bad, span_id=SPAN)
    spans.add(trace_id=TRACE, span_id=bytes(8))

    taken = spans_of(told.SerializeToString(), PROTOBUF)

    assert (len(taken.kept), taken.rejected) == (1, 4)
    answer = ExportTraceServiceResponse.FromString(traces_answer(taken.rejected, PROTOBUF))
    assert answer.partial_success.rejected_spans == 4
    assert json.loads(traces_answer(0, JSON)) == {}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"null",
        b'"x"',
        b"{",
        b'{"resourceSpans": 5}',
        b"[" * 100_000,
        b'{"a": "\\ud800"',
    ],
)
def test_json_that_is_no_request_is_refused(body: bytes) -> None:
    with pytest.raises(NotOtlp):
        spans_of(body, JSON)


def test_an_answer_to_a_bad_request_is_a_status() -> None:
    assert Status.FromString(problem_answer("no", PROTOBUF)).message == "no"
    assert json.loads(problem_answer("no", JSON)) == {"message": "no"}


def test_log_records_are_read_with_their_trace() -> None:
    told = ExportLogsServiceRequest()
    resource = told.resource_logs.add()
    resource.resource.attributes.add(key="service.name").value.string_value = "events"
    scope = resource.scope_logs.add()
    scope.scope.name = "shared.intake"
    record = scope.log_records.add(
        time_unix_nano=BEGAN, severity_text="WARNING", trace_id=TRACE, span_id=SPAN
    )
    record.body.string_value = "a fact\0 waits"
    record.attributes.add(key="stream").value.string_value = "activity-w1"

    [log] = logs_of(told.SerializeToString(), PROTOBUF).kept

    assert (log.service, log.logger, log.severity) == ("events", "shared.intake", "WARNING")
    assert (log.body, log.trace_id) == ("a fact waits", TRACE.hex())
    assert log.attributes == {"stream": "activity-w1"}


@given(st.binary(max_size=300))
@example(b"\x0a\xff\xff\xff\xff\x0f")
def test_any_bytes_are_read_as_a_request_or_refused(body: bytes) -> None:
    for read in (spans_of, logs_of):
        for kind in (PROTOBUF, JSON):
            with contextlib.suppress(NotOtlp):
                assert read(body, kind).rejected >= 0


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=8,
)
SPANS = st.fixed_dictionaries(
    {},
    optional={
        "traceId": st.just(TRACE.hex()) | st.text(max_size=40) | ANYTHING,
        "spanId": st.just(SPAN.hex()) | ANYTHING,
        "name": st.text(max_size=500),
        "kind": st.integers(-5, 9) | ANYTHING,
        "startTimeUnixNano": st.integers(0, 2**64 - 1).map(str) | ANYTHING,
        "endTimeUnixNano": st.integers(0, 2**64 - 1) | ANYTHING,
        "attributes": st.lists(
            st.fixed_dictionaries(
                {
                    "key": st.text(max_size=300),
                    "value": st.fixed_dictionaries(
                        {},
                        optional={
                            "stringValue": st.text(max_size=900),
                            "doubleValue": st.floats(),
                            "intValue": st.integers(-(2**63), 2**63 - 1),
                        },
                    ),
                }
            ),
            max_size=50,
        )
        | ANYTHING,
        "links": ANYTHING,
        "events": ANYTHING,
        "status": ANYTHING,
    },
)


@given(st.lists(SPANS, max_size=4))
def test_whatever_a_span_says_what_is_kept_is_bounded_and_fits_the_tables(
    spans: list[dict[str, object]],
) -> None:
    body = json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": spans}]}]}).encode()
    try:
        taken = spans_of(body, JSON)
    except NotOtlp:
        return
    assert len(taken.kept) + taken.rejected == len(spans)
    for span in taken.kept:
        assert len(span.name) <= bounding.NAME_CHARACTERS_MAX
        assert 0 <= span.duration < 2**63
        assert len(span.attributes) <= bounding.ATTRIBUTES_MAX
        assert "\0" not in json.dumps([span.name, dict(span.attributes)], allow_nan=False)
        assert "\\u0000" not in json.dumps([span.name, dict(span.attributes)])


def test_gzip_is_inflated_and_what_is_none_or_broken_off_is_refused() -> None:
    packed = gzip.compress(b"spans")
    assert inflated(packed) == b"spans"
    for bad in (b"spans", packed[:-6], zlib.compress(b"spans"), b""):
        with pytest.raises(Problem) as raised:
            inflated(bad)
        assert raised.value.status == 400


def test_gzip_that_holds_too_much_is_refused_without_holding_it() -> None:
    with pytest.raises(Problem) as raised:
        inflated(gzip.compress(bytes(INFLATED_BYTES_MAX + 1)))
    assert raised.value.status == 413
