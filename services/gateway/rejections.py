"""What the owners rejected of one source, read over gRPC, the newest of all three first.

Each owner pages by a token that only it can read. So a cursor of ours holds, for each owner, the
token of the page it stands in and the last message that was given of it: what was rejected since
then is newer than the cursor, and is passed over.
"""

import asyncio
import base64
import binascii
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import grpc.aio
from tandem.ledger.v1 import ledger_pb2, ledger_pb2_grpc

from services.gateway.domain.judging import Refusal, Sender, Told, judge
from services.gateway.domain.reading import Said
from shared.errors import InvalidData, Unavailable, Violation

PAGE_SIZE, PAGE_SIZE_MAX = 50, 200
PAGES_MAX = 50
"""So many pages of an owner are read to find where a cursor stands."""
CURSOR_CHARACTERS_MAX = 4096
BYTES_MAX = 4 * 1024 * 1024
"""Of the messages of one owner, little more is held for a page, which may be shorter then."""


@dataclass(frozen=True, slots=True)
class Place:
    """How far the messages of an owner were given: all of those before `token`, up to `last`."""

    token: str = ""
    last: str | None = None


@dataclass(frozen=True, slots=True)
class Rejected:
    """A message that an owner rejected, and what its sender can mend."""

    service: str
    message: Any
    violations: Sequence[Told]

    @property
    def rejected_at(self) -> datetime:
        """When it was rejected."""
        moment: datetime = self.message.rejected_at.ToDatetime(UTC)
        return moment


@dataclass
class _Owner:
    """An owner while its pages are read.

    Args:
        name: of the service.
        place: how far its messages were given before.
        ahead: messages behind that place, each with the token of its page.
        next_token: of the page behind them; empty when there is none.
    """

    name: str
    place: Place
    ahead: list[tuple[Any, str]] = field(default_factory=list)
    next_token: str = ""

    def give(self, count: int) -> None:
        """Move on behind so many messages."""
        if count:
            message, token = self.ahead[count - 1]
            self.place = Place(token, message.rejected_id)
            del self.ahead[:count]


class Rejections:
    """Reads the rejected messages of a source."""

    def __init__(self, channels: Mapping[str, grpc.aio.Channel]) -> None:
        """Bind the owners by name."""
        self._stubs: Mapping[str, Any] = {
            name: ledger_pb2_grpc.LedgerServiceStub(channel) for name, channel in channels.items()
        }

    async def page(
        self, source: str, cursor: str | None, size: int
    ) -> tuple[list[Rejected], str | None]:
        """Return a page of a source's messages, newest first, and the cursor of the next.

        Raises:
            InvalidData: the cursor was not given out here.
            Unavailable: an owner does not answer.
        """
        places = self._places(cursor)
        owners = await asyncio.gather(
            *(self._read(name, place, source, size) for name, place in places.items())
        )
        found = sorted(
            ((owner, message) for owner in owners for message, _ in owner.ahead),
            key=lambda each: each[1].rejected_at.ToNanoseconds(),
            reverse=True,
        )
        given = _certain(found, size)
        for owner in owners:
            owner.give(sum(each is owner for each, _ in given))
        rejected = [
            Rejected(owner.name, message, violations_of(message)) for owner, message in given
        ]
        return rejected, _cursor(owners)

    def _places(self, cursor: str | None) -> dict[str, Place]:
        if cursor is None:
            return dict.fromkeys(self._stubs, Place())
        try:
            if len(cursor) > CURSOR_CHARACTERS_MAX:
                raise ValueError
            said = json.loads(base64.urlsafe_b64decode(cursor.encode("ascii")))
            places = {name: Place(str(token), last) for name, (token, last) in said.items()}
            if not places or not places.keys() <= self._stubs.keys():
                raise ValueError
        except (ValueError, AttributeError, TypeError, binascii.Error):
            raise InvalidData([Violation("cursor", "is not one that was given out")]) from None
        return places

    async def _read(self, name: str, place: Place, source: str, size: int) -> _Owner:
        """Return an owner with the messages behind a place, as many as a page needs."""
        owner, token, last = _Owner(name, place), place.token, place.last
        for _ in range(PAGES_MAX):
            answer = await self._ask(name, source, token, size)
            messages, ids = list(answer.messages), [each.rejected_id for each in answer.messages]
            if last is not None:
                # What came since may have moved it to a page behind.
                messages = messages[ids.index(last) + 1 :] if last in ids else []
                last = None if last in ids else last
            owner.ahead += [(message, token) for message in messages]
            token = owner.next_token = answer.next_page_token
            read = sum(len(message.body) for message, _ in owner.ahead)
            if not token or len(owner.ahead) >= size or read > BYTES_MAX:
                return owner
        raise InvalidData([Violation("cursor", "is too old; begin again")])

    async def _ask(self, name: str, source: str, token: str, size: int) -> Any:
        while True:
            # What somebody has replayed or discarded stays in the list, so that cursors hold.
            request = ledger_pb2.ListRejectedRequest(
                page_size=size, page_token=token, source=source, repaired_too=True
            )
            try:
                return await self._stubs[name].ListRejected(request)
            except grpc.aio.AioRpcError as error:
                if error.code() is grpc.StatusCode.INVALID_ARGUMENT:
                    violation = Violation("cursor", "is not one that was given out")
                    raise InvalidData([violation]) from None
                if error.code() is not grpc.StatusCode.RESOURCE_EXHAUSTED or size == 1:
                    raise Unavailable(f"{name} does not answer") from None
                size = max(1, size // 4)  # large messages: fewer fit into an answer


def _certain(found: Sequence[tuple[_Owner, Any]], size: int) -> list[tuple[_Owner, Any]]:
    """Return the newest, as far as it is known that nothing newer was left unread."""
    given: list[tuple[_Owner, Any]] = []
    for owner, message in found[:size]:
        given.append((owner, message))
        if owner.next_token and message is owner.ahead[-1][0]:
            break
    return given


def violations_of(message: Any) -> Sequence[Told]:
    """Return what a sender can mend in a message that was rejected, judged once more."""
    said = Said({name.lower(): value for name, value in message.headers.items()}, message.body)
    sender = Sender(message.source, lambda type_: True)
    if "content-type" not in said.headers:
        return ()
    judged = judge(said, sender, message.rejected_at.ToDatetime(UTC))
    if isinstance(judged, Refusal) and judged.reason == message.reason:
        return judged.violations
    return ()


def _cursor(owners: Sequence[_Owner]) -> str | None:
    """Return where the next page begins, None behind the last."""
    places = {}
    for owner in owners:
        if owner.ahead:
            places[owner.name] = [owner.place.token, owner.place.last]
        elif owner.next_token:
            places[owner.name] = [owner.next_token, None]
    if not places:
        return None
    return base64.urlsafe_b64encode(json.dumps(places).encode()).decode()
