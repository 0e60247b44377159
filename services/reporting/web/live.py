"""Reports that move while they are looked at: server-sent events, one when a figure has moved.

Each event carries the figures as they stand and the texts that say so in the language asked for;
its id is the state of the figures, which the page carries too. A page that was away connects again
and hears the state at once, so it needs no events of the past.
"""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from services.reporting.asking import period_asked
from services.reporting.domain.period import Period
from services.reporting.kept import Composed
from services.reporting.presentation.body import texts_of
from services.reporting.presentation.language import Language
from services.reporting.reading import FuturePeriod
from services.reporting.reports import HINDERING, Reports
from services.reporting.web.answering import Door, language_asked
from shared.errors import Unavailable

logger = logging.getLogger(__name__)

HEARTBEAT_SECONDS = 15.0
"""So often something is said, so that whoever stands between does not close a quiet connection."""
RETRY_MILLISECONDS = 2000
FOLLOWERS_MAX = 500
ENDING: tuple[type[BaseException], ...] = (FuturePeriod, *HINDERING)
"""Errors after which a reader connects again, and is told what is wrong if it lasts."""


def routes(door: Door, reports: Reports, stopped: asyncio.Event) -> list[Route]:
    """Return the route of reports that move; streams end when the service is `stopped`."""
    followers: set[asyncio.Task[Any] | None] = set()

    async def live(request: Request) -> Response:
        period = period_asked(request.path_params["period"], request.query_params.get("calendar"))
        language = language_asked(request)
        if len(followers) >= FOLLOWERS_MAX:
            raise Unavailable(f"{FOLLOWERS_MAX} readers follow reports already")
        # What is wrong with the question is told as a problem, while that is still possible.
        await reports.report(period, whole=True)

        async def stream() -> AsyncIterator[str]:
            task = asyncio.current_task()
            followers.add(task)
            try:
                admitted = partial(door.admits, request)
                async for event in _events(reports, period, language, stopped, admitted):
                    yield event
            finally:
                followers.discard(task)

        return StreamingResponse(
            stream(),
            media_type="text/event-stream",
            headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
        )

    return [door.read("/reports/{period}/live", live)]


async def _events(
    reports: Reports,
    period: Period,
    language: Language,
    stopped: asyncio.Event,
    admitted: Callable[[], Awaitable[bool]],
) -> AsyncIterator[str]:
    """Yield the events of a report until the service stops or the report cannot be made.

    Whoever may not read any more hears no further event: `admitted` is asked at each heartbeat.
    """
    yield f"retry: {RETRY_MILLISECONDS}\n\n"
    watching = reports.watch(period, whole=True)
    closing = asyncio.create_task(stopped.wait())
    moved = asyncio.ensure_future(anext(watching))
    try:
        while True:
            await asyncio.wait(
                {moved, closing}, timeout=HEARTBEAT_SECONDS, return_when=asyncio.FIRST_COMPLETED
            )
            if closing.done() or not await admitted():
                return
            if not moved.done():
                yield ": still here\n\n"
                continue
            yield await _event(reports, moved.result(), language)
            moved = asyncio.ensure_future(anext(watching))
    except ENDING as error:
        logger.warning("%s moves no more: %s", period.id, error or type(error).__name__)
    finally:
        for task in (moved, closing):
            task.cancel()
        await asyncio.wait({moved, closing})
        await watching.aclose()


async def _event(reports: Reports, report: Composed, language: Language) -> str:
    def told(text: bytes) -> bytes:
        return orjson.dumps(texts_of(orjson.loads(text), language))

    texts = await reports.renderings.page(report.json, "live", language.code, told)
    figures = {
        metric: {"value": figure["value"], "status": figure["status"]}
        for metric, figure in report.figures.items()
    }
    data = json.dumps({"state": report.state, "figures": figures, "texts": json.loads(texts)})
    return f"id: {report.state}\nevent: figures\ndata: {data}\n\n"
