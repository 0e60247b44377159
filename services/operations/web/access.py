"""The page to log in on; how a browser logs in and out is `shared/site/login.py`."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from services.operations.web.answering import as_page
from services.operations.web.parts import Parts
from shared.access import TOKEN_CHARACTERS_MAX
from shared.site import login
from shared.site.login import Trouble


def routes(parts: Parts) -> list[Route]:
    """Return the routes to log in and out."""

    def form(request: Request, status: int, problem: Trouble | None, action: str) -> Response:
        return as_page(
            "login.html",
            request,
            status,
            problem=problem,
            action=action,
            characters_max=TOKEN_CHARACTERS_MAX,
        )

    return login.routes(parts.door, form, parts.now, parts.login_codes)
