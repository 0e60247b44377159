"""What calendars and readers of feeds follow: activities, and published reports.

Such a program cannot log in, so whoever asks gets addresses with a key of their own.
"""

from collections.abc import Mapping
from urllib.parse import urlencode

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from services.reporting.domain.period import parse_period
from services.reporting.presentation.feeds import Entry, feed_of
from services.reporting.publishing import Published, Publishing
from services.reporting.reports import Reports
from services.reporting.web.answering import Door, as_json, as_page, language_asked

FOLLOWED: Mapping[str, str] = {"calendar": "/activities.ics", "feed": "/reports.atom"}
"""What is followed, by its name."""
ENTRIES_MAX = 30
"""Published versions that the feed tells of, the latest first."""


def routes(door: Door, reports: Reports, publishing: Publishing) -> list[Route]:
    """Return the routes of feeds."""

    async def activities(request: Request) -> Response:
        # What writes calendars takes 3 MB, and a second to load.
        from services.reporting.presentation.calendars import calendar_of

        body = calendar_of(await reports.appointments(), language_asked(request), _site(request))
        headers = {"Content-Disposition": 'inline; filename="activities.ics"'}
        return Response(body, headers=headers, media_type="text/calendar")

    async def published(request: Request) -> Response:
        language = language_asked(request)
        latest = (await publishing.latest())[:ENTRIES_MAX]
        entries = [await _entry(each, publishing, language.code) for each in latest]
        body = feed_of(entries, language, _site(request), reports.now())
        return Response(body, media_type="application/atom+xml")

    async def addresses(request: Request) -> dict[str, str]:
        """Return the private addresses of whoever asks, in their language."""
        token = await door.token_of(request)
        question = urlencode(
            {
                "lang": language_asked(request).code,
                "key": door.subscriptions.key_of(token or ""),
            }
        )
        return {name: f"{_site(request)}{path}?{question}" for name, path in FOLLOWED.items()}

    async def subscribe(request: Request) -> Response:
        response = as_page(
            "subscribe.html", language_asked(request), request, addresses=await addresses(request)
        )
        response.headers["Cache-Control"] = "no-store"
        return response

    async def private(request: Request) -> Response:
        return as_json(await addresses(request), headers={"Cache-Control": "no-store"})

    return [
        door.follow("/activities.ics", activities),
        door.follow("/reports.atom", published),
        door.read("/subscribe", subscribe),
        door.read("/subscribe.json", private),
    ]


def _site(request: Request) -> str:
    return str(request.base_url).rstrip("/")


async def _entry(told: Published, publishing: Publishing, code: str) -> Entry:
    document = orjson.loads(await publishing.published(parse_period(told.period), told.version))
    return Entry(
        period=told.period,
        version=told.version,
        status=told.status,
        published_at=told.known_at,
        headline=document["headline"][code],
        note=told.note,
    )
