"""HTTP of reporting: pages for people, JSON and files for programs, all from the same report.

answering.py says who is let in and what is told when something goes wrong; each other module
answers some addresses: reports.py reports and the list of them, live.py the figures that move,
publications.py what was published, files.py reports as files, evidence.py what a figure counts,
feeds.py what calendars and readers follow, static.py the files that pages need.
"""

import asyncio

from starlette.routing import BaseRoute

from services.reporting.publishing import Publishing
from services.reporting.reports import Reports
from services.reporting.web import evidence, feeds, files, live, publications, reports, static
from services.reporting.web.answering import Door, Identifies


def routes(
    found: Reports,
    publishing: Publishing,
    access: Identifies,
    stopped: asyncio.Event | None = None,
) -> list[BaseRoute]:
    """Return the routes of reporting; what is told for ever ends when the service is `stopped`."""
    door = Door(access)
    return [
        *static.routes(door),
        *evidence.routes(door, found),
        *feeds.routes(door, found, publishing),
        *files.routes(door, found, publishing),
        *publications.routes(door, found, publishing),
        *live.routes(door, found, stopped or asyncio.Event()),
        *reports.routes(door, found),
    ]
