"""How every address is answered: who asks, in which language, and what is said when it goes wrong.

Whoever may read says so with `Authorization: Bearer <token>`, or with the session that a browser
got when it logged in (shared/site). What goes wrong is a page for a browser and a problem document
(RFC 9457) for everybody else, with the same sentence; a browser that nobody has logged in with is
led to where one does.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from services.reporting.asking import known_at_asked, period_asked
from services.reporting.domain.disclosure import NotDisclosed
from services.reporting.domain.evidence import UnknownComparison, UnknownRow
from services.reporting.domain.period import Period
from services.reporting.presentation.language import LOCALES, Language, language_of
from services.reporting.presentation.pages import page
from services.reporting.presentation.problems import retold
from services.reporting.reading import FuturePeriod, UnknownMetric
from services.reporting.reading.records import UnknownRecord
from services.reporting.web.subscriptions import Subscriptions
from shared.access import Action, Principal, may
from shared.errors import (
    InvalidData,
    NotFound,
    Refused,
    Unavailable,
    VersionConflict,
    Violation,
)
from shared.site.door import Answer, Guarded, Tells
from shared.site.headers import VARY
from shared.site.login import back_to
from shared.site.problems import Problem, capital

COOKIE = "tandem_session"
LANGUAGE_COOKIE = "tandem_language"
LANGUAGE_SECONDS = 365 * 24 * 60 * 60


class Telling:
    """How reporting tells what goes wrong: a page, or a problem document."""

    @property
    def expected(self) -> tuple[type[Exception], ...]:
        """The errors that are told."""
        return tuple(PROBLEMS)

    def __call__(self, request: Request, error: Exception) -> Response:
        """Return the answer that tells of an error."""
        return told(request, problem_of(error))


@dataclass(frozen=True)
class Door(Guarded):
    """The door of reporting, which programs may also enter by a key in an address."""

    cookie: str = COOKIE
    tells: Tells = field(default_factory=Telling)

    def follow(self, path: str, answer: Answer) -> Route:
        """Return the route of something that programs follow by a key in its address."""

        async def followed(request: Request) -> Response:
            request.state.principal = await self._follower(request)
            return await answer(request)

        return Route(path, self.answered(followed), methods=["GET"])

    @cached_property
    def subscriptions(self) -> Subscriptions:
        """The keys in the addresses that programs follow."""
        return Subscriptions(self.sessions)

    async def _follower(self, request: Request) -> Principal:
        """Return who follows something: a viewer, when a key says who; else whoever asks."""
        key = request.query_params.get("key")
        if key is None:
            return await self.principal(request, Action.READ)
        principal = self.access.authenticate(self.subscriptions.token_of(key))
        if principal is None or not may(principal, Action.READ):
            raise Problem(401, "Who are you?", "This address is not valid, or not any more.")
        return principal.model_copy(update={"role": "viewer"})


def problem_of(error: Exception) -> Problem:
    """Return what is told of an error."""
    return next(told for kind, told in PROBLEMS.items() if isinstance(error, kind))(error)


def _bad_question(error: Any) -> Problem:
    violation: Violation = error.violations[0]
    if violation.field == "period":
        return Problem(404, "Unknown period", f"{violation.description}.")
    return Problem(400, f"Bad {violation.field}", f"{violation.field} {violation.description}.")


PROBLEMS: Mapping[type[Exception], Callable[[Any], Problem]] = {
    Problem: lambda problem: problem,
    InvalidData: _bad_question,
    FuturePeriod: lambda error: Problem(404, "Not begun yet", f"{error}."),
    UnknownMetric: lambda error: Problem(404, "Unknown figure", f"{error.args[0]}."),
    UnknownRow: lambda error: Problem(400, "Unknown row", f"{error.args[0]}."),
    UnknownComparison: lambda error: Problem(400, "No such comparison", f"{error.args[0]}."),
    UnknownRecord: lambda error: Problem(404, "Not found", f"{capital(error)}."),
    NotDisclosed: lambda error: Problem(403, "Not allowed", f"{capital(error)}."),
    NotFound: lambda error: Problem(404, "Not found", f"{capital(error)}."),
    VersionConflict: lambda error: Problem(409, "Others came first", f"{capital(error)}."),
    Refused: lambda error: Problem(409, "Refused", f"{capital(error)}."),
    Unavailable: lambda error: Problem(503, "Not available now", f"{error}."),
}
"""What is told of each error, the first that fits."""


def told(request: Request, problem: Problem) -> Response:
    """Return the answer that tells of a problem, which nobody keeps."""
    response = _told(request, problem)
    response.headers["Cache-Control"] = "no-store"
    return response


def _told(request: Request, problem: Problem) -> Response:
    language = language_asked(request, strict=False)
    detail = retold(problem.detail, language)
    if wants_page(request):
        if problem.status == 401 and request.method in ("GET", "HEAD"):
            return RedirectResponse(f"/login?{urlencode(_back_to(request))}", status_code=303)
        told_in = language if detail else language_of("en")
        return as_page(
            "problem.html",
            language,
            request,
            problem.status,
            problem=problem,
            detail=detail or problem.detail,
            told_in=told_in.tag,
        )
    headers = {"WWW-Authenticate": "Bearer"} if problem.status == 401 else {}
    if detail:
        problem = replace(problem, title=language.text(problem.title), detail=detail)
        headers["Content-Language"] = language.tag
    return as_json(problem.document(), problem.status, "application/problem+json", headers)


def _back_to(request: Request) -> Mapping[str, str]:
    """Return the question of the page to log in on: in which language, and where to go on."""
    asked = request.query_params.get("lang")
    return {**back_to(request)} | ({"lang": asked} if asked in LOCALES else {})


def wants_page(request: Request) -> bool:
    """Tell whether a browser asks, and not a program."""
    return "text/html" in request.headers.get("accept", "")


def language_asked(request: Request, *, strict: bool = True) -> Language:
    """Return the language of an answer.

    `?lang=` says it, else what was last chosen that way, else the first one the browser likes.

    Raises:
        Problem: `?lang=` names none that Tandem speaks; not raised unless `strict`.
    """
    asked = request.query_params.get("lang")
    if asked is not None and asked in LOCALES:
        return language_of(asked)
    if asked is not None and strict:
        raise Problem(400, "Bad lang", f"lang is {', '.join(LOCALES)}, not {asked!r}.")
    preferred = [
        request.cookies.get(LANGUAGE_COOKIE, ""),
        *request.headers.get("accept-language", "").split(","),
    ]
    for entry in preferred:
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
    """Return a page as an answer, or that it is the one the browser has already.

    Its links to itself keep the question that was asked.
    """
    principal = getattr(request.state, "principal", None)
    question = dict(request.query_params)
    body = page(template, language, request.url.path, question, principal=principal, **values)
    # A weak one: the page may be compressed on its way.
    tag = f'W/"{hashlib.sha256(body.encode()).hexdigest()}"'
    headers = {"Content-Language": language.tag, "ETag": tag, "Vary": VARY}
    known = request.headers.get("if-none-match", "").split(",")
    if status == HTTPStatus.OK and tag in (each.strip() for each in known):
        return Response(None, HTTPStatus.NOT_MODIFIED, headers)
    response = Response(body, status, headers, "text/html")
    if request.query_params.get("lang") == language.code:
        response.set_cookie(
            LANGUAGE_COOKIE, language.code, LANGUAGE_SECONDS, httponly=True, samesite="lax"
        )
    return response
