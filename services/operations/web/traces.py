"""Traces: found by what a span of theirs is; one as a waterfall; who calls whom."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from services.operations.asking import (
    DEFAULT_WITHIN,
    WITHIN,
    search_asked,
    times_asked,
    trace_asked,
)
from services.operations.domain.journey import fact_told
from services.operations.domain.neighbours import map_of
from services.operations.domain.waterfall import traces_linked, waterfall
from services.operations.finding import LINKED_TRACES_MAX, MAPPED_SPANS_MAX, SPANS_MAX, TRACES_MAX
from services.operations.presentation.pages import Entry
from services.operations.web.answering import as_page
from services.operations.web.parts import Parts
from shared.errors import NotFound

ENTRY = Entry("/traces", "Traces")


def routes(parts: Parts) -> list[Route]:
    """Return the routes of traces."""

    async def traces(request: Request) -> Response:
        search = search_asked(request.query_params, parts.now())
        found = await parts.finding.search(search)
        return as_page(
            "traces.html",
            request,
            asked=request.query_params,
            found=found,
            longest=max((each.duration for each in found), default=0),
            services=await parts.finding.services(),
            within=tuple(WITHIN),
            default_within=DEFAULT_WITHIN,
            traces_max=TRACES_MAX,
        )

    async def trace(request: Request) -> Response:
        trace_id = trace_asked(request.path_params["trace_id"])
        spans = await parts.following.spans(trace_id)
        shown = waterfall(trace_id, spans)
        if shown is None:
            raise NotFound(f"nothing is known of the trace {trace_id}, or not any more")
        steps = [step.span for step in shown.steps]
        own = [span for span in steps if span.trace_id == trace_id]
        followed_by = sorted({span.trace_id for span in steps} - {trace_id})
        return as_page(
            "trace.html",
            request,
            trace_id=trace_id,
            shown=shown,
            services=sorted({span.service for span in steps}),
            errors=sum(span.error is not None for span in steps),
            follows_from=traces_linked(own)[:LINKED_TRACES_MAX],
            follows_from_count=len(traces_linked(own)),
            followed_by=followed_by,
            fact=fact_told(own),
            logs=await parts.finding.logs([trace_id, *followed_by]),
            cut=len(spans) >= SPANS_MAX,
        )

    async def map_(request: Request) -> Response:
        since, until = times_asked(request.query_params, parts.now())
        calls = await parts.finding.calls(since, until)
        return as_page(
            "map.html",
            request,
            asked=request.query_params,
            calls=calls,
            map=map_of(calls, await parts.finding.services()),
            within=tuple(WITHIN),
            default_within=DEFAULT_WITHIN,
            spans_max=MAPPED_SPANS_MAX,
        )

    return [
        parts.door.page("/traces", traces),
        parts.door.page("/traces/map", map_),
        parts.door.page("/traces/{trace_id}", trace),
    ]
