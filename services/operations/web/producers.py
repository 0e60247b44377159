"""Who sends what, how late, and under which keys."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from services.operations.domain.producers import producers
from services.operations.hearing import RECORDED_MAX
from services.operations.presentation.pages import Entry
from services.operations.web.answering import as_page
from services.operations.web.parts import Parts

ENTRY = Entry("/producers", "Producers")


def routes(parts: Parts) -> list[Route]:
    """Return the route of producers."""

    async def page(request: Request) -> Response:
        heard = await parts.hearing.heard()
        found = producers(heard, parts.hearing.known(), parts.looking.seen)
        return as_page(
            "producers.html",
            request,
            producers=found,
            now=parts.now(),
            recorded_max=RECORDED_MAX,
        )

    return [parts.door.page("/producers", page)]
