"""POST /webhooks/…: what Zoom and Eventbrite say of themselves, as events of a credential.

Zoom signs the bytes that it sends. Eventbrite signs nothing, so nothing of what is sent counts but
which object changed; it is read at the configured API. Both repeat what is not answered with 200,
and a repeat changes nothing. What the contract refuses goes into INTAKE all the same: nobody reads
our answer there, but the owner keeps it among what it rejected, where people see it.
"""

import logging
import time
from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from services.gateway.domain import eventbrite, zoom
from services.gateway.domain.eventbrite import NotFetched
from services.gateway.domain.judging import Refusal, Sender
from services.gateway.domain.platforms import NotUnderstood, Telling
from services.gateway.domain.reading import Said
from services.gateway.domain.signatures import BadSignature, check, encrypted_token
from services.gateway.fetching import Fetching
from services.gateway.intake import Intake
from services.gateway.web.answering import Door, Names, Problem, as_json
from services.gateway.web.bodies import Gone, body_of
from shared.access import Principal, may_say
from shared.contracts.envelope import EVENT_BYTES_MAX, STRUCTURED, Malformed, strict_json
from shared.webhooks import Platform, Webhook, Webhooks

logger = logging.getLogger(__name__)

BODY_SECONDS_MAX = 10.0
OF_ZOOM, OF_EVENTBRITE = "/webhooks/zoom/{name}", "/webhooks/eventbrite/{name}"


def routes(
    door: Door, names: Names, intake: Intake, webhooks: Webhooks, fetching: Fetching
) -> list[Route]:
    """Return the routes of webhooks; whoever calls them has no token of ours."""

    def registered(request: Request, platform: Platform) -> tuple[Principal, Webhook]:
        """Return whom a webhook speaks for, as long as both it and the credential are known."""
        name = request.path_params["name"]
        webhook, principal = webhooks.named(name, platform), names.named(name)
        if webhook is None or principal is None or principal.role != "publisher":
            detail = f"No webhook of {platform} is registered under this name."
            raise Problem(404, "No such webhook", detail)
        # Apart from what the credential itself may send: anybody can call this address.
        door.quotas.take(f"webhook {name}", time.monotonic(), requests=1)
        return principal, webhook

    async def from_zoom(request: Request) -> Response:
        principal, webhook = registered(request, "zoom")
        body = await body_of(request, EVENT_BYTES_MAX, BODY_SECONDS_MAX)
        document = _document(body)
        challenge = document.get("event") == zoom.VALIDATION
        if not challenge or "x-zm-signature" in request.headers:
            _check_signature(request, principal, webhook, body)
        if challenge:
            return _answer_to_challenge(document, webhook)
        events = zoom.events_of(document, _telling(principal, webhook))
        return await _taken(intake, principal, events, OF_ZOOM)

    async def from_eventbrite(request: Request) -> Response:
        principal, webhook = registered(request, "eventbrite")
        document = _document(await body_of(request, EVENT_BYTES_MAX, BODY_SECONDS_MAX))
        host = webhook.api_host or ""
        path = eventbrite.path_of(document, host)
        if path is None:
            return await _taken(intake, principal, [], OF_EVENTBRITE)
        found = await fetching.object_at(host, path, webhook.secret)
        action = eventbrite.action_of(document)
        events = eventbrite.events_of(action, found, _telling(principal, webhook))
        return await _taken(intake, principal, events, OF_EVENTBRITE)

    def told(answer: Any) -> Any:
        async def answered(request: Request) -> Response:
            try:
                response: Response = await answer(request)
            except Gone:
                return Response(status_code=400)  # nobody is there to read it
            except NotUnderstood as error:
                logger.warning("a webhook is not understood: %s", error)
                raise Problem(422, "Not understood", f"{error}.", "invalid_data") from None
            except NotFetched as error:
                logger.warning("a webhook names an address that is not asked: %s", error)
                raise Problem(422, "Not asked", f"{error}.", "invalid_data") from None
            return response

        return answered

    return [
        door.open(OF_ZOOM, told(from_zoom), ("POST",)),
        door.open(OF_EVENTBRITE, told(from_eventbrite), ("POST",)),
    ]


def _telling(principal: Principal, webhook: Webhook) -> Telling:
    return Telling(
        principal.name, webhook.organisers, webhook.kind, webhook.time_zone, webhook.activities
    )


def _document(body: bytes) -> Mapping[str, Any]:
    try:
        document = strict_json(body)
    except Malformed as error:
        raise Problem(400, "No JSON", f"{error}.", "malformed") from None
    if not isinstance(document, dict):
        raise Problem(400, "No JSON", "The body is no JSON object.", "malformed")
    return document


def _check_signature(request: Request, principal: Principal, webhook: Webhook, body: bytes) -> None:
    signature = request.headers.get("x-zm-signature", "")
    timestamp = request.headers.get("x-zm-request-timestamp", "")
    try:
        check(webhook.secret, signature, timestamp, body, time.time())
    except BadSignature as error:
        logger.warning("a webhook is not believed", extra={"source": principal.name})
        raise Problem(401, "Not believed", f"{error}.") from None


def _answer_to_challenge(document: Mapping[str, Any], webhook: Webhook) -> Response:
    payload = document.get("payload")
    plain = payload.get("plainToken") if isinstance(payload, dict) else None
    try:
        encrypted = encrypted_token(webhook.secret, plain if isinstance(plain, str) else "")
    except BadSignature as error:
        raise Problem(400, "No challenge", f"{error}.", "malformed") from None
    return as_json({"plainToken": plain, "encryptedToken": encrypted})


async def _taken(
    intake: Intake, principal: Principal, events: Sequence[Mapping[str, Any]], route: str
) -> Response:
    """Store the events that follow, all of them, and say how many there are."""
    said = [Said({"content-type": STRUCTURED}, orjson.dumps(event)) for event in events]
    sender = Sender(principal.name, lambda type_: may_say(principal, type_))
    judged = intake.judge_whole(said, sender)
    for each in judged:
        if isinstance(each, Refusal):
            raise Problem(403, "Not allowed", f"{each.detail}.", each.reason, each.violations)
    await intake.take(judged, None, route)
    return as_json({"events": [event["id"] for event in events]})
