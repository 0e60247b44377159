"""HTTP of operations: pages for operators, and what services send of themselves.

answering.py says who is let in and how things are told; each of MODULES answers the addresses of
one page, which stands in the navigation under its ENTRY; access.py is the page to log in on,
receiving.py takes spans and log records. Every address, and who may ask: docs/http.md.
"""

from collections.abc import Sequence
from types import ModuleType

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute
from starlette.types import ASGIApp

from services.operations.presentation.pages import FILES, Entry, navigation
from services.operations.web import (
    access,
    acts,
    behind,
    follow,
    health,
    producers,
    receiving,
    refused,
    repair,
    traces,
)
from services.operations.web.answering import told
from services.operations.web.parts import Parts
from shared.site import whole

__all__ = ["Parts", "routes", "site"]

MODULES: Sequence[ModuleType] = (
    health,
    behind,
    refused,
    repair,
    follow,
    traces,
    producers,
    acts,
)
"""The pages, in the order in which an operator asks."""


def site(routes: Sequence[BaseRoute]) -> ASGIApp:
    """Return the site: its routes, with an answer to all else."""
    return whole.site(routes, told)


def routes(parts: Parts) -> list[BaseRoute]:
    """Return the routes of operations."""
    entries: list[Entry] = [module.ENTRY for module in MODULES]
    navigation(entries)
    front = [] if any(entry.path == "/" for entry in entries) else [_front(parts, entries[0])]
    return [
        *access.routes(parts),
        *receiving.routes(parts),
        *FILES.routes(parts.door),
        *front,
        *(route for module in MODULES for route in module.routes(parts)),
    ]


def _front(parts: Parts, first: Entry) -> BaseRoute:
    async def front(request: Request) -> Response:
        return RedirectResponse(first.path, 303)

    return parts.door.open("/", front)
