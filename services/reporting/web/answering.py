"""How every address is answered: who asks, in which language, and what is said when it goes wrong.

Whoever may read says so with `Authorization: Bearer <token>`, or with the cookie that a browser got
when it logged in (access.py). What goes wrong is a page for a browser and a problem document
(RFC 9457) for everybody else, with the same sentence.
"""

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from services.reporting.asking import known_at_asked, period_asked
from services.reporting.domain.disclosure import NotDisclosed
from services.reporting.domain.evidence import UnknownComparison, UnknownRow
from services.reporting.domain.period import Period
from services.reporting.presentation.language import LOCALES, Language, language_of
from services.reporting.presentation.pages import page
from services.reporting.reading import FuturePeriod, UnknownMetric
from services.reporting.reading.records import UnknownRecord
from shared.access import Action, Principal, may
from shared.errors import InvalidData, Refused, Unavailable, Violation

Answer = Callable[[Request], Awaitable[Response]]

COOKIE = "tandem_token"
SECURITY_HEADERS: Mapping[str, str] = {
    # Nothing from another host, no inline script or style, in no frame.
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class Identifies(Protocol):
    """Who knows the tokens: `shared.access.Access`."""

    def authenticate(self, token: str | None) -> Principal | None:
        """Return whom a token belongs to."""
        ...


@dataclass(frozen=True)
class Problem(Exception):
    """What is wrong with a request, in a sentence for whoever sent it."""

    status: int
    title: str
    detail: str

    def document(self) -> dict[str, Any]:
        """Return the problem document."""
        return {
            "type": "about:blank",
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
        }


@dataclass(frozen=True)
class Door:
    """Lets in who may, and turns what goes wrong into an answer."""

    access: Identifies

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
        return Route(path, self._answered(answer), methods=list(methods))

    def _guarded(self, answer: Answer, action: Action) -> Answer:
        async def guarded(request: Request) -> Response:
            request.state.principal = self._principal(request, action)
            return await answer(request)

        return self._answered(guarded)

    def _answered(self, answer: Answer) -> Answer:
        async def answered(request: Request) -> Response:
            try:
                response = await answer(request)
            except tuple(PROBLEMS) as error:
                response = told(request, problem_of(error))
            for name, value in SECURITY_HEADERS.items():
                response.headers.setdefault(name, value)
            return response

        return answered

    def _principal(self, request: Request, action: Action) -> Principal:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        given = token.strip() if scheme.lower() == "bearer" else request.cookies.get(COOKIE)
        principal = self.access.authenticate(given)
        if principal is None:
            raise Problem(401, "Who are you?", "Send a token of this system as a bearer token.")
        if not may(principal, action):
            raise Problem(403, "Not allowed", f"The role {principal.role} may not {action}.")
        return principal


def refuse_foreign(request: Request) -> None:
    """Refuse a form that another site sends with this browser's cookie.

    Raises:
        Problem: the request says that it comes from elsewhere.
    """
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise Problem(403, "Not allowed", "This form was sent from another site.")
    origin = request.headers.get("origin")
    if origin is not None and origin.partition("://")[2] != request.headers.get("host"):
        raise Problem(403, "Not allowed", "This form was sent from another site.")


def problem_of(error: Exception) -> Problem:
    """Return what is told of an error."""
    return next(told for kind, told in PROBLEMS.items() if isinstance(error, kind))(error)


def _bad_question(error: Any) -> Problem:
    violation: Violation = error.violations[0]
    if violation.field == "period":
        return Problem(404, "Unknown period", f"{violation.description}.")
    return Problem(400, f"Bad {violation.field}", f"{violation.field} {violation.description}.")


def _sentence(error: Any) -> str:
    text = str(error.args[0])
    return text[0].upper() + text[1:]


PROBLEMS: Mapping[type[Exception], Callable[[Any], Problem]] = {
    Problem: lambda problem: problem,
    InvalidData: _bad_question,
    FuturePeriod: lambda error: Problem(404, "Not begun yet", f"{error}."),
    UnknownMetric: lambda error: Problem(404, "Unknown figure", f"{error.args[0]}."),
    UnknownRow: lambda error: Problem(400, "Unknown row", f"{error.args[0]}."),
    UnknownComparison: lambda error: Problem(400, "No such comparison", f"{error.args[0]}."),
    UnknownRecord: lambda error: Problem(404, "Not found", f"{_sentence(error)}."),
    NotDisclosed: lambda error: Problem(403, "Not allowed", f"{_sentence(error)}."),
    Refused: lambda error: Problem(409, "Refused", f"{error}."),
    Unavailable: lambda error: Problem(503, "Not available now", f"{error}."),
}
"""What is told of each error, the first that fits."""


def told(request: Request, problem: Problem) -> Response:
    """Return the answer that tells of a problem."""
    headers = {"WWW-Authenticate": "Bearer"} if problem.status == 401 else {}
    if wants_page(request):
        language = language_asked(request, strict=False)
        body = page("problem.html", language, request.url.path, problem=problem)
        return Response(body, problem.status, headers, "text/html")
    return as_json(problem.document(), problem.status, "application/problem+json", headers)


def wants_page(request: Request) -> bool:
    """Tell whether a browser asks, and not a program."""
    return "text/html" in request.headers.get("accept", "")


def language_asked(request: Request, *, strict: bool = True) -> Language:
    """Return the language of an answer: `?lang=`, else the first one the browser likes.

    Raises:
        Problem: `?lang=` names none that Tandem speaks; not raised unless `strict`.
    """
    asked = request.query_params.get("lang")
    if asked is not None and asked in LOCALES:
        return language_of(asked)
    if asked is not None and strict:
        raise Problem(400, "Bad lang", f"lang is {', '.join(LOCALES)}, not {asked!r}.")
    for entry in request.headers.get("accept-language", "").split(","):
        code = entry.partition(";")[0].strip().partition("-")[0].lower()
        if code in LOCALES:
            return language_of(code)
    return language_of("en")


def asked(request: Request, now: datetime) -> tuple[Period, datetime | None]:
    """Return the period that an address names, and as known when."""
    period = period_asked(request.path_params["period"], request.query_params.get("calendar"))
    return period, known_at_asked(request.query_params.get("known_at"), now)


def as_json(
    document: Any,
    status: int = 200,
    media_type: str = "application/json",
    headers: dict[str, str] | None = None,
) -> Response:
    """Return a JSON document as an answer."""
    body = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
    return Response(body, status, headers, media_type)


def as_page(
    template: str, language: Language, request: Request, status: int = 200, /, **values: Any
) -> Response:
    """Return a page as an answer; its links to itself keep the question that was asked."""
    principal = getattr(request.state, "principal", None)
    body = page(template, language, request.url.path, principal=principal, **values)
    return Response(body, status, {"Vary": "Accept-Language, Cookie"}, "text/html")
