"""Is it behind? What waits at each hop, and for how long the oldest."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from services.operations.domain.health import AGE_SECONDS_MAX
from services.operations.domain.hops import hops
from services.operations.presentation.pages import Entry
from services.operations.web.answering import as_page
from services.operations.web.parts import Parts

ENTRY = Entry("/behind", "Behind")


def routes(parts: Parts) -> list[Route]:
    """Return the route of what waits."""

    async def behind(request: Request) -> Response:
        seen = parts.looking.seen
        found = hops(seen) if seen else ()
        return as_page(
            "behind.html",
            request,
            seen=seen,
            hops=found,
            oldest=max((hop.age for hop in found), default=0.0),
            late=[hop for hop in found if hop.late],
            silent=[each.name for each in (seen.services if seen else ()) if each.silent],
            late_after=AGE_SECONDS_MAX,
        )

    return [parts.door.page("/behind", behind)]
