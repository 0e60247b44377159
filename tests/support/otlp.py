"""Export requests as services send them, to operations."""

import base64
import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from google.protobuf.json_format import MessageToDict
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1 import trace_pb2

from services.operations.domain.telling import Span

KINDS = {
    "server": trace_pb2.Span.SPAN_KIND_SERVER,
    "client": trace_pb2.Span.SPAN_KIND_CLIENT,
    "producer": trace_pb2.Span.SPAN_KIND_PRODUCER,
    "consumer": trace_pb2.Span.SPAN_KIND_CONSUMER,
    "internal": trace_pb2.Span.SPAN_KIND_INTERNAL,
}
IDS = ("traceId", "spanId", "parentSpanId")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def request_of(spans: Sequence[Span]) -> ExportTraceServiceRequest:
    """Return a request that tells of spans, each with the service it is of."""
    request = ExportTraceServiceRequest()
    for span in spans:
        resource = request.resource_spans.add()
        resource.resource.attributes.add(key="service.name").value.string_value = span.service
        began = _nanoseconds(span.started_at)
        told = resource.scope_spans.add().spans.add(
            trace_id=bytes.fromhex(span.trace_id),
            span_id=bytes.fromhex(span.span_id),
            parent_span_id=bytes.fromhex(span.parent_id or ""),
            name=span.name,
            kind=KINDS[span.kind],
            start_time_unix_nano=began,
            end_time_unix_nano=began + span.duration * 1_000,
        )
        if span.error is not None:
            told.status.code = trace_pb2.Status.STATUS_CODE_ERROR
            told.status.message = span.error
        for name, value in span.attributes.items():
            told.attributes.add(key=name).value.string_value = str(value)
        for link in span.links:
            told.links.add(
                trace_id=bytes.fromhex(link.trace_id), span_id=bytes.fromhex(link.span_id)
            )
    return request


def line_of(span: Span, body: str) -> ExportLogsServiceRequest:
    """Return a request that tells of a line which a service has logged within a span."""
    request = ExportLogsServiceRequest()
    resource = request.resource_logs.add()
    resource.resource.attributes.add(key="service.name").value.string_value = span.service
    record = resource.scope_logs.add().log_records.add(
        time_unix_nano=_nanoseconds(span.started_at),
        severity_text="WARNING",
        trace_id=bytes.fromhex(span.trace_id),
        span_id=bytes.fromhex(span.span_id),
    )
    record.body.string_value = body
    return request


def in_json(request: ExportTraceServiceRequest) -> bytes:
    """Return a request as OTLP has it in JSON: with ids in hex."""
    return json.dumps(_hexed(MessageToDict(request))).encode()


def _hexed(value: object) -> object:
    match value:
        case dict():
            return {
                name: base64.b64decode(each).hex() if name in IDS else _hexed(each)
                for name, each in value.items()
            }
        case list():
            return [_hexed(each) for each in value]
        case _:
            return value


def _nanoseconds(at: datetime) -> int:
    return (at - EPOCH) // timedelta(microseconds=1) * 1_000
