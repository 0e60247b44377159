"""The way in: who calls is known, the time is limited, every call is a span, errors are codes.

Health answers everybody; all else, reflection included, needs a token. What a method asks of its
caller stands beside it in proto/ as `option (tandem.common.v1.action)`.
"""

import asyncio
import inspect
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

import grpc
from google.protobuf import descriptor_pool
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection
from opentelemetry.metrics import Meter
from opentelemetry.trace import Span, SpanKind, Status, StatusCode, Tracer, use_span
from tandem.common.v1 import common_pb2

from shared import telemetry
from shared.access import Access, Action, Principal, may
from shared.rpc.failures import BadDeadline, Forbidden, Unauthenticated, status_of

logger = logging.getLogger(__name__)

REQUEST_BYTES_MAX = 256 * 1024
RESPONSE_BYTES_MAX = 16 * 1024 * 1024
DEADLINE_SECONDS_MAX = 30
DEADLINE_ROUNDING_SECONDS = 1
"""gRPC rounds a deadline up on its way, so 30 s may arrive as a little more."""
CALLS_AT_ONCE_MAX = 1000
GRACE_SECONDS = 10.0
"""So long calls under way may go on when the server stops."""
TOKEN_CHECK_SECONDS = 5.0
"""So often a stream asks whether its token is still valid; other calls end within 30 seconds."""
TRACESTATE_CHARACTERS_MAX = 512
PING_SECONDS = 20
PING_ANSWER_SECONDS = 5
PING_SECONDS_MIN = 5
HEALTH = "grpc.health.v1.Health"
FAULTS_OF_OURS = frozenset(
    {
        grpc.StatusCode.UNKNOWN,
        grpc.StatusCode.DEADLINE_EXCEEDED,
        grpc.StatusCode.UNIMPLEMENTED,
        grpc.StatusCode.INTERNAL,
        grpc.StatusCode.UNAVAILABLE,
        grpc.StatusCode.DATA_LOSS,
    }
)
"""The codes that make a server span an error, by the semantic conventions; others are answers."""
OPTIONS: Sequence[tuple[str, int]] = (
    ("grpc.max_receive_message_length", REQUEST_BYTES_MAX),
    ("grpc.max_send_message_length", RESPONSE_BYTES_MAX),
    ("grpc.max_metadata_size", 16 * 1024),
    ("grpc.so_reuseport", 0),  # a second server on the same port fails, instead of sharing it
    ("grpc.keepalive_time_ms", PING_SECONDS * 1000),
    ("grpc.keepalive_timeout_ms", PING_ANSWER_SECONDS * 1000),
    ("grpc.keepalive_permit_without_calls", 1),
    ("grpc.http2.min_ping_interval_without_data_ms", PING_SECONDS_MIN * 1000),
)

Behaviour = Callable[[Any, Any], Any]
CALLER: ContextVar[Principal] = ContextVar("caller")


def caller() -> Principal:
    """Return who makes the present call; `name` is the source of what they say."""
    return CALLER.get()


@dataclass(frozen=True, slots=True)
class Service:
    """One gRPC service to serve.

    Attributes:
        name: "tandem.membership.v1.MembershipService".
        servicer: what answers.
        add: the generated `add_MembershipServiceServicer_to_server`.
    """

    name: str
    servicer: Any
    add: Callable[[Any, Any], None]


@dataclass(frozen=True, slots=True)
class Serving:
    """A server at work."""

    server: grpc.aio.Server
    port: int
    names: Sequence[str]
    health: Any

    async def set_ready(self, ready: bool) -> None:
        """Say to health checks whether calls can be answered."""
        word = "SERVING" if ready else "NOT_SERVING"
        for name in ("", *self.names):
            await self.health.set(name, health_pb2.HealthCheckResponse.ServingStatus.Value(word))

    async def stop(self, grace_seconds: float = GRACE_SECONDS) -> None:
        """Take no more calls, say so to health checks, and let those under way finish."""
        await self.health.enter_graceful_shutdown()
        await self.server.stop(grace_seconds)


async def serve(
    listen: str,
    services: Sequence[Service],
    access: Access,
    *,
    tracer: Tracer | None = None,
    meter: Meter | None = None,
    trusted_network: bool = False,
) -> Serving:
    """Start to serve; health says SERVING once this returns.

    Args:
        listen: "127.0.0.1:50051"; port 0 takes a free one, `Serving.port` tells which.
        services: what to serve, beside health and reflection.
        access: who may call.
        tracer: Tandem's own when left out.
        meter: likewise.
        trusted_network: allow an address beyond this machine, where calls come unencrypted; for
            a private network of containers only.

    Raises:
        ValueError: the address is open to others without `trusted_network`.
        OSError: the address is taken.
    """
    if not trusted_network and not _loopback(listen):
        raise ValueError(f"{listen} can be reached from other machines, but tokens go unencrypted")
    names = [service.name for service in services]
    gate = Gate(_actions(names), access, tracer or telemetry.tracer(), meter or telemetry.meter())
    server = grpc.aio.server(
        interceptors=[gate], options=OPTIONS, maximum_concurrent_rpcs=CALLS_AT_ONCE_MAX
    )
    for service in services:
        service.add(service.servicer, server)
    healthy = health.aio.HealthServicer()
    health_pb2_grpc.add_HealthServicer_to_server(healthy, server)
    reflection.enable_server_reflection([*names, HEALTH, reflection.SERVICE_NAME], server)
    try:
        port = server.add_insecure_port(listen)
    except RuntimeError as error:
        raise OSError(f"cannot listen on {listen}; is another server there?") from error
    await server.start()
    serving = Serving(server, port, names, healthy)
    await serving.set_ready(True)
    return serving


def _loopback(listen: str) -> bool:
    host = listen.rpartition(":")[0]
    return listen.startswith("unix:") or host in {"127.0.0.1", "localhost", "[::1]"}


def _actions(names: Sequence[str]) -> dict[str, Action]:
    """Map "/package.Service/Method" to what it asks of its caller; what names nothing is absent."""
    actions = {f"/{reflection.SERVICE_NAME}/ServerReflectionInfo": Action.READ}
    for name in names:
        for method in descriptor_pool.Default().FindServiceByName(name).methods:
            action = method.GetOptions().Extensions[common_pb2.action]
            if action != common_pb2.ACTION_UNSPECIFIED:
                word = common_pb2.Action.Name(action).removeprefix("ACTION_")
                actions[f"/{name}/{method.name}"] = Action[word]
    return actions


class Gate(grpc.aio.ServerInterceptor):
    """Stands before every method: span, caller, deadline, and errors into codes."""

    def __init__(
        self, actions: Mapping[str, Action], access: Access, tracer: Tracer, meter: Meter
    ) -> None:
        """Remember what each method asks of its caller."""
        self._actions, self._access, self._tracer = actions, access, tracer
        self._duration = meter.create_histogram(
            "rpc.server.call.duration",
            unit="s",
            description="How long incoming calls took.",
            explicit_bucket_boundaries_advisory=telemetry.SECONDS_BUCKETS,
        )
        self._guarded: dict[str, Any] = {}

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[Any]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> Any:
        """Return the method's handler behind the gate."""
        method = handler_call_details.method
        if method in self._guarded:
            return self._guarded[method]
        handler: Any = await continuation(handler_call_details)
        if handler is None or method.startswith(f"/{HEALTH}/"):
            return handler
        guarded = self._guard(method, handler)
        self._guarded[method] = guarded
        return guarded

    def _guard(self, method: str, handler: Any) -> Any:
        behaviour: Behaviour
        if handler.response_streaming:
            behaviour = handler.stream_stream or handler.unary_stream
            wrap = (
                grpc.stream_stream_rpc_method_handler
                if handler.request_streaming
                else grpc.unary_stream_rpc_method_handler
            )
            answer = _written_out(behaviour)
        else:
            behaviour = handler.stream_unary or handler.unary_unary
            wrap = (
                grpc.stream_unary_rpc_method_handler
                if handler.request_streaming
                else grpc.unary_unary_rpc_method_handler
            )
            answer = behaviour
        limited = not (handler.request_streaming or handler.response_streaming)

        async def guarded(request: Any, context: Any) -> Any:
            return await self._call(method, limited, answer, request, context)

        return wrap(guarded, handler.request_deserializer, handler.response_serializer)

    async def _call(
        self, method: str, limited: bool, answer: Behaviour, request: Any, context: Any
    ) -> Any:
        metadata = dict(context.invocation_metadata() or ())
        span = self._span(method, metadata)
        started, code = time.perf_counter(), grpc.StatusCode.OK
        with use_span(
            span, end_on_exit=True, record_exception=False, set_status_on_exception=False
        ):
            try:
                CALLER.set(self._admit(method, metadata))
                span.set_attribute("tandem.caller", caller().name)
                if limited:
                    _check_deadline(context.time_remaining())
                    return await answer(request, context)
                async with self._admitted(metadata):
                    return await answer(request, context)
            except grpc.aio.AbortError:
                code = _code(context.code())
                raise
            except Exception as error:
                status = status_of(error, method)
                code = status.code
                await context.abort(code, status.details, status.trailing_metadata or ())
            except BaseException:  # the caller gave up, or the server stops
                code = grpc.StatusCode.CANCELLED
                raise
            finally:
                finish(span, code, FAULTS_OF_OURS)
                self._duration.record(time.perf_counter() - started, measured(method, code))

    def _span(self, method: str, metadata: Mapping[str, Any]) -> Span:
        carrier = {
            name: metadata[name]
            for name in ("traceparent", "tracestate")
            if isinstance(metadata.get(name), str)
            and len(metadata[name]) <= TRACESTATE_CHARACTERS_MAX
        }
        return self._tracer.start_span(
            method.removeprefix("/"),
            context=telemetry.PROPAGATOR.extract(carrier),
            kind=SpanKind.SERVER,
            attributes=described(method),
        )

    @asynccontextmanager
    async def _admitted(self, metadata: Mapping[str, Any]) -> AsyncIterator[None]:
        """Let a stream live for as long as the token that it began with.

        Raises:
            Unauthenticated: the token was revoked meanwhile.
        """
        limit = asyncio.timeout(None)
        try:
            async with limit:
                watching = asyncio.create_task(self._end_with_token(_token(metadata), limit))
                try:
                    yield
                finally:
                    watching.cancel()
        except TimeoutError:
            if limit.expired():
                raise Unauthenticated("the token of this call is not valid any more") from None
            raise

    async def _end_with_token(self, token: str | None, limit: asyncio.Timeout) -> None:
        while self._access.authenticate(token) is not None:  # noqa: ASYNC110 (files tell nobody)
            await asyncio.sleep(TOKEN_CHECK_SECONDS)
        limit.reschedule(asyncio.get_running_loop().time())

    def _admit(self, method: str, metadata: Mapping[str, Any]) -> Principal:
        principal = self._access.authenticate(_token(metadata))
        if principal is None:
            logger.warning("call without a known token", extra={"method": method})
            raise Unauthenticated("send a valid token as metadata `authorization: Bearer <token>`")
        action = self._actions.get(method)
        if action is None or not may(principal, action):
            what = action.value if action else "call this"
            logger.warning(
                "call not allowed to %s",
                principal.role,
                extra={"method": method, "id": principal.name},
            )
            raise Forbidden(f"the role {principal.role} of {principal.name} may not {what}")
        return principal


def _token(metadata: Mapping[str, Any]) -> str | None:
    scheme, _, token = str(metadata.get("authorization", "")).partition(" ")
    return token if scheme.lower() == "bearer" else None


def _written_out(behaviour: Behaviour) -> Behaviour:
    """Return a stream's behaviour as one coroutine, so it ends in the task it began in."""
    if not inspect.isasyncgenfunction(behaviour):
        return behaviour

    async def written_out(request: Any, context: Any) -> None:
        answers: AsyncIterator[Any] = behaviour(request, context)
        async with aclosing(answers):  # type: ignore[type-var]
            async for answer in answers:
                await context.write(answer)

    return written_out


def _check_deadline(remaining: float | None) -> None:
    if remaining is None or remaining > DEADLINE_SECONDS_MAX + DEADLINE_ROUNDING_SECONDS:
        raise BadDeadline(f"set a deadline on this call, of at most {DEADLINE_SECONDS_MAX} seconds")


def _code(code: Any) -> grpc.StatusCode:
    if isinstance(code, grpc.StatusCode):
        return code
    return next((known for known in grpc.StatusCode if known.value[0] == code), grpc.StatusCode.OK)


def described(method: str) -> dict[str, str]:
    """Return the attributes of a call's span, by the semantic conventions for RPC.

    `rpc.system` and `rpc.service` are the names of before 2026, which many dashboards still read.
    """
    service = method.removeprefix("/").partition("/")[0]
    return {
        "rpc.system.name": "grpc",
        "rpc.system": "grpc",
        "rpc.service": service,
        "rpc.method": method.removeprefix("/"),
    }


def measured(method: str, code: grpc.StatusCode) -> dict[str, str]:
    """Return the attributes under which a call's duration is counted."""
    return {
        "rpc.system.name": "grpc",
        "rpc.method": method.removeprefix("/"),
        "rpc.response.status_code": code.name,
    }


def finish(span: Span, code: grpc.StatusCode, faults: frozenset[grpc.StatusCode]) -> None:
    """Write the outcome on a call's span."""
    span.set_attributes(
        {"rpc.response.status_code": code.name, "rpc.grpc.status_code": code.value[0]}
    )
    if code in faults:
        span.set_attribute("error.type", code.name)
        span.set_status(Status(StatusCode.ERROR))
