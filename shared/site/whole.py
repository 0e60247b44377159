"""A whole site: its routes, compressed and bounded, with an answer to what no route answers."""

from collections.abc import Callable, Sequence
from http import HTTPStatus

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.gzip import DEFAULT_EXCLUDED_CONTENT_TYPES, GZipMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute
from starlette.types import ASGIApp

from shared.site.bounds import Bounded
from shared.site.headers import with_usual_headers
from shared.site.problems import Problem

COMPRESSION_LEVEL = 5
COMPRESSED_BYTES_MIN = 1_000
UNFORESEEN = "Something went wrong here. Whoever runs the system finds it in the log."

Told = Callable[[Request, Problem], Response]
"""Tells of a problem: as a page or as a document, in the site's own words."""


def site(routes: Sequence[BaseRoute], told: Told, not_compressed: Sequence[str] = ()) -> ASGIApp:
    """Return a site of these routes.

    Args:
        routes: what it answers.
        told: tells what goes wrong.
        not_compressed: media types that are small already.
    """

    async def refused_by_router(request: Request, error: Exception) -> Response:
        """Answer an unknown address, or a method that one does not have."""
        status = error.status_code if isinstance(error, HTTPException) else 500
        headers = error.headers if isinstance(error, HTTPException) else None
        detail = {
            404: f"There is nothing at {request.url.path}.",
            405: f"{request.url.path} does not answer {request.method}.",
        }.get(status, f"{error}.")
        response = told(request, Problem(status, HTTPStatus(status).phrase, detail))
        response.headers.update(headers or {})
        return with_usual_headers(response)

    async def failed(request: Request, error: Exception) -> Response:
        """Answer what nobody foresaw; what it was stands in the log alone."""
        return with_usual_headers(told(request, Problem(500, "Internal Server Error", UNFORESEEN)))

    return Starlette(
        routes=routes,
        middleware=[
            Middleware(
                GZipMiddleware,
                minimum_size=COMPRESSED_BYTES_MIN,
                compresslevel=COMPRESSION_LEVEL,
                exclude_content_types=(*DEFAULT_EXCLUDED_CONTENT_TYPES, *not_compressed),
            ),
            Middleware(Bounded),
        ],
        exception_handlers={HTTPException: refused_by_router, Exception: failed},
    )
