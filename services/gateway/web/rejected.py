"""GET /rejected: what the owners refused of the caller's own events, with what to mend."""

import base64
from dataclasses import asdict
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from services.gateway.rejections import PAGE_SIZE, PAGE_SIZE_MAX, Rejected, Rejections
from services.gateway.web.answering import Door, Problem, as_json
from shared.access import Principal
from shared.errors import InvalidData
from shared.telemetry import TRACE_ID

PARTS = frozenset({"body"})


def routes(door: Door, rejections: Rejections) -> list[Route]:
    """Return the route of rejected messages."""

    async def rejected(request: Request) -> Response:
        principal: Principal = request.state.principal
        size, include = _size(request), _included(request)
        try:
            found, cursor = await rejections.page(
                principal.name, request.query_params.get("cursor"), size
            )
        except InvalidData as error:
            raise Problem(400, "Bad cursor", f"{error}.") from None
        document: dict[str, Any] = {"rejected": [_told(each, include) for each in found]}
        if cursor is not None:
            question = {"cursor": cursor, "limit": size, **({"include": "body"} if include else {})}
            document |= {"cursor": cursor, "next": f"/rejected?{urlencode(question)}"}
        return as_json(document)

    return [door.guarded("/rejected", rejected)]


def _size(request: Request) -> int:
    asked = request.query_params.get("limit", str(PAGE_SIZE))
    if not (asked.isascii() and asked.isdecimal() and 1 <= int(asked[:6]) <= PAGE_SIZE_MAX):
        raise Problem(400, "Bad limit", f"limit is a number from 1 to {PAGE_SIZE_MAX}.")
    return int(asked)


def _included(request: Request) -> frozenset[str]:
    asked = frozenset(filter(None, request.query_params.get("include", "").split(",")))
    if not asked <= PARTS:
        raise Problem(400, "Bad include", "include is body, or left out.")
    return asked


def _told(rejected: Rejected, include: frozenset[str]) -> dict[str, Any]:
    message = rejected.message
    told: dict[str, Any] = {
        "rejected_id": message.rejected_id,
        "service": rejected.service,
        "id": message.id if message.HasField("id") else None,
        "type": message.type if message.HasField("type") else None,
        "reason": message.reason,
        "detail": message.explanation,
        "violations": [asdict(each) for each in rejected.violations],
        "rejected_at": rejected.rejected_at.isoformat(),
        "subject": message.subject,
    }
    if message.HasField("traceparent"):
        told["trace_id"] = message.traceparent[TRACE_ID]
    if "body" in include:
        told["headers"] = dict(message.headers)
        told |= _body(message.body)
    return told


def _body(body: bytes) -> dict[str, str]:
    """Return the bytes that came, as a text where they are one."""
    try:
        return {"body": body.decode()}
    except UnicodeDecodeError:
        return {"body_base64": base64.b64encode(body).decode()}
