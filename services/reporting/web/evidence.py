"""What a figure counts, at its address."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from services.reporting.reports import Reports
from services.reporting.web.answering import Door, as_json, asked


def routes(door: Door, reports: Reports) -> list[Route]:
    """Return the routes of evidence."""

    async def evidence(request: Request) -> Response:
        period, known_at = asked(request, reports.now())
        found = await reports.evidence(period, request.path_params["metric"], known_at)
        everything = reports.sees_everything(request.state.principal)
        return as_json(found.to_json(everything=everything))

    return [
        door.read("/reports/{period}/figures/{metric}.json", evidence),
        door.read("/reports/{period}/figures/{metric}", evidence),
    ]
