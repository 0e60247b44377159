"""The page to log in on; how a browser logs in and out is `shared/site/login.py`."""

from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from services.reporting.reports import Reports
from services.reporting.web.answering import Door, as_page, language_asked
from shared.access import TOKEN_CHARACTERS_MAX
from shared.site import login
from shared.site.login import Trouble


def routes(door: Door, reports: Reports, codes: Path | None) -> list[Route]:
    """Return the routes to log in and out, the addresses that `codes` hold among them."""

    def form(request: Request, status: int, problem: Trouble | None, action: str) -> Response:
        return as_page(
            "login.html",
            language_asked(request, strict=False),
            request,
            status,
            problem=problem,
            action=action,
            characters_max=TOKEN_CHARACTERS_MAX,
        )

    return login.routes(door, form, reports.now, codes)
