"""HTTP of the gateway, for programs that send events.

answering.py says who is let in, how much they may send, and what is told when something goes
wrong; bodies.py reads what they send within its bounds. Each other module answers some addresses:
events.py takes events, webhooks.py what other platforms send; receipts.py tells what became of
events, rejected.py what owners refused, documents.py what may be sent. Every address, and who may
ask for it: docs/http.md.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.routing import BaseRoute
from starlette.types import ASGIApp

from services.gateway.domain.quotas import Quotas
from services.gateway.fetching import Fetching
from services.gateway.intake import Intake
from services.gateway.receipts import Receipts
from services.gateway.rejections import Rejections
from services.gateway.web import documents, events, receipts, rejected, webhooks
from services.gateway.web.answering import Door, failed, refused_by_router
from services.gateway.web.events import Limits
from shared.access import Access
from shared.webhooks import Webhooks

__all__ = ["Limits", "Parts", "routes", "site"]


def site(routes: Sequence[BaseRoute]) -> ASGIApp:
    """Return the gateway's site: its routes, and an answer to all else."""
    return Starlette(
        routes=routes,
        exception_handlers={HTTPException: refused_by_router, Exception: failed},
    )


@dataclass(frozen=True)
class Parts:
    """What the routes stand on.

    Args:
        access: who knows the credentials.
        quotas: how much each may send.
        limits: how much one request may bring.
        intake: where events go.
        receipts: what became of events.
        webhooks: the platforms that may speak for a credential.
        fetching: asks their APIs.
        rejections: what the owners refused.
        nats: where the broker is, for the documents.
    """

    access: Access
    quotas: Quotas
    limits: Limits
    intake: Intake
    receipts: Receipts
    webhooks: Webhooks
    fetching: Fetching
    rejections: Rejections
    nats: str


def routes(parts: Parts) -> list[BaseRoute]:
    """Return the routes of the gateway."""
    door = Door(parts.access, parts.quotas)
    return [
        *events.routes(door, parts.intake, parts.limits),
        *receipts.routes(door, parts.receipts),
        *rejected.routes(door, parts.rejections),
        *documents.routes(door, parts.nats),
        *webhooks.routes(door, parts.access, parts.intake, parts.webhooks, parts.fetching),
    ]
