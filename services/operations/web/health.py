"""Is it well? One sentence, and what every part says of itself."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from services.operations.domain.health import REASONS_SHOWN_MAX, verdict
from services.operations.presentation.pages import Entry
from services.operations.web.answering import as_page
from services.operations.web.parts import Parts

ENTRY = Entry("/", "Healthy?")


def routes(parts: Parts) -> list[Route]:
    """Return the route of the front page."""

    async def healthy(request: Request) -> Response:
        seen = parts.looking.seen
        return as_page(
            "healthy.html",
            request,
            seen=seen,
            verdict=verdict(seen),
            now=parts.now(),
            reasons_shown=REASONS_SHOWN_MAX,
        )

    return [parts.door.page("/", healthy)]
