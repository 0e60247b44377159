"""HTTP of reporting: pages for people, JSON and files for programs, all from the same report.

answering.py says who is let in and what is told when something goes wrong; each other module
answers some addresses: reports.py reports and the list of them, evidence.py what a figure counts,
records.py one city, activity, resource or fact, and why a city is not counted, static.py the files
that pages need.
"""

from starlette.routing import BaseRoute

from services.reporting.reports import Reports
from services.reporting.trails import Trails
from services.reporting.web import evidence, records, reports, static
from services.reporting.web.answering import Door, Identifies


def routes(found: Reports, trails: Trails, access: Identifies) -> list[BaseRoute]:
    """Return the routes of reporting."""
    door = Door(access)
    return [
        *static.routes(door),
        *evidence.routes(door, found, trails),
        *records.routes(door, found, trails),
        *reports.routes(door, found),
    ]
