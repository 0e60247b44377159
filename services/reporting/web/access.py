"""Logging in and out with a browser: by a token, or by an address that works once.

`tandem up` and `tandem login` print such an address. Neither token nor session ever stands in an
address, and whoever fails too often from one machine waits.
"""

import re
import time
from collections import deque
from collections.abc import Callable
from math import ceil
from pathlib import Path
from typing import Literal
from urllib.parse import urlencode

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from services.reporting.reports import Reports
from services.reporting.web.answering import (
    COOKIE,
    Door,
    Problem,
    as_page,
    language_asked,
    refuse_foreign,
)
from services.reporting.web.sessions import SESSION_SECONDS_MAX
from shared.access import TOKEN_CHARACTERS_MAX
from shared.login_codes import spend_code

FRONT = "/"
HERE = re.compile(r"/(?![/\\])[\x21-\x7e]*")
"""A place on this site: no second slash, which would begin the name of another."""
KEPT = ("lang", "next")
"""What the form keeps of the question it was asked with; a code is spent by then."""
Trouble = Literal["unknown", "spent", "too often"]
"""Why somebody is not logged in; the page says it in words."""
FIELDS_MAX = 4
FAILURES_MAX = 10
FAILURES_SECONDS = 60.0
ADDRESSES_MAX = 1_000


class Failures:
    """How often somebody failed to log in lately, by the address they ask from."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        """Nobody has failed yet."""
        self._monotonic = monotonic
        self._of: dict[str, deque[float]] = {}

    def add(self, address: str) -> None:
        """Remember that somebody failed."""
        failed = self._of.pop(address, deque(maxlen=FAILURES_MAX))
        failed.append(self._monotonic())
        self._of[address] = failed
        while len(self._of) > ADDRESSES_MAX:
            del self._of[next(iter(self._of))]

    def wait_seconds(self, address: str) -> int:
        """Return for how long an address has to wait before it may try again; 0 for not at all."""
        failed = self._of.get(address)
        if failed is None or len(failed) < FAILURES_MAX:
            return 0
        return max(0, ceil(failed[0] + FAILURES_SECONDS - self._monotonic()))


def routes(door: Door, reports: Reports, codes: Path | None) -> list[Route]:
    """Return the routes to log in and out, the addresses that `codes` hold among them."""
    failures = Failures()

    def form(
        request: Request, status: int = 200, problem: Trouble | None = None, wait: int = 0
    ) -> Response:
        language = language_asked(request, strict=False)
        kept = {name: request.query_params[name] for name in KEPT if name in request.query_params}
        response = as_page(
            "login.html",
            language,
            request,
            status,
            problem=problem,
            action=f"/login?{urlencode(kept)}",
            characters_max=TOKEN_CHARACTERS_MAX,
        )
        response.headers["Cache-Control"] = "no-store"
        if wait:
            response.headers["Retry-After"] = str(wait)
        return response

    def entered(request: Request, token: str) -> Response:
        response = RedirectResponse(place_here(request.query_params.get("next")), 303)
        _keep(response, request, door.sessions.begin(token), SESSION_SECONDS_MAX)
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
        token = spend_code(codes, code, reports.now()) if codes else None
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
        await door.sessions.end(request.cookies.get(COOKIE, ""))
        response = RedirectResponse("/login", 303)
        _keep(response, request, "", 0)
        return response

    return [
        door.open("/login", login),
        door.open("/login", try_token, ("POST",)),
        door.open("/logout", logout, ("POST",)),
    ]


def place_here(target: str | None) -> str:
    """Return where to go on when that is a place on this site, else the front page."""
    return target if target is not None and HERE.fullmatch(target) else FRONT


def _keep(response: Response, request: Request, session: str, seconds: int) -> None:
    """Let the browser keep a session: away from scripts, and by https alone if it came by https."""
    response.set_cookie(
        COOKIE,
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
