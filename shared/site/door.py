"""Lets in who may: by a token sent along, or by the session a browser got when it logged in."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from shared.access import Action, Principal, may
from shared.site.foreign import refuse_foreign
from shared.site.headers import with_usual_headers
from shared.site.problems import Problem
from shared.site.sessions import Sessions

Answer = Callable[[Request], Awaitable[Response]]


class Identifies(Protocol):
    """Who knows the tokens: `shared.access.Access`."""

    def authenticate(self, token: str | None) -> Principal | None:
        """Return whom a token belongs to."""
        ...


class Tells(Protocol):
    """How a service tells what goes wrong, in its own pages and words."""

    @property
    def expected(self) -> tuple[type[Exception], ...]:
        """The errors that are told; any other is nobody's fault but ours."""
        ...

    def __call__(self, request: Request, error: Exception) -> Response:
        """Return the answer that tells of an error."""
        ...


@dataclass(frozen=True)
class Guarded:
    """The door of a site: guards each address, and turns what goes wrong into an answer.

    Args:
        access: who knows the tokens.
        sessions: what browsers keep.
        cookie: under which name they keep it; a cookie goes to every port of a machine, so each
            site has its own.
        tells: how what goes wrong is told.
    """

    access: Identifies
    sessions: Sessions
    cookie: str
    tells: Tells

    def read(self, path: str, answer: Answer, action: Action = Action.READ) -> Route:
        """Return the route of something that is read."""
        return Route(path, self._guarded(answer, action), methods=["GET"])

    def change(self, path: str, answer: Answer, action: Action) -> Route:
        """Return the route of something that is changed, by a form or by a program."""

        async def changed(request: Request) -> Response:
            refuse_foreign(request)
            return await answer(request)

        return Route(path, self._guarded(changed, action), methods=["POST"])

    def open(self, path: str, answer: Answer, methods: tuple[str, ...] = ("GET",)) -> Route:
        """Return a route for everybody, such as the page to log in on."""
        return Route(path, self.answered(answer), methods=list(methods))

    def _guarded(self, answer: Answer, action: Action) -> Answer:
        async def guarded(request: Request) -> Response:
            request.state.principal = await self.principal(request, action)
            return await answer(request)

        return self.answered(guarded)

    def answered(self, answer: Answer) -> Answer:
        """Return an answer with the usual head, in which what goes wrong is told."""

        async def answered(request: Request) -> Response:
            try:
                response = await answer(request)
            except self.tells.expected as error:
                response = self.tells(request, error)
            if request.method == "HEAD" and isinstance(response, StreamingResponse):
                response = _head_of(response)
            return with_usual_headers(response)

        return answered

    async def token_of(self, request: Request) -> str | None:
        """Return the token of whoever asks, sent with the request or kept in a session."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            return token.strip()
        return await self.sessions.token_of(request.cookies.get(self.cookie))

    async def principal_of(self, request: Request) -> Principal | None:
        """Return who asks, by token or session; None when nobody is known."""
        return self.access.authenticate(await self.token_of(request))

    async def admits(self, request: Request, action: Action = Action.READ) -> bool:
        """Tell whether who began a request may still do so, for answers that go on for long."""
        principal = await self.principal_of(request)
        return principal is not None and may(principal, action)

    async def principal(self, request: Request, action: Action) -> Principal:
        """Return who asks, when they may do this.

        Raises:
            Problem: nobody is known, or they may not.
        """
        principal = await self.principal_of(request)
        if principal is None:
            raise Problem(401, "Who are you?", "Send a token of this system as a bearer token.")
        if not may(principal, action):
            raise Problem(403, "Not allowed", f"The role {principal.role} may not {action}.")
        return principal


def _head_of(response: StreamingResponse) -> Response:
    """Return the head of an answer whose body might never end."""
    head = Response(None, response.status_code, dict(response.headers))
    del head.headers["Content-Length"]
    return head
