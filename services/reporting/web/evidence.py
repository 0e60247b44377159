"""What a figure counts, at its address."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from services.reporting.asking import against_asked
from services.reporting.reading import Inquiry
from services.reporting.reports import Reports
from services.reporting.trails import Trails, sees_everything
from services.reporting.web.answering import Door, as_json, asked

NO_ROWS = frozenset({"lang", "calendar", "known_at", "against", "page"})
"""Parts of a question that name no row of a breakdown."""


def routes(door: Door, reports: Reports, trails: Trails) -> list[Route]:
    """Return the routes of evidence."""

    def inquiry_of(request: Request) -> Inquiry:
        period, known_at = asked(request, reports.now())
        return Inquiry(
            period,
            request.path_params["metric"],
            known_at,
            {name: row for name, row in request.query_params.items() if name not in NO_ROWS},
            against_asked(request.query_params.get("against")),
        )

    async def evidence(request: Request) -> Response:
        found = await trails.evidence(inquiry_of(request))
        return as_json(found.to_json(everything=sees_everything(request.state.principal)))

    return [
        door.read("/reports/{period}/figures/{metric}.json", evidence),
        door.read("/reports/{period}/figures/{metric}", evidence),
    ]
