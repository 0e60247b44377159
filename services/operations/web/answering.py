"""How every address is answered: who asks, and what is said when it goes wrong.

The pages are for those who may watch over the system (Action.WATCH: staff and operators), because
what was rejected may name people. What goes wrong is a page for a browser and a problem document
(RFC 9457) for everybody else.
"""

import hashlib
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from services.operations.presentation.pages import page
from shared.access import Action
from shared.errors import InvalidData, NotFound, Refused, Unavailable, VersionConflict
from shared.site.door import Answer, Guarded, Identifies
from shared.site.headers import VARY
from shared.site.login import back_to
from shared.site.problems import Problem, capital
from shared.site.sessions import Sessions

COOKIE = "tandem_operations"


class Door(Guarded):
    """The door of operations: every page is for those who watch over the system."""

    def page(self, path: str, answer: Answer) -> Route:
        """Return the route of a page."""
        return self.read(path, answer, Action.WATCH)


def door_of(access: Identifies, sessions: Sessions) -> Door:
    """Return the door of operations."""
    return Door(access, sessions, COOKIE, Telling())


def _bad_question(error: Any) -> Problem:
    violation = error.violations[0]
    return Problem(400, f"Bad {violation.field}", f"{violation.field} {violation.description}.")


PROBLEMS: Mapping[type[Exception], Callable[[Any], Problem]] = {
    Problem: lambda problem: problem,
    InvalidData: _bad_question,
    NotFound: lambda error: Problem(404, "Not found", f"{capital(error)}."),
    VersionConflict: lambda error: Problem(409, "Others came first", f"{capital(error)}."),
    Refused: lambda error: Problem(409, "Refused", f"{capital(error)}."),
    Unavailable: lambda error: Problem(503, "Not available now", f"{capital(error)}."),
}
"""What is told of each error, the first that fits."""


class Telling:
    """How operations tells what goes wrong."""

    @property
    def expected(self) -> tuple[type[Exception], ...]:
        """The errors that are told."""
        return tuple(PROBLEMS)

    def __call__(self, request: Request, error: Exception) -> Response:
        """Return the answer that tells of an error, which nobody keeps."""
        problem = next(told for kind, told in PROBLEMS.items() if isinstance(error, kind))(error)
        return told(request, problem)


def told(request: Request, problem: Problem) -> Response:
    """Return the answer that tells of a problem, which nobody keeps."""
    response = _told(request, problem)
    response.headers["Cache-Control"] = "no-store"
    return response


def _told(request: Request, problem: Problem) -> Response:
    if "text/html" in request.headers.get("accept", ""):
        if problem.status == 401 and request.method in ("GET", "HEAD"):
            return RedirectResponse(f"/login?{urlencode(back_to(request))}", status_code=303)
        return as_page("problem.html", request, problem.status, problem=problem)
    headers = {"WWW-Authenticate": "Bearer"} if problem.status == 401 else {}
    kind = "application/problem+json"
    return JSONResponse(problem.document(), problem.status, headers, kind)


def as_page(template: str, request: Request, status: int = 200, /, **values: Any) -> Response:
    """Return a page as an answer, or that it is the one the browser has already."""
    body = page(
        template,
        request.url.path,
        dict(request.query_params),
        principal=getattr(request.state, "principal", None),
        **values,
    )
    # A weak one: the page may be compressed on its way.
    tag = f'W/"{hashlib.sha256(body.encode()).hexdigest()}"'
    headers = {"ETag": tag, "Vary": VARY}
    known = request.headers.get("if-none-match", "").split(",")
    if status == HTTPStatus.OK and tag in (each.strip() for each in known):
        return Response(None, HTTPStatus.NOT_MODIFIED, headers)
    return Response(body, status, headers, "text/html")
