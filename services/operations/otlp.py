"""OTLP as it comes over HTTP, in protobuf or in JSON, and as it is answered.

Source:
    https://opentelemetry.io/docs/specs/otlp/#otlphttp; the messages are those of
    opentelemetry-proto. In JSON, ids are hex and not base64 as elsewhere in protobuf's JSON.
"""

import base64
import binascii
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Generic, TypeVar

from google.protobuf.json_format import MessageToDict, ParseDict, ParseError
from google.protobuf.message import DecodeError, Message
from google.rpc.status_pb2 import Status
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import (
    ExportLogsServiceRequest,
    ExportLogsServiceResponse,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1 import trace_pb2

from services.operations.domain import bounding
from services.operations.domain.telling import LogRecord, Moment, Place, Span

PROTOBUF, JSON = "application/x-protobuf", "application/json"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LATEST = datetime(9999, 1, 1, tzinfo=UTC)
NANOSECONDS_PER_MICROSECOND = 1_000
TRACE_ID_BYTES, SPAN_ID_BYTES = 16, 8
IDS_IN_JSON = ("traceId", "spanId", "parentSpanId")
UNKNOWN_SERVICE = "unknown_service"
KINDS = {
    trace_pb2.Span.SPAN_KIND_SERVER: "server",
    trace_pb2.Span.SPAN_KIND_CLIENT: "client",
    trace_pb2.Span.SPAN_KIND_PRODUCER: "producer",
    trace_pb2.Span.SPAN_KIND_CONSUMER: "consumer",
}

T = TypeVar("T")


class NotOtlp(ValueError):
    """What came is no export request, in a sentence for whoever sent it."""


@dataclass(frozen=True, slots=True)
class Taken(Generic[T]):
    """What a request brought: what can be kept, and how many there were that cannot."""

    kept: Sequence[T]
    rejected: int


def spans_of(body: bytes, media_type: str) -> Taken[Span]:
    """Return the spans in a request.

    Raises:
        NotOtlp: it is none.
    """
    request = _read(body, media_type, ExportTraceServiceRequest(), ("resourceSpans", "scopeSpans"))
    found = [
        _span(span, service)
        for of_resource in request.resource_spans
        for service in [_service(of_resource.resource)]
        for of_scope in of_resource.scope_spans
        for span in of_scope.spans
    ]
    kept = [span for span in found if span is not None]
    return Taken(kept, len(found) - len(kept))


def logs_of(body: bytes, media_type: str) -> Taken[LogRecord]:
    """Return the log records in a request.

    Raises:
        NotOtlp: it is none.
    """
    request = _read(body, media_type, ExportLogsServiceRequest(), ("resourceLogs", "scopeLogs"))
    return Taken(
        [
            _log(record, service, of_scope.scope.name)
            for of_resource in request.resource_logs
            for service in [_service(of_resource.resource)]
            for of_scope in of_resource.scope_logs
            for record in of_scope.log_records
        ],
        0,
    )


def traces_answer(rejected: int, media_type: str) -> bytes:
    """Return the answer to spans, of which some could not be kept."""
    answer = ExportTraceServiceResponse()
    if rejected:
        answer.partial_success.rejected_spans = rejected
        answer.partial_success.error_message = "a span lacks a valid trace id or span id"
    return _written(answer, media_type)


def logs_answer(media_type: str) -> bytes:
    """Return the answer to log records."""
    return _written(ExportLogsServiceResponse(), media_type)


def problem_answer(sentence: str, media_type: str) -> bytes:
    """Return the answer to a request that could not be taken."""
    return _written(Status(message=sentence), media_type)


def _written(answer: Message, media_type: str) -> bytes:
    if media_type == JSON:
        return json.dumps(MessageToDict(answer)).encode()
    return answer.SerializeToString()


M = TypeVar("M", bound=Message)


def _read(body: bytes, media_type: str, request: M, path: tuple[str, str]) -> M:
    try:
        if media_type == JSON:
            return ParseDict(_with_bytes(json.loads(body), path), request, True)
        request.ParseFromString(body)
    except (DecodeError, ParseError, ValueError, TypeError, RecursionError) as error:
        raise NotOtlp(f"the body is no {type(request).__name__}: {type(error).__name__}") from None
    return request


def _with_bytes(document: Any, path: tuple[str, str]) -> Any:
    """Return a document with its ids as protobuf's JSON has bytes."""
    if not isinstance(document, dict):
        raise TypeError("not an object")
    of_resource, of_scope = path
    for resource in _objects(document, of_resource):
        for scope in _objects(resource, of_scope):
            for told in (*_objects(scope, "spans"), *_objects(scope, "logRecords")):
                for each in (told, *_objects(told, "links")):
                    for name in IDS_IN_JSON:
                        if name in each:
                            each[name] = base64.b64encode(_hex(each[name])).decode()
    return document


def _objects(document: Any, name: str) -> Iterator[dict[str, Any]]:
    found = document.get(name) if isinstance(document, dict) else None
    if isinstance(found, list):
        yield from (each for each in found if isinstance(each, dict))


def _hex(text: Any) -> bytes:
    """Return the bytes of an id; none of what is no hex, and the span is rejected for that."""
    try:
        return bytes.fromhex(text) if isinstance(text, str) else b""
    except (ValueError, binascii.Error):
        return b""


def _service(resource: Resource) -> str:
    for attribute in resource.attributes:
        if attribute.key == "service.name":
            return bounding.name_kept(attribute.value.string_value, UNKNOWN_SERVICE)
    return UNKNOWN_SERVICE


def _span(span: trace_pb2.Span, service: str) -> Span | None:
    trace_id = _id(span.trace_id, TRACE_ID_BYTES)
    span_id = _id(span.span_id, SPAN_ID_BYTES)
    if trace_id is None or span_id is None:
        return None
    attributes = bounding.attributes_kept(_pairs(span.attributes))
    events = tuple(
        Moment(
            _moment(event.time_unix_nano),
            bounding.name_kept(event.name),
            bounding.attributes_kept(_pairs(event.attributes)),
        )
        for event in span.events[: bounding.EVENTS_MAX]
    )
    failed = span.status.code == trace_pb2.Status.STATUS_CODE_ERROR
    return Span(
        trace_id=trace_id,
        span_id=span_id,
        parent_id=_id(span.parent_span_id, SPAN_ID_BYTES),
        service=service,
        name=bounding.name_kept(span.name, "unnamed"),
        kind=KINDS.get(span.kind, "internal"),
        started_at=_moment(span.start_time_unix_nano),
        duration=max(0, span.end_time_unix_nano - span.start_time_unix_nano)
        // NANOSECONDS_PER_MICROSECOND,
        error=bounding.why_failed(
            span.status.message, attributes, [event.attributes for event in events]
        )
        if failed
        else None,
        attributes=attributes,
        events=events,
        links=tuple(_places(span.links[: bounding.LINKS_MAX])),
    )


def _places(links: Iterable[trace_pb2.Span.Link]) -> Iterator[Place]:
    for link in links:
        trace_id = _id(link.trace_id, TRACE_ID_BYTES)
        span_id = _id(link.span_id, SPAN_ID_BYTES)
        if trace_id is not None and span_id is not None:
            yield Place(trace_id, span_id)


def _log(record: Any, service: str, logger: str) -> LogRecord:
    return LogRecord(
        at=_moment(record.time_unix_nano or record.observed_time_unix_nano),
        service=service,
        severity=bounding.name_kept(record.severity_text, "UNSPECIFIED"),
        logger=bounding.name_kept(logger),
        body=bounding.body_kept(str(_plain(record.body) or "")),
        trace_id=_id(record.trace_id, TRACE_ID_BYTES),
        span_id=_id(record.span_id, SPAN_ID_BYTES),
        attributes=bounding.attributes_kept(_pairs(record.attributes)),
    )


def _id(said: bytes, length: int) -> str | None:
    return said.hex() if len(said) == length and any(said) else None


def _moment(nanoseconds: int) -> datetime:
    moment = EPOCH + timedelta(microseconds=nanoseconds // NANOSECONDS_PER_MICROSECOND)
    return min(moment, LATEST)


def _pairs(attributes: Iterable[KeyValue]) -> Iterator[tuple[str, object]]:
    for attribute in attributes:
        yield attribute.key, _plain(attribute.value)


def _plain(value: AnyValue) -> object:
    """Return a value as Python has it; None for what is built of others in more than one step."""
    match value.WhichOneof("value"):
        case "array_value":
            return [_plain(each) for each in value.array_value.values if _is_simple(each)]
        case None | "kvlist_value" | "bytes_value":
            return None
        case kind:
            return getattr(value, kind)


def _is_simple(value: AnyValue) -> bool:
    return value.WhichOneof("value") in ("string_value", "int_value", "double_value", "bool_value")
