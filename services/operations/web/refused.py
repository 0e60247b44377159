"""Does it refuse? What was rejected, by its cause; what waits; one message as it came."""

from collections import Counter

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from services.operations.domain.causes import causes
from services.operations.presentation.pages import Entry
from services.operations.repairing import BODY_SHOWN_MAX, LISTED_MAX, rejected_of
from services.operations.web.answering import as_page
from services.operations.web.parts import Parts
from shared.access import Action

ENTRY = Entry("/refused", "Refused")


def routes(parts: Parts) -> list[Route]:
    """Return the routes of what was rejected."""

    async def refused(request: Request) -> Response:
        kept = await parts.repairing.kept(await parts.door.token_of(request) or "")
        found = causes(kept.rejected)
        return as_page(
            "refused.html",
            request,
            causes=found,
            kept=kept,
            listed_max=LISTED_MAX,
            waiting=Counter((each["service"], each["waiting_for"]) for each in kept.waiting),
        )

    async def message(request: Request) -> Response:
        service, id_ = request.path_params["service"], request.path_params["id"]
        token = await parts.door.token_of(request) or ""
        found = await parts.repairing.message(service, id_, token)
        body = found.body.decode("utf-8", "replace")
        response = as_page(
            "message.html",
            request,
            service=service,
            message=found,
            about=rejected_of(service, found),
            body=body[:BODY_SHOWN_MAX],
            left_out=max(0, len(body) - BODY_SHOWN_MAX),
        )
        response.headers["Cache-Control"] = "no-store"  # it may name people
        return response

    return [
        parts.door.page("/refused", refused),
        parts.door.read("/refused/{service}/{id}", message, Action.INSPECT),
    ]
