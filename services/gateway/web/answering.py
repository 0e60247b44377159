"""How every address of the gateway is answered: who asks, within which quota, and what goes wrong.

Whoever sends says who they are with `Authorization: Bearer <token>`. What goes wrong is a problem
document (RFC 9457) with one sentence, the contract's reason where it has one, and each thing at
fault with its place and a hint.
"""

import logging
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from http import HTTPStatus
from typing import Any, Protocol

import orjson
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from services.gateway.domain.judging import Told
from services.gateway.domain.quotas import Exceeded, Level, Quotas
from shared.access import Action, Principal, may
from shared.deposit import OutcomeUnknown
from shared.errors import Overloaded, Unavailable

logger = logging.getLogger(__name__)

Answer = Callable[[Request], Awaitable[Response]]

PROBLEM_TYPE = "application/problem+json"
REASONS_AT = "/docs#"
RETRY_SECONDS = 2
USUAL_HEADERS: Mapping[str, str] = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}


class Identifies(Protocol):
    """Who knows the tokens: `shared.access.Access`."""

    def authenticate(self, token: str | None) -> Principal | None:
        """Return whom a token belongs to."""
        ...


class Names(Protocol):
    """Who knows the credentials by their names: `shared.access.Access`."""

    def named(self, name: str) -> Principal | None:
        """Return whom a name belongs to."""
        ...


@dataclass(eq=False)
class Problem(Exception):
    """What is wrong with a request, in a sentence for whoever sent it.

    Args:
        status: of HTTP.
        title: in a few words.
        detail: the sentence.
        reason: the contract's word for it, when it has one.
        violations: each thing at fault.
        headers: what the answer carries beside.
        more: further members of the document.
    """

    status: int
    title: str
    detail: str
    reason: str | None = None
    violations: Sequence[Told] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    more: Mapping[str, Any] = field(default_factory=dict)

    def document(self) -> dict[str, Any]:
        """Return the problem document."""
        told: dict[str, Any] = {
            "type": f"{REASONS_AT}{self.reason}" if self.reason else "about:blank",
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
        }
        if self.reason:
            told["reason"] = self.reason
        if self.violations:
            told["violations"] = [asdict(each) for each in self.violations]
        return told | {name: value for name, value in self.more.items() if value is not None}


@dataclass(frozen=True)
class Door:
    """Lets in who may, holds everybody to their quota, and tells what goes wrong."""

    access: Identifies
    quotas: Quotas

    def guarded(self, path: str, answer: Answer, methods: Sequence[str] = ("GET",)) -> Route:
        """Return the route of something that publishers alone may ask."""

        async def asked(request: Request) -> Response:
            principal = self._principal(request)
            request.state.principal = principal
            self.spend(principal, requests=1)
            return await answer(request)

        return Route(path, self._answered(asked), methods=list(methods))

    def open(self, path: str, answer: Answer, methods: Sequence[str] = ("GET",)) -> Route:
        """Return a route for everybody."""
        return Route(path, self._answered(answer), methods=list(methods))

    def spend(self, principal: Principal, **amounts: float) -> None:
        """Take from the quotas of who asks.

        Raises:
            services.gateway.domain.quotas.Exceeded: there is not enough left.
        """
        self.quotas.take(principal.name, time.monotonic(), **amounts)

    def _answered(self, answer: Answer) -> Answer:
        async def answered(request: Request) -> Response:
            try:
                response = await answer(request)
            except tuple(PROBLEMS) as error:
                response = told(problem_of(error))
            principal = getattr(request.state, "principal", None)
            if principal is not None:
                levels = self.quotas.levels(principal.name, time.monotonic())
                response.headers.update(rate_limits(levels))
            return with_usual_headers(response)

        return answered

    def _principal(self, request: Request) -> Principal:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        known = scheme.lower() == "bearer"
        principal = self.access.authenticate(token.strip()) if known else None
        if principal is None:
            detail = "Send the token of a credential as a bearer token."
            headers = {"WWW-Authenticate": "Bearer"}
            raise Problem(401, "Who are you?", detail, headers=headers)
        if not may(principal, Action.COMMAND):
            detail = f"The role {principal.role} may not {Action.COMMAND}."
            raise Problem(403, "Not allowed", detail, "not_allowed")
        return principal


def rate_limits(levels: Sequence[Level]) -> dict[str, str]:
    """Return what is left of each quota, as headers.

    Specification: draft-ietf-httpapi-ratelimit-headers-10.
    """
    policies = (
        f'"{level.name}";q={int(level.quota.burst)};w={level.quota.window_seconds}'
        for level in levels
    )
    left = (f'"{level.name}";r={level.left};t={level.full_in_seconds}' for level in levels)
    return {"RateLimit-Policy": ", ".join(policies), "RateLimit": ", ".join(left)}


def _exceeded(error: Exceeded) -> Problem:
    detail = (
        f"This credential may send {error.quota.per_second:,.0f} {error.name} a second, "
        f"and {error.quota.burst:,.0f} at once. Nothing of this request was taken."
    )
    headers = {"Retry-After": str(error.retry_seconds)}
    return Problem(429, "Too much at once", detail, headers=headers)


def _later(title: str, error: Exception, then: str) -> Problem:
    said = f"{error}"
    detail = f"{said[:1].upper()}{said[1:]}. {then}"
    return Problem(503, title, detail, headers={"Retry-After": str(RETRY_SECONDS)})


SEND_AGAIN = "Send it again with the same id: a repeat changes nothing."
PROBLEMS: Mapping[type[Exception], Callable[[Any], Problem]] = {
    Problem: lambda problem: problem,
    Exceeded: _exceeded,
    OutcomeUnknown: lambda error: _later("Not known whether it is stored", error, SEND_AGAIN),
    Unavailable: lambda error: _later("Not available now", error, SEND_AGAIN),
    Overloaded: lambda error: _later("Too busy now", error, SEND_AGAIN),
}
"""What is told of each error, the first that fits."""


def problem_of(error: Exception) -> Problem:
    """Return what is told of an error."""
    return next(made for kind, made in PROBLEMS.items() if isinstance(error, kind))(error)


def told(problem: Problem) -> Response:
    """Return the answer that tells of a problem."""
    return as_json(problem.document(), problem.status, PROBLEM_TYPE, problem.headers)


def as_json(
    document: Any,
    status: int = 200,
    media_type: str = "application/json",
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Return a JSON document as an answer."""
    return Response(orjson.dumps(document), status, dict(headers or {}), media_type)


def with_usual_headers(response: Response) -> Response:
    """Return an answer with the headers that each has unless it says otherwise."""
    for name, value in USUAL_HEADERS.items():
        response.headers.setdefault(name, value)
    return response


async def refused_by_router(request: Request, error: Exception) -> Response:
    """Answer what no route answers: an unknown address, or a method that one does not have."""
    status = error.status_code if isinstance(error, HTTPException) else 500
    headers = (error.headers if isinstance(error, HTTPException) else None) or {}
    path = request.url.path[:200]
    detail = {
        404: f"There is nothing at {path}.",
        405: f"{path} does not answer {request.method[:20]}.",
    }.get(status, f"{error}.")
    return with_usual_headers(
        told(Problem(status, HTTPStatus(status).phrase, detail, headers=headers))
    )


async def failed(request: Request, error: Exception) -> Response:
    """Answer what nobody foresaw; what it was stands in the log alone."""
    sentence = "Something went wrong here. Whoever runs the system finds it in the log."
    return with_usual_headers(told(Problem(500, "Internal Server Error", sentence)))
