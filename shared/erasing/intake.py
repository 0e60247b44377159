"""Messages of INTAKE that name a person: their bytes on the disk are overwritten.

By a credential of its own, which may read the stream and remove messages of it. What a service has
not taken yet is waited for, so that nothing unread is lost. A message that has expired stays in the
file that it was written to until all of that file has: what was taken is removed as a whole, and
the files with it. Source: observed on NATS server 2.15.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Iterable

import nats.errors
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js.api import AckPolicy, ConsumerConfig, ConsumerInfo, DeliverPolicy
from nats.js.client import JetStreamContext
from nats.js.errors import APIError

from shared.chunks import chunks
from shared.erasing.sought import Message, Sought
from shared.errors import Unavailable
from shared.jetstream import intake_consumers
from shared.messaging import INTAKE

ERASER = "eraser"
FETCH_MESSAGES = 500
FETCH_SECONDS_MAX = 2.0
SILENT_FETCHES_MAX = 5
IDLE_SECONDS = 60.0
DELETES_AT_ONCE = 64
ANSWER_SECONDS_MAX = 5.0
TAKEN_SECONDS_MAX = 60.0
TAKEN_POLL_SECONDS = 0.2
EMPTY_TRIES_MAX = 100
EMPTY_PAUSE_SECONDS = 0.1
NO_MESSAGE = (10037, 10043)
"""JetStream's codes for a message that is gone already."""


Queue = tuple[str, str]
"""What one source says to one owner: the owner and the source."""


class IntakeMessages:
    """The messages of INTAKE, as the eraser sees them."""

    def __init__(self, connection: Client) -> None:
        """Take the eraser's connection."""
        self._connection = connection
        self._jetstream: JetStreamContext = connection.jetstream()

    async def naming(self, sought: Sought) -> dict[int, str]:
        """Return the sequence numbers and subjects of the messages that name the person."""
        found = {}
        async for message in self._all():
            if sought.named_by(_message(message)):
                found[message.metadata.sequence.stream] = message.subject
        return found

    async def erase(self, found: dict[int, str], *, wait: bool = True) -> int:
        """Overwrite these messages, once their services have taken them; returns how many.

        Args:
            found: their numbers and subjects.
            wait: for what is not taken yet; else it is left alone, and taken later as of somebody
                new.

        Raises:
            Unavailable: a service has not taken all of them within TAKEN_SECONDS_MAX.
        """
        overwritten = 0
        for queue in sorted(set(map(_queue, found.values()))):
            own = [number for number, subject in found.items() if _queue(subject) == queue]
            if wait:
                await self._until_taken(queue, max(own))
            taken = await self._taken([queue], max(own))
            for numbers in chunks((each for each in own if each <= taken), DELETES_AT_ONCE):
                await asyncio.gather(*map(self._overwrite, numbers))
                overwritten += len(numbers)
        return overwritten

    async def empty(self) -> bool:
        """Remove whatever all services have taken; returns whether no file is left of before.

        That is when nothing was under way for a moment.
        """
        for _ in range(EMPTY_TRIES_MAX):
            state = (await self._jetstream.stream_info(INTAKE, subjects_filter=">")).state
            taken = await self._taken(map(_queue, state.subjects or {}), state.last_seq)
            await self._jetstream.purge_stream(INTAKE, seq=taken + 1)
            state = (await self._jetstream.stream_info(INTAKE)).state
            if state.messages == 0:
                return True
            await asyncio.sleep(EMPTY_PAUSE_SECONDS)
        return False

    async def _taken(self, queues: Iterable[Queue], last: int) -> int:
        """Return up to where services have taken all of these queues, at most up to `last`."""
        infos = await intake_consumers(self._jetstream)
        return min([_taken_of(infos.get(queue), last) for queue in queues], default=last)

    async def _all(self) -> AsyncIterator[Msg]:
        """Yield every message that the stream holds now."""
        config = ConsumerConfig(
            name=ERASER,
            ack_policy=AckPolicy.NONE,
            deliver_policy=DeliverPolicy.ALL,
            inactive_threshold=IDLE_SECONDS,
            mem_storage=True,
        )
        await self._delete_consumer()
        await self._jetstream.add_consumer(INTAKE, config)
        subscription = await self._jetstream.pull_subscribe_bind(ERASER, INTAKE)
        try:
            left = (await subscription.consumer_info()).num_pending or 0
            silent = 0
            while left > 0 and silent < SILENT_FETCHES_MAX:
                try:
                    messages = await subscription.fetch(FETCH_MESSAGES, timeout=FETCH_SECONDS_MAX)
                except nats.errors.TimeoutError:
                    silent += 1  # what was deleted or has expired meanwhile does not come
                    continue
                silent = 0
                left -= len(messages)
                for message in messages:
                    yield message
        finally:
            await subscription.unsubscribe()
            await self._delete_consumer()

    async def _delete_consumer(self) -> None:
        try:
            await self._jetstream.delete_consumer(INTAKE, ERASER)
        except APIError:
            return  # there was none

    async def _until_taken(self, queue: Queue, number: int) -> None:
        for _ in range(round(TAKEN_SECONDS_MAX / TAKEN_POLL_SECONDS)):
            if await self._taken([queue], number) >= number:
                return
            await asyncio.sleep(TAKEN_POLL_SECONDS)
        raise Unavailable(
            f"{queue[0]} has not taken every message of INTAKE that names the person yet: nothing "
            "that is unread was removed. Erase again once it has."
        )

    async def _overwrite(self, number: int) -> None:
        answer = await self._connection.request(
            f"$JS.API.STREAM.MSG.DELETE.{INTAKE}",
            json.dumps({"seq": number, "no_erase": False}).encode(),
            timeout=ANSWER_SECONDS_MAX,
        )
        said = json.loads(answer.data)
        error = said.get("error")
        if error and error.get("err_code") not in NO_MESSAGE:
            raise Unavailable(f"NATS does not erase message {number} of INTAKE: {error}")


def _queue(subject: str) -> Queue:
    """Return the queue that a message of this subject stands in."""
    _, source, owner, *_ = subject.split(".")
    return owner, source


def _taken_of(info: ConsumerInfo | None, last: int) -> int:
    """Return up to where a queue is taken; nowhere when nobody takes from it yet."""
    if info is None:
        return 0
    if not (info.num_pending or info.num_ack_pending):
        return last
    return min(last, info.ack_floor.stream_seq if info.ack_floor else 0)


def _message(message: Msg) -> Message:
    subject = message.subject
    return Message(subject.split(".")[1], subject, dict(message.headers or {}), message.data)


def eraser_rights() -> Iterable[str]:
    """Return what the eraser may ask of NATS, and nothing else."""
    return [
        f"$JS.API.CONSUMER.CREATE.{INTAKE}.{ERASER}",
        f"$JS.API.CONSUMER.CREATE.{INTAKE}.{ERASER}.>",
        f"$JS.API.CONSUMER.DELETE.{INTAKE}.{ERASER}",
        f"$JS.API.CONSUMER.MSG.NEXT.{INTAKE}.{ERASER}",
        f"$JS.API.CONSUMER.INFO.{INTAKE}.{ERASER}",
        f"$JS.API.CONSUMER.LIST.{INTAKE}",
        f"$JS.API.STREAM.INFO.{INTAKE}",
        f"$JS.API.STREAM.MSG.DELETE.{INTAKE}",
        f"$JS.API.STREAM.PURGE.{INTAKE}",
    ]
