"""Reports at their addresses, and the list of them."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from services.reporting.reports import Reports
from services.reporting.web.answering import Door, Problem, as_json, asked, wants_page


def routes(door: Door, reports: Reports) -> list[Route]:
    """Return the routes of reports."""

    async def report(request: Request) -> Response:
        period, known_at = asked(request, reports.now())
        found = await reports.report(period, known_at, whole=True)
        return Response(found.json, media_type="application/json")

    async def listed(request: Request) -> Response:
        return as_json({"reports": await reports.entries()})

    async def latest(request: Request) -> Response:
        entries = await reports.entries()
        if not entries:
            raise Problem(404, "No report yet", "No fact that a report counts has been recorded.")
        suffix = "" if wants_page(request) else ".json"
        return RedirectResponse(f"/reports/{entries[0]['period']['id']}{suffix}", status_code=302)

    return [
        door.read("/reports.json", listed),
        door.read("/reports/latest", latest),
        door.read("/reports/{period}.json", report),
    ]
