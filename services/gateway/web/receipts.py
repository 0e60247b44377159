"""GET /events/{id}: what became of an event of one's own, and whether a report counts it."""

from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from services.gateway.receipts import Receipts
from services.gateway.web.answering import Door, Problem, as_json
from shared.access import Principal
from shared.contracts.attributes import EVENT_ID_CHARACTERS_MAX

REPORT_SECONDS_MAX = 10.0


def routes(door: Door, receipts: Receipts) -> list[Route]:
    """Return the route that receipts are asked at."""

    async def receipt(request: Request) -> Response:
        principal: Principal = request.state.principal
        id_ = request.path_params["id"]
        if not 1 <= len(id_) <= EVENT_ID_CHARACTERS_MAX or "\0" in id_:
            raise Problem(400, "Not an id", "An id has 1 to 128 characters, none of them NUL.")
        service = _service(request, receipts.owners)
        seconds = _seconds(request)
        return as_json(await receipts.told(principal.name, id_, service, seconds))

    return [door.guarded("/events/{id:path}", receipt)]


def _service(request: Request, owners: Sequence[str]) -> str | None:
    service = request.query_params.get("service")
    if service is not None and service not in owners:
        raise Problem(400, "Unknown service", f"service is one of {', '.join(owners)}.")
    return service


def _seconds(request: Request) -> float | None:
    """Return how long to wait for the report; None when it was not asked about."""
    said = request.query_params.get("report")
    if said is None:
        return None
    try:
        seconds = float(said)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds <= REPORT_SECONDS_MAX:
        detail = f"report is a number of seconds, from 0 to {REPORT_SECONDS_MAX:g}."
        raise Problem(400, "Not a number of seconds", detail)
    return seconds
