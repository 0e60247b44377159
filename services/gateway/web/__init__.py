"""HTTP of the gateway, for programs that send events.

answering.py says who is let in, how much they may send, and what is told when something goes
wrong; bodies.py reads what they send within its bounds. Each other module answers some addresses:
events.py takes events; receipts.py tells what became of them. Every address, and who may ask:
docs/http.md.
"""

from collections.abc import Sequence

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.routing import BaseRoute
from starlette.types import ASGIApp

from services.gateway.domain.quotas import Quotas
from services.gateway.intake import Intake
from services.gateway.receipts import Receipts
from services.gateway.web import events, receipts
from services.gateway.web.answering import Door, Identifies, failed, refused_by_router
from services.gateway.web.events import Limits

__all__ = ["Limits", "routes", "site"]


def site(routes: Sequence[BaseRoute]) -> ASGIApp:
    """Return the gateway's site: its routes, and an answer to all else."""
    return Starlette(
        routes=routes,
        exception_handlers={HTTPException: refused_by_router, Exception: failed},
    )


def routes(
    access: Identifies,
    quotas: Quotas,
    intake: Intake,
    limits: Limits,
    told: Receipts,
) -> list[BaseRoute]:
    """Return the routes of the gateway.

    Args:
        access: who knows the tokens.
        quotas: how much each credential may send.
        intake: where events go.
        limits: how much one request may bring.
        told: what became of events.
    """
    door = Door(access, quotas)
    return [
        *events.routes(door, intake, limits),
        *receipts.routes(door, told),
    ]
