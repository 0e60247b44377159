"""What became of an event, asked of the services that own its type and of reporting."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from typing import Any

from shared.client import State, Told, Unreachable
from shared.client.over_grpc import Services
from shared.errors import Unavailable

LOOK_SECONDS_MIN, LOOK_SECONDS_MAX = 0.05, 1.0
FURTHEST_FIRST = (State.RECORDED, State.WAITING, State.REJECTED, State.UNKNOWN)


class Receipts:
    """Asks the owners, on behalf of whoever sent the event."""

    def __init__(self, services: Services, owners: Sequence[str]) -> None:
        """Bind the services, and which of them own types."""
        self._services, self._owners = services, tuple(owners)

    @property
    def owners(self) -> Sequence[str]:
        """Who owns types."""
        return self._owners

    async def told(
        self, source: str, id_: str, service: str | None, report_seconds: float | None
    ) -> Mapping[str, Any]:
        """Return what became of an event as JSON has it.

        Args:
            source: who sent it.
            id_: under which id.
            service: who owns its type; all are asked when it is left out, and the one that has got
                furthest with it answers.
            report_seconds: tell too whether a report counts it, and wait so long for that; None
                does not ask.

        Raises:
            Unavailable: one that is asked does not answer.
        """
        began, pause, left = time.monotonic(), LOOK_SECONDS_MIN, report_seconds
        while True:
            owner, told = await self._told(source, id_, service, left)
            waited = time.monotonic() - began
            if told.state is not State.UNKNOWN or waited >= (report_seconds or 0.0):
                asked = report_seconds is not None
                return _document(
                    told, None if told.state is State.UNKNOWN else owner, of_report=asked
                )
            await asyncio.sleep(pause)  # it may be on its way
            pause = min(2 * pause, LOOK_SECONDS_MAX)
            left = max(0.0, (report_seconds or 0.0) - (time.monotonic() - began))

    async def _told(
        self, source: str, id_: str, service: str | None, report_seconds: float | None
    ) -> tuple[str, Told]:
        """Return who has got furthest with an event, and what that owner tells."""
        asked = self._owners if service is None else (service,)
        try:
            answers = await asyncio.gather(
                *(self._services.told(each, id_, report_seconds, source) for each in asked)
            )
        except Unreachable as error:
            raise Unavailable(str(error)) from None
        pairs = list(zip(asked, answers, strict=True))
        return min(pairs, key=lambda pair: FURTHEST_FIRST.index(pair[1].state))


def _document(told: Told, owner: str | None, *, of_report: bool) -> dict[str, Any]:
    rejection = told.rejection
    document = {
        "id": told.id,
        "state": str(told.state),
        "service": owner,
        "facts": [
            {
                "stream": fact.stream,
                "version": fact.version,
                "type": fact.type,
                "fact_id": fact.fact_id,
            }
            for fact in told.facts
        ],
        "recorded_at": told.recorded_at and told.recorded_at.isoformat(),
        "digest": told.digest,
        "reported": told.reported if of_report and told.state is State.RECORDED else None,
        "waiting_for": told.waiting_for,
        "rejection": rejection
        and {
            "rejected_id": rejection.rejected_id,
            "reason": rejection.reason,
            "explanation": rejection.detail,
            "violations": [
                {"path": each.field, "description": each.description}
                for each in rejection.violations
            ],
        },
    }
    return {name: value for name, value in document.items() if value is not None}
