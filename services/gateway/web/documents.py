"""What the gateway says of itself, for everybody: schemas are no secret.

A browser gets a page, anybody else the document. A page has no script, and its style comes from
here.
"""

from collections.abc import Mapping
from importlib.metadata import version

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from services.gateway.presentation import asyncapi, openapi, pages
from services.gateway.presentation.contracts import types
from services.gateway.web.answering import Door, Problem, as_json

PAGE_HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    ),
    "Cache-Control": "no-cache",
    "Vary": "Accept",
}
DOCUMENT_HEADERS = {"Cache-Control": "no-cache", "Vary": "Accept"}


def routes(door: Door, nats: str) -> list[Route]:
    """Return the routes of documents; `nats` is where the broker is."""
    release = version("tandem-cities")
    over_http, over_nats = openapi.document(release), asyncapi.document(release, nats)
    known = {each.name: each for each in types()}

    async def docs(request: Request) -> Response:
        return _page(pages.docs_page(over_http))

    async def openapi_json(request: Request) -> Response:
        return as_json(over_http, headers=DOCUMENT_HEADERS)

    async def asyncapi_json(request: Request) -> Response:
        return as_json(over_nats, headers=DOCUMENT_HEADERS)

    async def asyncapi_page(request: Request) -> Response:
        if not _wants_page(request):
            return await asyncapi_json(request)
        return _page(pages.asyncapi_page(over_nats))

    async def schemas(request: Request) -> Response:
        if _wants_page(request):
            return _page(pages.schemas_page())
        listed = [
            {"type": each.name, "description": each.says, "href": f"/schemas/{each.name}"}
            for each in known.values()
        ]
        return as_json({"schemas": listed}, headers=DOCUMENT_HEADERS)

    async def schema(request: Request) -> Response:
        found = known.get(request.path_params["type"])
        if found is None:
            raise Problem(404, "No such type", "There is no type of this name; /schemas lists all.")
        if _wants_page(request):
            return _page(pages.schema_page(found))
        return as_json(found.schema, 200, "application/schema+json", DOCUMENT_HEADERS)

    async def style(request: Request) -> Response:
        return Response(pages.STYLE, headers=dict(DOCUMENT_HEADERS), media_type="text/css")

    return [
        door.open("/docs", docs),
        door.open("/docs/gateway.css", style),
        door.open("/openapi.json", openapi_json),
        door.open("/asyncapi", asyncapi_page),
        door.open("/asyncapi.json", asyncapi_json),
        door.open("/schemas", schemas),
        door.open("/schemas/{type}", schema),
    ]


def _wants_page(request: Request) -> bool:
    return "text/html" in request.headers.get("accept", "")


def _page(text: str) -> Response:
    return Response(text, headers=dict(PAGE_HEADERS), media_type="text/html")
