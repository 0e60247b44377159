"""Requests over HTTP, by the semantic conventions: counted by the pattern of their address.

An address itself may hold an id that its sender chose, so it stands neither in a metric nor in a
span. Of what is asked all the time, by machines or by pages that read themselves again, nothing is
traced, here and in whatever is asked because of it.
"""

import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any

from opentelemetry import trace
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.trace import Span, SpanKind, StatusCode
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared import telemetry

METHODS = frozenset(
    {"CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "TRACE"}
)
OTHER = "_OTHER"
IDS = RandomIdGenerator()
OF_MACHINES = ("/healthz", "/readyz", "/metrics", "/v1/traces", "/v1/metrics", "/v1/logs")
"""Asked by whoever watches, and where spans come in: spans of these would never end."""


class Measured:
    """Counts the requests of a site, and opens a span for each when it is `traced`."""

    def __init__(self, site: ASGIApp, *, traced: bool, quiet: Collection[str] = ()) -> None:
        """Wrap a site; its routes write themselves into the scope.

        Args:
            site: what answers.
            traced: whether requests are spans; not of a site that opens them by itself.
            quiet: methods of whose requests nothing is traced.
        """
        self._site, self._traced, self._quiet = site, traced, frozenset(quiet)
        self._duration = telemetry.meter().create_histogram(
            "http.server.request.duration",
            unit="s",
            description="How long requests took, until the last byte of the answer was handed on.",
            explicit_bucket_boundaries_advisory=telemetry.SECONDS_BUCKETS,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._site(scope, receive, send)
            return
        status = 0
        started = time.perf_counter()

        async def noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        failure: BaseException | None = None
        with self._span(scope) as span:
            try:
                await self._site(scope, receive, noting)
            except BaseException as error:
                failure = error
                raise
            finally:
                attributes = _attributes(scope, status, failure)
                self._duration.record(time.perf_counter() - started, attributes)
                if span is not None:
                    _finish(span, attributes)

    @contextmanager
    def _span(self, scope: Scope) -> Iterator[Span | None]:
        if scope["path"] in OF_MACHINES or scope["method"] in self._quiet:
            with trace.use_span(trace.NonRecordingSpan(_unsampled())):
                yield None
            return
        if not self._traced:
            yield None
            return
        said = dict(scope["headers"]).get(b"traceparent", b"").decode("latin-1")
        context = telemetry.context_of(said)
        parent = trace.set_span_in_context(trace.NonRecordingSpan(context)) if context else None
        with telemetry.step(_method(scope), SpanKind.SERVER, parent=parent) as span:
            yield span


def _unsampled() -> trace.SpanContext:
    """Return the context of a trace that nobody keeps."""
    return trace.SpanContext(IDS.generate_trace_id(), IDS.generate_span_id(), is_remote=False)


def _attributes(scope: Scope, status: int, failure: BaseException | None) -> dict[str, str | int]:
    """Return the attributes under which a request is counted."""
    attributes: dict[str, str | int] = {
        "http.request.method": _method(scope),
        "url.scheme": scope["scheme"],
    }
    if route := _route(scope):
        attributes["http.route"] = route
    if status:
        attributes["http.response.status_code"] = status
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        attributes["error.type"] = str(status)
    elif failure is not None:
        attributes["error.type"] = telemetry.error_type(failure)
    return attributes


def _finish(span: Span, attributes: dict[str, str | int]) -> None:
    span.set_attributes(attributes)
    if route := attributes.get("http.route"):
        span.update_name(f"{attributes['http.request.method']} {route}")
        span.set_attribute("url.path", route)  # the pattern: see above
    if "error.type" in attributes:
        span.set_status(StatusCode.ERROR)


def _method(scope: Scope) -> str:
    method: str = scope["method"]
    return method if method in METHODS else OTHER


def _route(scope: Scope) -> str:
    """Return the pattern that the address was found by; empty when there is none."""
    route: Any = scope.get("route")
    return getattr(route, "path", "")
