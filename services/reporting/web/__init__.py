"""HTTP of reporting: pages for people, JSON and files for programs, all from the same report.

answering.py says who is let in and what is told when something goes wrong; each other module
answers some addresses: reports.py reports and the list of them, live.py the figures that move,
publications.py what was published, files.py reports as files, evidence.py what a figure counts,
records.py one city, activity, resource or fact, and why a city is not counted, feeds.py what
calendars and readers follow, access.py the page to log in on.
Every address, and who may ask: docs/http.md.
"""

import asyncio
import os
from collections.abc import Sequence
from pathlib import Path

from starlette.routing import BaseRoute
from starlette.types import ASGIApp

from services.reporting.presentation.pages import FILES
from services.reporting.publishing import Publishing
from services.reporting.reports import Reports
from services.reporting.trails import Trails
from services.reporting.web import access as logging_in
from services.reporting.web import (
    evidence,
    feeds,
    files,
    live,
    publications,
    records,
    reports,
)
from services.reporting.web.answering import Door, told
from shared.site import whole
from shared.site.door import Identifies
from shared.site.sessions import SECRET_BYTES, Sessions

NOT_COMPRESSED = (
    "application/pdf",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
)
"""Types that are small already."""


def site(routes: Sequence[BaseRoute]) -> ASGIApp:
    """Return reporting's site: its routes, with an answer to all else."""
    return whole.site(routes, told, NOT_COMPRESSED)


def routes(
    found: Reports,
    trails: Trails,
    publishing: Publishing,
    access: Identifies,
    sessions: Sessions | None = None,
    login_codes: Path | None = None,
    stopped: asyncio.Event | None = None,
) -> list[BaseRoute]:
    """Return the routes of reporting.

    Args:
        found: the reports.
        trails: what leads from them to the facts, and back.
        publishing: publishes them, and answers for what was published.
        access: who knows the tokens.
        sessions: what browsers keep; without, sessions that end with the process.
        login_codes: the folder of addresses that log a browser in; None where there are none.
        stopped: set when the service ends, and with it what is told without end.
    """
    door = Door(access, sessions or Sessions(os.urandom(SECRET_BYTES), found.now))
    return [
        *logging_in.routes(door, found, login_codes),
        *FILES.routes(door),
        *evidence.routes(door, found, trails),
        *records.routes(door, found, trails),
        *feeds.routes(door, found, publishing),
        *files.routes(door, found, publishing),
        *publications.routes(door, found, publishing),
        *live.routes(door, found, stopped or asyncio.Event()),
        *reports.routes(door, found, publishing),
    ]
