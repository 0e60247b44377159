"""`tandem tail`: facts as they are recorded, and what is rejected or waits, as it comes.

No payload is shown, and nothing that could name a person: no ids that senders chose, and no
sentence that may quote what they sent.

Facts are read behind the last position that was seen. Positions are given before a transaction
commits, so one may appear behind another that has been shown already; what is not settled yet is
therefore read again now and then, and what was not shown is shown.
"""

import asyncio
import json
import re
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, suppress
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Annotated, Any

import grpc
import typer
from google.protobuf.timestamp_pb2 import Timestamp
from tandem.ledger.v1 import ledger_pb2 as pb
from tandem.ledger.v1 import ledger_pb2_grpc

from shared.cli.system import DEFAULT_DATA, OPERATOR, OWNERS, Data, System, find
from shared.cli.terminal import plain_console, printable

LAST_MAX = 1000
LOOK_SECONDS = 0.5
LATE_SECONDS = 5.0
"""So often what is not settled is read again, for facts that have appeared among those shown."""
FACTS_A_LOOK_MAX = 2_000
BATCH_FACTS = 500
MESSAGES_A_LOOK_MAX = 200
MESSAGES_REMEMBERED_MAX = 10_000
BEYOND_ALL = 2**62
"""A position behind every other: heads read from there tell only what is settled."""
ANSWER_SECONDS_MAX = 30.0
TYPE_PATTERN = re.compile(r"[a-z0-9_.]{1,120}")
TRACE_PATTERN = re.compile(r"[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}")
AWAY = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED)
STYLES = {"recorded": None, "rejected": "red", "waiting": "yellow"}

Tell = Callable[["Seen"], None]


@dataclass(frozen=True, slots=True)
class Seen:
    """Something that happened, without what it says.

    Args:
        what: recorded, rejected or waiting.
        on: the stream and the version of a fact, the number of a rejected message, what a waiting
            one waits for.
        reason: why a message was rejected, as a code.
        trace: the id of its trace, where there is one.
    """

    at: datetime
    what: str
    service: str
    on: str
    type: str
    source: str
    reason: str | None = None
    trace: str | None = None

    def line(self) -> str:
        """Return it for a terminal."""
        parts = [f"{self.at:%Y-%m-%d %H:%M:%S}", f"{self.what:8}", f"{self.service}/{self.on}"]
        parts += [self.type, self.source, *([self.reason] if self.reason else [])]
        parts += [f"trace {self.trace}"] if self.trace else []
        return printable("  ".join(parts))

    def json(self) -> str:
        """Return it for a program, in one line."""
        return json.dumps(asdict(self) | {"at": self.at.isoformat()})


def tail(
    follow: Annotated[
        bool, typer.Option("--follow", "-f", help="Go on with what comes, until Ctrl-C.")
    ] = False,
    last: Annotated[
        int, typer.Option("--last", "-n", min=0, max=LAST_MAX, help="Begin with so many.")
    ] = 20,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
    data: Data = DEFAULT_DATA,
) -> None:
    """Show facts as they are recorded, and what is rejected or waits, without what they say."""
    console = plain_console()

    def tell(seen: Seen) -> None:
        if as_json:
            typer.echo(seen.json())
        else:
            console.print(seen.line(), style=STYLES[seen.what])

    with suppress(KeyboardInterrupt):
        asyncio.run(_tail(find(data), last, tell, follow=follow))


async def _tail(system: System, last: int, tell: Tell, *, follow: bool) -> None:
    async with AsyncExitStack() as stack:
        followed = []
        for owner in OWNERS:
            channel = await stack.enter_async_context(system.channel(owner, OPERATOR))
            followed.append(_Followed(owner, ledger_pb2_grpc.LedgerServiceStub(channel)))
        found = [seen for each in followed for seen in await each.begin(last)]
        found.sort(key=lambda seen: seen.at)
        for seen in found[len(found) - min(last, len(found)) :]:
            tell(seen)
        loop = asyncio.get_running_loop()
        late = loop.time() + LATE_SECONDS
        while follow:
            await asyncio.sleep(LOOK_SECONDS)
            again = loop.time() >= late
            late = loop.time() + LATE_SECONDS if again else late
            news = [seen for each in followed for seen in await each.look(again=again)]
            for seen in sorted(news, key=lambda seen: seen.at):
                tell(seen)


@dataclass
class _Followed:
    """One service, and what of it was shown.

    Args:
        position: the last that was seen.
        settled: nothing appears up to there any more.
        shown: the positions behind that which were shown.
        messages: rejected and waiting ones that were seen, the oldest first.
    """

    owner: str
    stub: "ledger_pb2_grpc.LedgerServiceAsyncStub"
    position: int = 0
    settled: int = 0
    shown: set[int] = field(default_factory=set)
    messages: dict[str, None] = field(default_factory=dict)

    async def begin(self, last: int) -> list[Seen]:
        """Return the last things that happened; what comes after them is new."""
        self.settled = await self._settled()
        kept: deque[Seen] = deque(maxlen=last)
        async for fact in self._facts(max(0, self.settled - last)):
            self._note(fact)
            kept.append(recorded(self.owner, fact))
        return [*kept, *await self._messages(MESSAGES_A_LOOK_MAX)]

    async def look(self, *, again: bool) -> list[Seen]:
        """Return what has happened since; nothing while the service does not answer."""
        try:
            found = [*await self._news(again=again), *await self._messages(MESSAGES_A_LOOK_MAX)]
        except grpc.aio.AioRpcError as error:
            if error.code() not in AWAY:
                raise
            return []
        return found

    async def _news(self, *, again: bool) -> list[Seen]:
        news: list[Seen] = []
        settled = await self._settled() if again else self.settled
        begin = self.settled if again else self.position
        async for fact in self._facts(begin):
            if fact.position > self.settled and fact.position not in self.shown:
                self._note(fact)
                news.append(recorded(self.owner, fact))
                if len(news) == FACTS_A_LOOK_MAX:
                    return news  # the rest comes with the next look
        self.settled = settled
        self.shown = {position for position in self.shown if position > settled}
        return news

    def _note(self, fact: pb.LedgerFact) -> None:
        self.position = max(self.position, fact.position)
        self.shown.add(fact.position)

    async def _facts(self, after: int) -> AsyncIterator[pb.LedgerFact]:
        request = pb.ReadLedgerRequest(after_position=after, batch_size=BATCH_FACTS)
        async for batch in self.stub.ReadLedger(request, timeout=ANSWER_SECONDS_MAX):
            for fact in batch.facts:
                yield fact

    async def _settled(self) -> int:
        request = pb.ReadHeadsRequest(after_position=BEYOND_ALL, omit_total=True)
        settled = 0
        async for page in self.stub.ReadHeads(request, timeout=ANSWER_SECONDS_MAX):
            settled = page.settled_position
        return settled

    async def _messages(self, limit: int) -> list[Seen]:
        """Return rejected and waiting messages that were not seen before."""
        listed = await self.stub.ListRejected(pb.ListRejectedRequest(page_size=limit))
        waits = await self.stub.ListWaiting(pb.ListWaitingRequest(page_size=limit))
        found = [
            *((each.rejected_id, rejected(self.owner, each)) for each in listed.messages),
            *((f"{each.source} {each.id}", waiting(self.owner, each)) for each in waits.messages),
        ]
        news = [seen for key, seen in found if key not in self.messages]
        self.messages |= dict.fromkeys(key for key, _ in found)
        for key in list(_first(self.messages, len(self.messages) - MESSAGES_REMEMBERED_MAX)):
            del self.messages[key]
        return news


def recorded(owner: str, fact: pb.LedgerFact) -> Seen:
    """Return what may be told of a fact."""
    return Seen(
        at=_moment(fact.recorded_at),
        what="recorded",
        service=owner,
        on=f"{fact.stream}/{fact.version}",
        type=fact.type,
        source=fact.source,
        trace=_trace(fact.traceparent),
    )


def rejected(owner: str, message: pb.RejectedMessage) -> Seen:
    """Return what may be told of a rejected message; its type only when it could be one."""
    known = TYPE_PATTERN.fullmatch(message.type)
    return Seen(
        at=_moment(message.rejected_at),
        what="rejected",
        service=owner,
        on=message.rejected_id[:8],
        type=message.type if known else "-",
        source=message.source,
        reason=message.reason,
        trace=_trace(message.traceparent),
    )


def waiting(owner: str, message: pb.WaitingMessage) -> Seen:
    """Return what may be told of a waiting message."""
    return Seen(
        at=_moment(message.waiting_since),
        what="waiting",
        service=owner,
        on=message.waiting_for,
        type=message.type,
        source=message.source,
        trace=_trace(message.traceparent),
    )


def _trace(traceparent: str) -> str | None:
    found = TRACE_PATTERN.fullmatch(traceparent)
    return found[1] if found else None


def _moment(timestamp: Timestamp) -> datetime:
    return timestamp.ToDatetime(tzinfo=UTC)


def _first(among: dict[str, Any], count: int) -> Iterator[str]:
    return (key for key, _ in zip(among, range(max(0, count)), strict=False))
