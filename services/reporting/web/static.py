"""Files that pages need: style, script, icon. Named by what is in them, so browsers keep them."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from services.reporting.presentation.pages import NAMES, STATIC_FILES
from services.reporting.web.answering import Door, Problem

MEDIA_TYPES = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}
FOR_EVER = "public, max-age=31536000, immutable"
A_DAY = "public, max-age=86400"


def routes(door: Door) -> list[Route]:
    """Return the route of the files."""

    async def static(request: Request) -> Response:
        name = request.path_params["name"]
        content = STATIC_FILES.get(name)
        if content is None:
            raise Problem(404, "No such file", f"There is no file {name!r} here.")
        kind = MEDIA_TYPES[name.rpartition(".")[2]]
        return Response(content, 200, {"Cache-Control": FOR_EVER}, kind)

    async def icon(request: Request) -> Response:
        """Answer the address that browsers ask by themselves."""
        content = STATIC_FILES[NAMES["icon.svg"]]
        return Response(content, 200, {"Cache-Control": A_DAY}, MEDIA_TYPES["svg"])

    return [door.open("/static/{name}", static), door.open("/favicon.ico", icon)]
