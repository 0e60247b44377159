"""What operators did: the log of their acts, and whether it is as it was written."""

import asyncio

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from services.operations.asking import text_asked
from services.operations.presentation.pages import Entry
from services.operations.web.answering import as_page
from services.operations.web.parts import Parts

ENTRY = Entry("/acts", "Acts")
SHOWN_MAX = 200


def routes(parts: Parts) -> list[Route]:
    """Return the route of the operators' log."""

    async def acts(request: Request) -> Response:
        who, act = text_asked(request.query_params, "who"), text_asked(request.query_params, "act")
        on = text_asked(request.query_params, "on")
        verified = await asyncio.to_thread(parts.operator_log.verify)
        try:
            every = await asyncio.to_thread(parts.operator_log.read)
        except ValueError:
            every = []  # the faults say which line it is
        found = [
            entry
            for entry in reversed(every)
            if (who is None or entry.actor.name == who)
            and (act is None or act in entry.act)
            and (on is None or on in entry.on)
        ]
        return as_page(
            "acts.html",
            request,
            asked=request.query_params,
            verified=verified,
            acts=found[:SHOWN_MAX],
            count=len(found),
            names=sorted({entry.actor.name for entry in every}),
        )

    return [parts.door.page("/acts", acts)]
