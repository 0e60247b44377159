"""Takes spans and log records by OTLP over HTTP, from whoever has the token of a service.

What is taken is kept in one transaction before the answer. One request is worked on at a time and
a few wait; more are told to come again (503), and so are all while the database is away. Nothing
here is traced, or it would never end.

Source:
    https://opentelemetry.io/docs/specs/otlp/#otlphttp-response
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from services.operations import otlp
from services.operations.web.bodies import body_of
from services.operations.web.parts import Parts
from shared.access import Action, may
from shared.database import TRANSIENT
from shared.site.problems import Problem

logger = logging.getLogger(__name__)

REQUESTS_MAX = 8
"""So many hold a body at once: with their bounds, what the receiver takes of memory."""
AGAIN_SECONDS = 1
AWAY_SECONDS = 5
MEDIA_TYPES = (otlp.PROTOBUF, otlp.JSON)

Take = Callable[[bytes, str], Awaitable[bytes]]


def routes(parts: Parts) -> list[Route]:
    """Return the routes that take spans and log records."""
    receiving = _Receiving(parts)
    return [
        Route("/v1/traces", receiving.answering(receiving.traces), methods=["POST"]),
        Route("/v1/logs", receiving.answering(receiving.logs), methods=["POST"]),
    ]


class _Receiving:
    """The receiver: how many are in it, and who is worked on."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._inside = 0
        self._working = asyncio.Lock()

    async def traces(self, body: bytes, media_type: str) -> bytes:
        """Keep the spans in a body, and return the answer."""
        taken = otlp.spans_of(body, media_type)
        await self._parts.keeping.add(taken.kept, ())
        return otlp.traces_answer(taken.rejected, media_type)

    async def logs(self, body: bytes, media_type: str) -> bytes:
        """Keep the log records in a body, and return the answer."""
        taken = otlp.logs_of(body, media_type)
        await self._parts.keeping.add((), taken.kept)
        return otlp.logs_answer(media_type)

    def answering(self, take: Take) -> Callable[[Request], Awaitable[Response]]:
        """Return the answer to requests whose body is taken like this."""

        async def answer(request: Request) -> Response:
            kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
            # Who may not is told so in the same form; who sends another kind reads JSON.
            told_as = kind if kind in MEDIA_TYPES else otlp.JSON
            self._inside += 1
            try:
                self._admit(request, kind)
                body = await body_of(request)
                async with self._working:
                    answered = await take(body, kind)
                return Response(answered, 200, media_type=kind)
            except Problem as problem:
                return _refusal(problem, told_as)
            except otlp.NotOtlp as error:
                return _refusal(Problem(400, "Bad request", str(error)), told_as)
            except TRANSIENT as error:
                logger.info("spans are not kept: %s", error or type(error).__name__)
                away = Problem(503, "Away", "the database does not answer")
                return _refusal(away, told_as, AWAY_SECONDS)
            finally:
                self._inside -= 1

        return answer

    def _admit(self, request: Request, kind: str) -> None:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        known = token.strip() if scheme.lower() == "bearer" else None
        principal = self._parts.access.authenticate(known)
        if principal is None:
            raise Problem(401, "Who are you?", "send the token of a service as a bearer token")
        if not may(principal, Action.TELL):
            raise Problem(403, "Not allowed", f"the role {principal.role} may not {Action.TELL}")
        if kind not in MEDIA_TYPES:
            raise Problem(415, "Unsupported", f"content-type is {' or '.join(MEDIA_TYPES)}")
        if self._inside > REQUESTS_MAX:
            raise Problem(503, "Busy", "too many requests at once; come again")


def _refusal(problem: Problem, told_as: str, again_seconds: int = AGAIN_SECONDS) -> Response:
    headers = {}
    if problem.status == 503:
        headers["Retry-After"] = str(again_seconds)
    if problem.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    body = otlp.problem_answer(problem.detail, told_as)
    return Response(body, problem.status, headers, told_as)
