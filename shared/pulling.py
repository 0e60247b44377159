"""Pulling from a durable consumer: what has come is handed over at once.

Importing this puts our subscription in the place of nats-py's, for FastStream and for ourselves.
"""

import asyncio
import json
import time

import nats.errors
from nats.aio.msg import Msg
from nats.js.client import JetStreamContext
from nats.js.errors import ServiceUnavailableError

PULLED_BYTES_MAX = 8 * 1024 * 1024
FETCH_SECONDS_MAX = 2.0
GONE_SECONDS = 0.5
RECONNECT_DELAY_SECONDS = 0.2


class PullSubscription(JetStreamContext.PullSubscription):
    """A pull subscription that hands over at once whatever has come.

    nats-py waits until a batch is full or its time is over, and takes 15 µs for each message; a
    lone event then takes as long as the timeout. Here the request stays open at the server: while
    one batch is worked on the next one gathers by itself, small when little comes and large under
    load.
    """

    _batch = 0
    _asked = 0
    """How many messages the server may still send for what was asked."""
    _asked_until = 0.0
    _gone = ""

    async def fetch(
        self,
        batch: int = 1,
        timeout: float | None = 5,  # noqa: ASYNC109 (named by nats-py)
        heartbeat: float | None = None,
    ) -> list[Msg]:
        """Return 1 to `batch` messages, as soon as there are any.

        Raises:
            nats.errors.TimeoutError: none came in time. FastStream asks for the rest of a batch
                until its own time is over: such a smaller batch is not waited for.
            ServiceUnavailableError: the stream or the consumer is gone.
        """
        self._batch = max(batch, self._batch)
        waits = batch == self._batch
        until = time.monotonic() + (FETCH_SECONDS_MAX if timeout is None else timeout)
        while not (messages := self._arrived(batch)):
            left = until - time.monotonic()
            if not waits or left <= 0:
                raise nats.errors.TimeoutError
            if not self._nc.is_connected:
                await asyncio.sleep(min(left, RECONNECT_DELAY_SECONDS))
                continue
            await self._ask(batch, left)
            try:
                messages = self._judged(await self._sub.next_msg(timeout=left))
            except TimeoutError:
                raise nats.errors.TimeoutError from None
            if self._gone:
                await asyncio.sleep(min(left, GONE_SECONDS))
                raise ServiceUnavailableError(code=503, description=self._gone)
            if messages:
                messages += self._arrived(batch - 1)
                break
        self._asked -= len(messages)
        return messages

    def _arrived(self, batch: int) -> list[Msg]:
        """Return what is here already, without waiting for more."""
        queue = self._sub._pending_queue
        messages: list[Msg] = []
        while len(messages) < batch and not queue.empty():
            message = queue.get_nowait()
            self._sub._pending_size -= len(message.data)
            messages += self._judged(message)
        return messages

    def _judged(self, message: Msg) -> list[Msg]:
        """Return a message, but not a word of the server's, which ends what was asked.

        Only a message has a subject to acknowledge it on; its publisher may set any header.
        """
        if message.reply:
            return [message]
        headers = message.headers or {}
        self._asked = 0
        if headers.get("Status") == "503" or headers.get("Description") == "Consumer Deleted":
            self._gone = headers.get("Description", "no stream answers")
        return []

    async def _ask(self, batch: int, seconds: float) -> None:
        now = time.monotonic()
        if self._asked > 0 and now < self._asked_until:
            return
        self._asked, self._asked_until, self._gone = batch, now + seconds, ""
        wish = {"batch": batch, "max_bytes": PULLED_BYTES_MAX, "expires": int(seconds * 1e9)}
        await self._nc.publish(self._nms, json.dumps(wish).encode(), self._deliver)


JetStreamContext.PullSubscription = PullSubscription  # type: ignore[misc]
