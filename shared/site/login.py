"""Logging in and out with a browser: by a token, or by an address that works once.

`tandem up` and `tandem login` print such an address. Neither token nor session ever stands in an
address, and whoever fails too often from one machine waits.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Literal, Protocol
from urllib.parse import quote, urlencode

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from shared.clock import Clock
from shared.login_codes import spend_code
from shared.site.door import Guarded
from shared.site.failures import Failures
from shared.site.foreign import refuse_foreign
from shared.site.problems import Problem
from shared.site.sessions import SESSION_SECONDS_MAX

FRONT = "/"
HERE = re.compile(r"/(?![/\\])[\x21-\x7e]*")
"""A place on this site: no second slash, which would begin the name of another."""
KEPT = ("lang", "next")
"""What the form keeps of the question it was asked with; a code is spent by then."""
Trouble = Literal["unknown", "spent", "too often"]
"""Why somebody is not logged in; the page says it in words."""
FIELDS_MAX = 4


class Form(Protocol):
    """The page to log in on, in a service's own looks and words."""

    def __call__(
        self, request: Request, status: int, problem: Trouble | None, action: str
    ) -> Response:
        """Return the page, with what went wrong, and where its form is sent."""
        ...


def routes(door: Guarded, page: Form, now: Clock, codes: Path | None) -> list[Route]:
    """Return the routes to log in and out, the addresses that `codes` hold among them."""
    failures = Failures()

    def form(
        request: Request, status: int = 200, problem: Trouble | None = None, wait: int = 0
    ) -> Response:
        kept = {name: request.query_params[name] for name in KEPT if name in request.query_params}
        response = page(request, status, problem, f"/login?{urlencode(kept)}")
        response.headers["Cache-Control"] = "no-store"
        if wait:
            response.headers["Retry-After"] = str(wait)
        return response

    def entered(request: Request, token: str) -> Response:
        response = RedirectResponse(place_here(request.query_params.get("next")), 303)
        _keep(response, request, door, door.sessions.begin(token), SESSION_SECONDS_MAX)
        response.headers["Cache-Control"] = "no-store"
        return response

    def refused(request: Request, problem: Trouble) -> Response:
        failures.add(_address(request))
        return form(request, 403, problem)

    async def login(request: Request) -> Response:
        request.state.principal = await door.principal_of(request)
        code = request.query_params.get("code")
        # Who only asks for the head, as some programs do with every link they see, spends nothing.
        if code is None or request.method == "HEAD":
            return form(request)
        if wait := failures.wait_seconds(_address(request)):
            return form(request, 429, "too often", wait)
        token = spend_code(codes, code, now()) if codes else None
        if token is not None:
            return entered(request, token)
        if request.state.principal is not None:
            return RedirectResponse(place_here(request.query_params.get("next")), 303)
        return refused(request, "spent")

    async def try_token(request: Request) -> Response:
        refuse_foreign(request)
        request.state.principal = None
        if wait := failures.wait_seconds(_address(request)):
            return form(request, 429, "too often", wait)
        token = await _token_in(request)
        if door.access.authenticate(token) is None:
            return refused(request, "unknown")
        return entered(request, token)

    async def logout(request: Request) -> Response:
        refuse_foreign(request)
        await door.sessions.end(request.cookies.get(door.cookie, ""))
        response = RedirectResponse("/login", 303)
        _keep(response, request, door, "", 0)
        return response

    return [
        door.open("/login", login),
        door.open("/login", try_token, ("POST",)),
        door.open("/logout", logout, ("POST",)),
    ]


def place_here(target: str | None) -> str:
    """Return where to go on when that is a place on this site, else the front page."""
    return target if target is not None and HERE.fullmatch(target) else FRONT


def back_to(request: Request) -> Mapping[str, str]:
    """Return where somebody goes on who has to log in first, as a part of that page's address."""
    query = request.url.query
    return {"next": quote(request.url.path) + (f"?{query}" if query else "")}


def _keep(response: Response, request: Request, door: Guarded, session: str, seconds: int) -> None:
    """Let the browser keep a session: away from scripts, and by https alone if it came by https."""
    response.set_cookie(
        door.cookie,
        session,
        max_age=seconds,
        path="/",
        secure=request.url.scheme == "https",
        httponly=True,
        samesite="lax",
    )


def _address(request: Request) -> str:
    return request.client.host if request.client else ""


async def _token_in(request: Request) -> str:
    """Return the token in a form."""
    try:
        form = await request.form(max_files=0, max_fields=FIELDS_MAX)
    except HTTPException as error:
        raise Problem(400, "Bad form", f"{error.detail}.") from None
    token = form.get("token")
    return token.strip() if isinstance(token, str) else ""
