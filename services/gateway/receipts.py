"""What became of an event, asked of the services that own its type and of reporting."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from shared.client import State, Told, Unreachable
from shared.client.over_grpc import Services
from shared.errors import Unavailable

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
            report_seconds: as for `shared.client.receipt.Questions`.

        Raises:
            Unavailable: one that is asked does not answer.
        """
        asked = self._owners if service is None else (service,)
        try:
            answers = await asyncio.gather(
                *(self._services.told(each, id_, report_seconds, source) for each in asked)
            )
        except Unreachable as error:
            raise Unavailable(str(error)) from None
        owner, told = min(
            zip(asked, answers, strict=True), key=lambda pair: FURTHEST_FIRST.index(pair[1].state)
        )
        return _document(told, None if told.state is State.UNKNOWN else owner)


def _document(told: Told, owner: str | None) -> dict[str, Any]:
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
        "reported": told.reported if told.state is State.RECORDED else None,
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
