"""What became of an event: received, then recorded, then in the report; one can wait for each."""

import asyncio
import time
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from shared.client.errors import CannotAsk, Rejected, StillWaiting

ID_REUSED = "id_reused"
LOOK_SECONDS_MIN, LOOK_SECONDS_MAX = 0.02, 1.0


class State(StrEnum):
    """Where an event stands at its owner."""

    UNKNOWN = "unknown"
    WAITING = "waiting"
    REJECTED = "rejected"
    RECORDED = "recorded"


@dataclass(frozen=True, slots=True)
class FactPlace:
    """Where a fact stands in the ledger of the service that owns it."""

    stream: str
    version: int
    type: str
    fact_id: str


@dataclass(frozen=True, slots=True)
class Told:
    """What an owner tells of an event.

    Args:
        facts: of a recorded one what followed; none means that it changed nothing.
        reported: a report of today counts them.
        rejection: why the last message under this id could not be accepted. It may stand beside a
            recorded one: the id was then used for another content.
        digest: of a recorded one, by which its content is known.
    """

    id: str
    state: State
    facts: tuple[FactPlace, ...] = ()
    recorded_at: datetime | None = None
    waiting_for: str | None = None
    rejection: Rejected | None = field(default=None, compare=False)
    reported: bool = False
    digest: str | None = None


class Questions(Protocol):
    """Somebody who can be asked what became of events."""

    async def told(self, service: str, id_: str, report_seconds: float | None) -> Told:
        """Return what became of an event of one's own.

        Args:
            service: who owns its type.
            id_: the id it was sent under.
            report_seconds: tell too whether it is reported, and wait so long for that; None does
                not ask, and tells nothing of it.

        Raises:
            NotAllowed, Unreachable: nobody told.
        """

    async def close(self) -> None:
        """Ask no more."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """The proof that an event is durable in Tandem, and the way to learn what became of it.

    Args:
        digest: by which its content is known, in hex; None when that could not be told.
    """

    id: str
    type: str
    service: str
    trace_id: str | None = None
    digest: str | None = None
    _questions: Questions | None = field(default=None, repr=False, compare=False)

    async def received(self, seconds: float = 0.0) -> "Receipt":
        """Return this: there is a receipt only of what is durable."""
        return self

    async def told(self, report_seconds: float | None = 0.0) -> Told:
        """Return what became of the event by now; `report_seconds` as for `Questions`."""
        if self._questions is None:
            raise CannotAsk("name the gateway or the services when the publisher is opened")
        return await self._questions.told(self.service, self.id, report_seconds)

    async def recorded(self, seconds: float = 10.0) -> Told:
        """Return once the event is recorded, with the facts that followed.

        Raises:
            Rejected: it could not be accepted; as `id_reused` when another content was recorded
                under its id before.
            StillWaiting: it waits for what it speaks of.
            TimeoutError: it was not dealt with in time.
        """
        return await self._until(seconds, reported=False)

    async def reported(self, seconds: float = 10.0) -> Told:
        """Return once every report of today that is read counts the event.

        Raises:
            Rejected, StillWaiting, TimeoutError: as `recorded`.
        """
        return await self._until(seconds, reported=True)

    async def _until(self, seconds: float, *, reported: bool) -> Told:
        deadline, pause = time.monotonic() + seconds, LOOK_SECONDS_MIN
        while True:
            left = deadline - time.monotonic()
            told = await self.told(max(0.0, min(left, LOOK_SECONDS_MAX)) if reported else None)
            another = self.digest is not None and told.digest not in (None, self.digest)
            if told.rejection is not None and (
                told.state is State.REJECTED or (another and told.rejection.reason == ID_REUSED)
            ):
                raise told.rejection
            recorded = told.state is State.RECORDED and not another
            if recorded and (told.reported or not reported):
                return told
            left = deadline - time.monotonic()
            if left <= 0:
                if told.state is State.WAITING:
                    raise StillWaiting(self.id, told.waiting_for or "what it speaks of")
                stands = "recorded, and not in the report" if recorded else "not dealt with"
                raise TimeoutError(f"{self.id} is {stands} after {seconds:g} s")
            await asyncio.sleep(min(pause, left))
            pause = min(2 * pause, LOOK_SECONDS_MAX)
