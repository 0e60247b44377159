"""How many connections a service keeps over HTTP, and how patient it is with each.

Uvicorn waits for ever for the head of a request that comes letter by letter; here it has its time.
"""

import asyncio
from dataclasses import dataclass
from functools import partial
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

IDLE_SECONDS = 5
HEAD_SECONDS_MAX = 10.0
MOST = 1_000


@dataclass(frozen=True)
class Connections:
    """The bounds of a service's connections.

    Args:
        most: so many at once; whoever comes then is told 503.
        idle_seconds: so long one may stay open between two requests.
        head_seconds_max: so long a request may take until its headers are there.
    """

    most: int = MOST
    idle_seconds: int = IDLE_SECONDS
    head_seconds_max: float = HEAD_SECONDS_MAX

    def settings(self) -> dict[str, Any]:
        """Return what uvicorn is told of it."""
        return {
            "http": partial(Impatient, head_seconds_max=self.head_seconds_max),
            "limit_concurrency": self.most,
            "timeout_keep_alive": self.idle_seconds,
        }


class Impatient(H11Protocol):
    """A connection that ends when the headers of a request do not come in time.

    Nor is a body waited for that nobody reads any more, because the answer is there already.
    """

    def __init__(self, *arguments: Any, head_seconds_max: float, **named: Any) -> None:
        """Take uvicorn's arguments, and the time for a head."""
        super().__init__(*arguments, **named)
        self._head_seconds_max = head_seconds_max
        self._waits_for: str | None = None
        self._late: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for the first head."""
        super().connection_made(transport)
        self._wait_for("head")

    def data_received(self, data: bytes) -> None:
        """Take what has come; what is not whole yet is waited for no longer than before."""
        super().data_received(data)
        self._wait_for(self._unfinished())

    def on_response_complete(self) -> None:
        """Go on after an answer; what was not read of the request is let go, within its time."""
        super().on_response_complete()
        self._wait_for(self._unfinished())

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no more."""
        super().connection_lost(exc)
        self._wait_for(None)

    def _unfinished(self) -> str | None:
        """Return what of a request is still to come while nobody waits for it with a limit."""
        if self.conn.their_state is h11.IDLE and self.conn.trailing_data[0]:
            return "head"
        if self.conn.their_state is h11.SEND_BODY and self.conn.our_state is h11.DONE:
            return "rest"
        return None

    def _wait_for(self, part: str | None) -> None:
        if part == self._waits_for:
            return
        if self._late is not None:
            self._late.cancel()
        self._waits_for = part
        self._late = (
            self.loop.call_later(self._head_seconds_max, self.transport.close) if part else None
        )
