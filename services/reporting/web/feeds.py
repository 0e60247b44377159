"""The calendar of activities at its address."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from services.reporting.presentation.feeds import calendar_of
from services.reporting.reports import Reports
from services.reporting.web.answering import Door, language_asked


def routes(door: Door, reports: Reports) -> list[Route]:
    """Return the routes of feeds."""

    async def activities(request: Request) -> Response:
        site = str(request.base_url).rstrip("/")
        body = calendar_of(await reports.appointments(), language_asked(request), site)
        headers = {"Content-Disposition": 'inline; filename="activities.ics"'}
        return Response(body, headers=headers, media_type="text/calendar")

    return [door.read("/activities.ics", activities)]
