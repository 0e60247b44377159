"""What was rejected or waits, and what people do about it: owners are asked under their right."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import grpc.aio
from tandem.ledger.v1 import ledger_pb2 as pb
from tandem.ledger.v1 import ledger_pb2_grpc

from services.operations.calling import asking
from services.operations.domain.causes import Rejected
from shared.effects import Effect, bearer, effect
from shared.errors import NotFound
from shared.ledger import instant
from shared.replaying import Tally, replay
from shared.telemetry import TRACE_ID, context_of

LISTED_MAX = 1_000
"""Of each owner; the others are newer or older, and said to be there."""
ANSWER_SECONDS_MAX = 10.0
LIST_SECONDS_MAX = 3.0
"""A page that lists what all owners keep goes without one that takes longer."""
BODY_SHOWN_MAX = 20_000
REPLAYED_MAX = 1_000
"""So many messages at once, oldest first; what is left is replayed next."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What the owners keep; `silent` do not answer, and `more` have further messages."""

    rejected: Sequence[Rejected]
    waiting: Sequence[Mapping[str, Any]]
    silent: Sequence[str]
    more: Sequence[str]


@dataclass(frozen=True, slots=True)
class Preview:
    """What a replay would do: what would become of the messages, and which figures would move."""

    tally: Tally
    effects: Mapping[str, Effect | None]


class Repairing:
    """Asks the owners and reporting; every call is made with the token of whoever asks."""

    def __init__(self, channels: Mapping[str, grpc.aio.Channel], owners: Sequence[str]) -> None:
        """Bind the channels, to the owners and to reporting, by name."""
        self._channels, self._owners = channels, tuple(owners)

    async def kept(self, token: str) -> Kept:
        """Return what all owners keep that nobody has decided on, the newest first."""
        answers = await asyncio.gather(
            *(self._kept(owner, token) for owner in self._owners), return_exceptions=True
        )
        rejected: list[Rejected] = []
        waiting: list[Mapping[str, Any]] = []
        silent, more = [], []
        for owner, answer in zip(self._owners, answers, strict=True):
            if isinstance(answer, grpc.aio.AioRpcError):
                silent.append(owner)
                continue
            if isinstance(answer, BaseException):
                raise answer
            refused, waits = answer
            rejected += [rejected_of(owner, message) for message in refused.messages]
            waiting += [_waiting_of(owner, message) for message in waits.messages]
            if refused.next_page_token or waits.next_page_token:
                more.append(owner)
        return Kept(rejected, waiting, silent, more)

    async def _kept(
        self, owner: str, token: str
    ) -> tuple[pb.ListRejectedResponse, pb.ListWaitingResponse]:
        refused, waits = await asyncio.gather(
            self._stub(owner).ListRejected(
                pb.ListRejectedRequest(page_size=LISTED_MAX), **_as(token, LIST_SECONDS_MAX)
            ),
            self._stub(owner).ListWaiting(
                pb.ListWaitingRequest(page_size=LISTED_MAX), **_as(token, LIST_SECONDS_MAX)
            ),
        )
        return refused, waits

    async def message(self, owner: str, rejected_id: str, token: str) -> pb.RejectedMessage:
        """Return a rejected message as it came.

        Raises:
            NotFound: the owner keeps none under this number.
            Unavailable: the owner does not answer.
        """
        self._check(owner)
        with asking(owner):
            request = pb.GetRejectedRequest(rejected_id=rejected_id)
            answer = await self._stub(owner).GetRejected(request, **_as(token))
        return answer.message

    async def preview(self, owner: str, ids: Sequence[str], token: str) -> Preview:
        """Return what a replay would do, without doing any of it.

        Raises:
            TandemError: an owner or reporting cannot tell.
        """
        tally = await self._taken(owner, ids, token, dry_run=True)
        effects = {}
        for ledger, facts in tally.preview.items():
            if facts:
                with asking("reporting"):
                    channel = self._channels["reporting"]
                    effects[ledger] = await effect(channel, ledger, facts, token=token)
        return Preview(tally, effects)

    async def replay(self, owner: str, ids: Sequence[str], token: str) -> Tally:
        """Take messages again as they came.

        Raises:
            TandemError: the owner does not take them.
        """
        return await self._taken(owner, ids, token, dry_run=False)

    async def _taken(self, owner: str, ids: Sequence[str], token: str, *, dry_run: bool) -> Tally:
        self._check(owner)
        tally = Tally()
        with asking(owner):
            channel = self._channels[owner]
            await replay(channel, owner, ids, tally, dry_run=dry_run, token=token)
        return tally

    async def discard(self, owner: str, rejected_id: str, reason: str, token: str) -> None:
        """Decide that a message is not to be taken; it is kept.

        Raises:
            TandemError: the owner does not take it.
        """
        self._check(owner)
        with asking(owner):
            request = pb.DiscardRejectedRequest(rejected_id=rejected_id, reason=reason)
            await self._stub(owner).DiscardRejected(request, **_as(token))

    def _check(self, owner: str) -> None:
        if owner not in self._owners:
            raise NotFound(f"no service with a ledger is called {owner}")

    def _stub(self, owner: str) -> "ledger_pb2_grpc.LedgerServiceAsyncStub":
        return ledger_pb2_grpc.LedgerServiceStub(self._channels[owner])


def _as(token: str, seconds: float = ANSWER_SECONDS_MAX) -> dict[str, Any]:
    return {"metadata": bearer(token), "timeout": seconds}


def rejected_of(owner: str, message: pb.RejectedMessage) -> Rejected:
    """Return a rejected message without what it says."""
    return Rejected(
        owner,
        message.rejected_id,
        message.source,
        message.type,
        message.reason,
        message.violations[0].path if message.violations else "",
        message.explanation,
        message.violations[0].hint if message.violations else message.hint,
        instant(message.rejected_at),
        trace_id_of(message.traceparent),
    )


def _waiting_of(owner: str, message: pb.WaitingMessage) -> dict[str, Any]:
    return {
        "service": owner,
        "source": message.source,
        "id": message.id,
        "type": message.type,
        "waiting_for": message.waiting_for,
        "since": instant(message.waiting_since),
    }


def trace_id_of(traceparent: str) -> str | None:
    """Return the trace in a `traceparent`; None when it holds none."""
    return traceparent[TRACE_ID] if context_of(traceparent) else None
