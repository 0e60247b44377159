"""POST /events: one CloudEvent in binary or structured mode, or a batch; 202 once it is durable.

A batch answers for each event, in order: 202 when all are taken, 207 when some are, and the 4xx
that fits when none is. A good event is taken whatever its neighbours are.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from services.gateway.domain import reading
from services.gateway.domain.elements import TooMany
from services.gateway.domain.judging import Refusal, Sender, Taken, told_of
from services.gateway.domain.reading import UnsupportedMedia
from services.gateway.intake import Intake, Judged, Outcome
from services.gateway.web.answering import (
    PROBLEM_TYPE,
    Door,
    Problem,
    as_json,
    problem_of,
    told,
)
from services.gateway.web.bodies import Gone, Room, body_of
from shared.access import Principal, may_say
from shared.contracts.envelope import EVENT_BYTES_MAX, STRUCTURED, Malformed
from shared.errors import InvalidData, Overloaded, Unavailable

ROUTE = "/events"
STATUSES: Mapping[str, int] = {
    "malformed": HTTPStatus.BAD_REQUEST,
    "invalid_data": HTTPStatus.UNPROCESSABLE_ENTITY,
    "unknown_type": HTTPStatus.UNPROCESSABLE_ENTITY,
    "source_mismatch": HTTPStatus.FORBIDDEN,
    "not_allowed": HTTPStatus.FORBIDDEN,
    "too_large": HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
}
"""The status of each reason for which an event is refused at the door."""
TITLES: Mapping[str, str] = {
    "malformed": "This is no CloudEvent",
    "invalid_data": "The event breaks the contract",
    "unknown_type": "Nobody here reads this type",
    "source_mismatch": "This source belongs to another credential",
    "not_allowed": "This credential may not say this",
    "too_large": "Too large",
}


@dataclass(frozen=True)
class Limits:
    """How much one request may bring."""

    batch_events_max: int
    batch_bytes_max: int
    body_seconds_max: float


def routes(door: Door, intake: Intake, limits: Limits) -> list[Route]:
    """Return the route that events are sent to."""
    room = Room()

    async def publish(request: Request) -> Response:
        batch = reading.is_batch(request.headers.get("content-type", ""))
        bytes_max = limits.batch_bytes_max if batch else EVENT_BYTES_MAX
        with room.held(request, bytes_max):
            return await take(request, batch, bytes_max)

    async def take(request: Request, batch: bool, bytes_max: int) -> Response:
        principal: Principal = request.state.principal
        try:
            body = await body_of(request, bytes_max, limits.body_seconds_max)
        except Gone:
            return Response(status_code=HTTPStatus.BAD_REQUEST)  # nobody is there to read it
        said = _events_of(request, body, batch, limits)
        door.spend(principal, events=len(said), bytes=len(body))
        sender = Sender(principal.name, lambda type_: may_say(principal, type_))
        judged = intake.judge(said, sender)
        asked = request.headers.get("traceparent")
        if not batch:
            [outcome] = await intake.take(judged, asked, ROUTE)
            return _answer_of_one(outcome)
        try:
            outcomes = await intake.take(judged, asked, ROUTE)
        except (Unavailable, Overloaded) as error:
            return _none_stored(judged, problem_of(error))
        return _answer_of_many(outcomes)

    return [door.guarded(ROUTE, publish, ("POST",))]


def _events_of(
    request: Request, body: bytes, batch: bool, limits: Limits
) -> Sequence[reading.Said]:
    """Return the events of a request.

    Raises:
        Problem: it holds none that can be told apart.
    """
    try:
        if batch:
            content_type = request.headers["content-type"]
            return reading.many(content_type, body, limits.batch_events_max)
        return [reading.one(request.headers.items(), body)]
    except UnsupportedMedia as error:
        accepted = {"Accept-Post": f"{STRUCTURED}, {reading.BATCH}, application/json"}
        raise Problem(415, "Not read here", f"{error}.", "malformed", headers=accepted) from None
    except TooMany as error:
        raise Problem(413, TITLES["too_large"], f"{error}.", "too_large") from None
    except Malformed as error:
        raise Problem(400, TITLES["malformed"], f"{error}.", "malformed") from None
    except InvalidData as error:
        violations, reason = told_of(error.violations), "invalid_data"
        raise Problem(STATUSES[reason], TITLES[reason], f"{error}.", reason, violations) from None


def _answer_of_one(outcome: Outcome) -> Response:
    judged = outcome.judged
    if isinstance(judged, Refusal):
        more = {"id": judged.id, "event_type": judged.type, "trace_id": outcome.trace_id}
        return told(
            Problem(
                STATUSES[judged.reason],
                TITLES[judged.reason],
                f"{judged.detail}.",
                judged.reason,
                judged.violations,
                _traced(outcome),
                more,
            )
        )
    headers = {"Location": _receipt(judged), **_traced(outcome)}
    return as_json(_result(outcome), HTTPStatus.ACCEPTED, headers=headers)


def _answer_of_many(outcomes: Sequence[Outcome]) -> Response:
    """Return the answer to a batch: one result for each event."""
    results = [{"index": index, **_result(each)} for index, each in enumerate(outcomes)]
    refused = [each.judged for each in outcomes if isinstance(each.judged, Refusal)]
    document = {
        "accepted": len(outcomes) - len(refused),
        "refused": len(refused),
        "results": results,
    }
    if refused and len(refused) == len(outcomes):
        return told(_none_taken(refused, document))
    return as_json(document, HTTPStatus.MULTI_STATUS if refused else HTTPStatus.ACCEPTED)


def _none_taken(refused: Sequence[Refusal], document: Mapping[str, Any]) -> Problem:
    statuses = {STATUSES[each.reason] for each in refused}
    reasons = {each.reason for each in refused}
    return Problem(
        statuses.pop() if len(statuses) == 1 else HTTPStatus.UNPROCESSABLE_ENTITY,
        "No event of the batch is taken",
        f"{refused[0].detail}.",
        reasons.pop() if len(reasons) == 1 else None,
        more=document,
    )


def _none_stored(judged: Sequence[Judged], problem: Problem) -> Response:
    """Return the answer to a batch that could not be stored; what is wrong with it is told too."""
    results = [
        {"index": index, **_refusal(each)}
        if isinstance(each, Refusal)
        else {"index": index, "id": each.id, "status": problem.status}
        for index, each in enumerate(judged)
    ]
    document = {**problem.document(), "accepted": 0, "results": results}
    return as_json(document, problem.status, PROBLEM_TYPE, problem.headers)


def _result(outcome: Outcome) -> dict[str, Any]:
    judged = outcome.judged
    traced = {"trace_id": outcome.trace_id} if outcome.trace_id else {}
    if isinstance(judged, Refusal):
        return {**_refusal(judged), **traced}
    return {
        "id": judged.id,
        "status": int(HTTPStatus.ACCEPTED),
        "receipt": _receipt(judged),
        **traced,
    }


def _refusal(refusal: Refusal) -> dict[str, Any]:
    return {
        "id": refusal.id,
        "status": int(STATUSES[refusal.reason]),
        "reason": refusal.reason,
        "detail": f"{refusal.detail}.",
        "violations": [asdict(each) for each in refusal.violations],
    }


def _receipt(taken: Taken) -> str:
    return f"/events/{quote(taken.id, safe='')}"


def _traced(outcome: Outcome) -> dict[str, str]:
    """Return the header that tells the trace (W3C Trace Context, level 2, draft)."""
    return {"traceresponse": outcome.traceparent} if outcome.traceparent else {}
