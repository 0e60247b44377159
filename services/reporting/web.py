"""HTTP: reports, the evidence of their figures and the list of periods, as JSON.

Whoever may read says so with `Authorization: Bearer <token>`. What goes wrong is answered with a
problem document (RFC 9457) of one sentence. Everything here is read; nothing can be changed.
"""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from services.reporting.asking import known_at_asked, period_asked
from services.reporting.domain.period import Period
from services.reporting.reading import FuturePeriod, UnknownMetric
from services.reporting.reports import Reports
from shared.access import Action, Principal, may
from shared.errors import InvalidData, Violation

Answer = Callable[[Request], Awaitable[Response]]


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

    def response(self) -> Response:
        """Return the problem document."""
        document = {
            "type": "about:blank",
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
        }
        headers = {"WWW-Authenticate": "Bearer"} if self.status == 401 else {}
        return _json(document, self.status, "application/problem+json", headers)


def routes(reports: Reports, access: Identifies) -> list[Route]:
    """Return the routes that read reports."""

    async def report(request: Request) -> Response:
        period, known_at = _asked(request, reports.now())
        found = await reports.report(period, known_at, whole=True)
        return Response(found.json, media_type="application/json")

    async def evidence(request: Request) -> Response:
        period, known_at = _asked(request, reports.now())
        found = await reports.evidence(period, request.path_params["metric"], known_at)
        everything = reports.sees_everything(request.state.principal)
        return _json(found.to_json(everything=everything))

    async def listed(request: Request) -> Response:
        return _json({"reports": await reports.entries()})

    async def latest(request: Request) -> Response:
        entries = await reports.entries()
        if not entries:
            raise Problem(404, "No report yet", "No fact that a report counts has been recorded.")
        return RedirectResponse(f"/reports/{entries[0]['period']['id']}.json", status_code=302)

    def read(path: str, answer: Answer) -> Route:
        return Route(path, _guarded(answer, access), methods=["GET"])

    return [
        read("/reports.json", listed),
        read("/reports/latest", latest),
        read("/reports/{period}/figures/{metric}.json", evidence),
        read("/reports/{period}/figures/{metric}", evidence),
        read("/reports/{period}.json", report),
    ]


def _guarded(answer: Answer, access: Identifies) -> Answer:
    """Let in who may read, and turn what goes wrong into a problem document."""

    async def guarded(request: Request) -> Response:
        try:
            request.state.principal = _principal(request, access)
            return await answer(request)
        except Problem as problem:
            return problem.response()
        except InvalidData as error:
            return _bad_question(error.violations[0]).response()
        except FuturePeriod as error:
            return Problem(404, "Not begun yet", f"{error}.").response()
        except UnknownMetric as error:
            return Problem(404, "Unknown figure", f"{error.args[0]}.").response()

    return guarded


def _bad_question(violation: Violation) -> Problem:
    if violation.field == "period":
        return Problem(404, "Unknown period", f"{violation.description}.")
    return Problem(400, f"Bad {violation.field}", f"{violation.field} {violation.description}.")


def _principal(request: Request, access: Identifies) -> Principal:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    principal = access.authenticate(token.strip()) if scheme.lower() == "bearer" else None
    if principal is None:
        raise Problem(401, "Who are you?", "Send a token of this system as a bearer token.")
    if not may(principal, Action.READ):
        raise Problem(403, "Not allowed", f"The role {principal.role} may not {Action.READ}.")
    return principal


def _asked(request: Request, now: datetime) -> tuple[Period, datetime | None]:
    period = period_asked(request.path_params["period"], request.query_params.get("calendar"))
    return period, known_at_asked(request.query_params.get("known_at"), now)


def _json(
    document: Any,
    status: int = 200,
    media_type: str = "application/json",
    headers: dict[str, str] | None = None,
) -> Response:
    body = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
    return Response(body, status, headers, media_type)
