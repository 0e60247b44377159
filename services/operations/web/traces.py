"""Traces: found by what a span of theirs is."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from services.operations.asking import DEFAULT_WITHIN, WITHIN, search_asked
from services.operations.finding import TRACES_MAX
from services.operations.presentation.pages import Entry
from services.operations.web.answering import as_page
from services.operations.web.parts import Parts

ENTRY = Entry("/traces", "Traces")


def routes(parts: Parts) -> list[Route]:
    """Return the routes of traces."""

    async def traces(request: Request) -> Response:
        search = search_asked(request.query_params, parts.now())
        found = await parts.finding.search(search)
        return as_page(
            "traces.html",
            request,
            asked=request.query_params,
            found=found,
            longest=max((each.duration for each in found), default=0),
            services=await parts.finding.services(),
            within=tuple(WITHIN),
            default_within=DEFAULT_WITHIN,
            traces_max=TRACES_MAX,
        )

    return [parts.door.page("/traces", traces)]
