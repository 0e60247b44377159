"""One event, from its publisher to the figure it moved."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from services.operations.asking import fact_asked, text_asked, trace_asked
from services.operations.domain.journey import fact_told, scale_of, stations
from services.operations.domain.waterfall import waterfall
from services.operations.following import Followed
from services.operations.presentation.pages import Entry
from services.operations.web.answering import as_page
from services.operations.web.parts import Parts
from shared.errors import InvalidData, Violation

ENTRY = Entry("/follow", "Follow")


def routes(parts: Parts) -> list[Route]:
    """Return the route of one event."""

    async def follow(request: Request) -> Response:
        question = request.query_params
        source, id_ = text_asked(question, "source"), text_asked(question, "id")
        if (trace := text_asked(question, "trace")) is not None:
            trace_id = trace_asked(trace)
            fact = fact_told(await parts.finding.spans([trace_id]))
            if fact is None:
                return RedirectResponse(f"/traces/{trace_id}", 303)
        else:
            fact = text_asked(question, "fact")
        city = text_asked(question, "city")
        if (source is None) != (id_ is None):
            missing = "id" if id_ is None else "source"
            raise InvalidData([Violation(missing, "belongs to it: an event is known by both")])
        token = await parts.door.token_of(request) or ""
        followed, cities = None, None
        if source is not None and id_ is not None:
            followed = await parts.following.event(source, id_, token)
        elif fact is not None:
            followed = await parts.following.fact(*fact_asked(fact), token)
        elif city is not None:
            cities = await parts.following.city(city, token)
        return as_page(
            "follow.html",
            request,
            asked=question,
            followed=followed,
            cities=cities,
            reports=parts.reports,
            **(_way(followed) if followed else {}),
        )

    return [parts.door.page("/follow", follow)]


def _way(followed: Followed) -> dict[str, object]:
    """Return the way of an event as the page shows it."""
    shown = waterfall(followed.trace_id, followed.spans) if followed.trace_id else None
    spans = [step.span for step in shown.steps] if shown else []
    way = stations(followed.fate, followed.facts, spans)
    return {"way": way, "scale": scale_of(way), "shown": shown}
