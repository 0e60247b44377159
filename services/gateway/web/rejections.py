"""GET /rejections: which messages of one's own could not be accepted, the newest first."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from services.gateway.rejections import Rejections
from services.gateway.web.answering import Door, as_json
from shared.access import Principal


def routes(door: Door, rejections: Rejections) -> list[Route]:
    """Return the route that rejections are listed at."""

    async def listed(request: Request) -> Response:
        principal: Principal = request.state.principal
        return as_json({"rejections": await rejections.of(principal.name)})

    return [door.guarded("/rejections", listed)]
