"""The way out: every call carries a token, a deadline and the trace it belongs to.

Calls are repeated while the other side is UNAVAILABLE. That is safe for all of them: a command is
known by (source, id), everything else only reads or asks.
"""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc
from opentelemetry.metrics import Histogram, Meter
from opentelemetry.trace import Span, SpanKind, Tracer, set_span_in_context

from shared import telemetry
from shared.rpc.server import (
    PING_ANSWER_SECONDS,
    PING_SECONDS,
    REQUEST_BYTES_MAX,
    RESPONSE_BYTES_MAX,
    described,
    finish,
    measured,
)

DEADLINE_SECONDS = 10.0
TOKEN_CHECK_SECONDS = 1.0
ATTEMPTS_MAX = 5
ALL_BUT_OK = frozenset(grpc.StatusCode) - {grpc.StatusCode.OK}
SERVICE_CONFIG = {
    "methodConfig": [
        {
            "name": [{}],
            "retryPolicy": {
                "maxAttempts": ATTEMPTS_MAX,
                "initialBackoff": "0.1s",
                "maxBackoff": "2s",
                "backoffMultiplier": 2,
                "retryableStatusCodes": ["UNAVAILABLE"],
            },
        }
    ]
}
OPTIONS = (
    ("grpc.service_config", json.dumps(SERVICE_CONFIG)),
    ("grpc.max_send_message_length", REQUEST_BYTES_MAX),
    ("grpc.max_receive_message_length", RESPONSE_BYTES_MAX),
    ("grpc.keepalive_time_ms", PING_SECONDS * 1000),
    ("grpc.keepalive_timeout_ms", PING_ANSWER_SECONDS * 1000),
    ("grpc.keepalive_permit_without_calls", 1),
    ("grpc.http2.max_pings_without_data", 0),
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 5000),
    ("grpc.enable_http_proxy", 0),  # services are peers; a proxy of the environment is not meant
)


def channel(
    address: str,
    *,
    token: str | None = None,
    token_file: Path | None = None,
    deadline_seconds: float = DEADLINE_SECONDS,
    tracer: Tracer | None = None,
    meter: Meter | None = None,
) -> grpc.aio.Channel:
    """Return a channel for the generated stubs; close it when done.

    Args:
        address: "127.0.0.1:50051".
        token: who calls; or
        token_file: the file that holds the token, read again when it changes.
        deadline_seconds: for unary calls that set no `timeout` themselves; streams have none.
        tracer: Tandem's own when left out.
        meter: likewise.
    """
    if (token is None) == (token_file is None):
        raise ValueError("give either a token or the file that holds it")
    read_token = _TokenFile(token_file).read if token_file else lambda: token or ""
    outgoing = _Outgoing(
        read_token, deadline_seconds, tracer or telemetry.tracer(), meter or telemetry.meter()
    )
    return grpc.aio.insecure_channel(
        address,
        options=OPTIONS,
        interceptors=[_Unary(outgoing), _Streaming(outgoing), _Sending(outgoing)],
    )


async def serving(opened: grpc.aio.Channel) -> bool:
    """Tell whether who is at the other end of a channel says that it serves.

    Raises:
        grpc.aio.AioRpcError: nobody answers.
    """
    health: Any = health_pb2_grpc.HealthStub(opened)
    answer = await health.Check(health_pb2.HealthCheckRequest())
    return bool(answer.status == health_pb2.HealthCheckResponse.SERVING)


class _TokenFile:
    """A token in a file, which a rotation may replace at any time."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._checked_at = -TOKEN_CHECK_SECONDS
        self._token = ""

    def read(self) -> str:
        now = time.monotonic()
        if not self._token or now - self._checked_at >= TOKEN_CHECK_SECONDS:
            self._token = self._file.read_text("utf-8").strip()
            self._checked_at = now
        return self._token


class _Outgoing:
    """What every call gets on its way, whatever its shape."""

    def __init__(
        self, read_token: Callable[[], str], deadline_seconds: float, tracer: Tracer, meter: Meter
    ) -> None:
        self._read_token, self._tracer = read_token, tracer
        self.deadline_seconds = deadline_seconds
        self._duration: Histogram = meter.create_histogram(
            "rpc.client.call.duration",
            unit="s",
            description="How long outgoing calls took.",
            explicit_bucket_boundaries_advisory=telemetry.SECONDS_BUCKETS,
        )

    def begin(
        self, details: grpc.aio.ClientCallDetails, timeout: float | None
    ) -> tuple[grpc.aio.ClientCallDetails, "_Under"]:
        method = details.method.decode() if isinstance(details.method, bytes) else details.method
        span = self._tracer.start_span(
            method.removeprefix("/"), kind=SpanKind.CLIENT, attributes=described(method)
        )
        carrier: dict[str, str] = {}
        telemetry.PROPAGATOR.inject(carrier, set_span_in_context(span))
        metadata = grpc.aio.Metadata(*(details.metadata or ()))
        for name, value in {**carrier, "authorization": f"Bearer {self._read_token()}"}.items():
            if metadata.get(name) is None:  # what the caller set stands
                metadata.add(name, value)
        sent = grpc.aio.ClientCallDetails(
            method=details.method,
            timeout=timeout,
            metadata=metadata,
            credentials=details.credentials,
            wait_for_ready=details.wait_for_ready,
        )
        return sent, _Under(method, span, self._duration)


class _Under:
    """A call under way, with its span."""

    def __init__(self, method: str, span: Span, duration: Histogram) -> None:
        self._method, self._span, self._duration = method, span, duration
        self._started = time.perf_counter()

    async def end(self, call: Any) -> None:
        """Wait until the call is over, and end its span."""
        code = grpc.StatusCode.CANCELLED
        try:
            code = await call.code()
        finally:
            finish(self._span, code, ALL_BUT_OK)
            self._span.end()
            self._duration.record(time.perf_counter() - self._started, measured(self._method, code))


class _Unary(grpc.aio.UnaryUnaryClientInterceptor):
    """Calls with one answer."""

    def __init__(self, outgoing: _Outgoing) -> None:
        self._outgoing = outgoing

    async def intercept_unary_unary(
        self,
        continuation: Callable[[grpc.aio.ClientCallDetails, Any], Awaitable[Any]],
        client_call_details: grpc.aio.ClientCallDetails,
        request: Any,
    ) -> Any:
        return await _answered(self._outgoing, continuation, client_call_details, request)


class _Sending(grpc.aio.StreamUnaryClientInterceptor):
    """Calls that send a stream and get one answer."""

    def __init__(self, outgoing: _Outgoing) -> None:
        self._outgoing = outgoing

    async def intercept_stream_unary(
        self,
        continuation: Callable[[grpc.aio.ClientCallDetails, Any], Awaitable[Any]],
        client_call_details: grpc.aio.ClientCallDetails,
        request_iterator: Any,
    ) -> Any:
        return await _answered(self._outgoing, continuation, client_call_details, request_iterator)


async def _answered(
    outgoing: _Outgoing,
    continuation: Callable[[grpc.aio.ClientCallDetails, Any], Awaitable[Any]],
    client_call_details: grpc.aio.ClientCallDetails,
    said: Any,
) -> Any:
    """Return a call once it has its one answer."""
    timeout = client_call_details.timeout
    if timeout is None:
        timeout = outgoing.deadline_seconds
    details, under = outgoing.begin(client_call_details, timeout)
    call = await continuation(details, said)
    try:
        await under.end(call)
    except asyncio.CancelledError:
        call.cancel()
        raise
    return call


class _Streaming(grpc.aio.UnaryStreamClientInterceptor):
    """Calls with a stream of answers."""

    def __init__(self, outgoing: _Outgoing) -> None:
        self._outgoing = outgoing
        self._under_way: set[asyncio.Task[None]] = set()

    async def intercept_unary_stream(
        self,
        continuation: Callable[[grpc.aio.ClientCallDetails, Any], Awaitable[Any]],
        client_call_details: grpc.aio.ClientCallDetails,
        request: Any,
    ) -> Any:
        details, under = self._outgoing.begin(client_call_details, client_call_details.timeout)
        call = await continuation(details, request)
        ending = asyncio.create_task(under.end(call))
        self._under_way.add(ending)  # the loop itself holds tasks weakly
        ending.add_done_callback(self._under_way.discard)
        return call
