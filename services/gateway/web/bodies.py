"""The body of a request: read within a number of bytes and of seconds, and never unpacked."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from starlette.requests import ClientDisconnect, Request

from services.gateway.web.answering import Problem
from shared.errors import Overloaded

UNPACKED = ("", "identity")


ROOM_BYTES_MAX = 64 * 1024 * 1024


class Gone(Exception):
    """Whoever sent the request is away before its end."""


class Room:
    """The memory that all bodies have together, whoever sends them."""

    def __init__(self, bytes_max: int = ROOM_BYTES_MAX) -> None:
        """Start empty."""
        self._bytes_max, self._held = bytes_max, 0

    @contextmanager
    def held(self, request: Request, bytes_max: int) -> Iterator[None]:
        """Hold room for a body until it is done with: as much as it says, or as it may have.

        Raises:
            Overloaded: there is none just now.
        """
        length = request.headers.get("content-length", "")
        size = min(int(length), bytes_max) if length.isdecimal() else bytes_max
        if self._held + size > self._bytes_max:
            raise Overloaded("too many large requests are under way, and nothing was stored")
        self._held += size
        try:
            yield
        finally:
            self._held -= size


async def body_of(request: Request, bytes_max: int, seconds_max: float) -> bytes:
    """Return the whole body.

    Raises:
        Problem: it is packed, or longer than `bytes_max`, or does not come in time. What it says
            of its own length is judged before a byte is read.
        Gone: the sender went away.
    """
    refuse_packed(request)
    length = request.headers.get("content-length", "")
    if length.isdecimal() and int(length) > bytes_max:
        raise too_large(bytes_max)
    received = bytearray()
    try:
        async with asyncio.timeout(seconds_max):
            async for chunk in request.stream():
                received += chunk
                if len(received) > bytes_max:
                    raise too_large(bytes_max)
    except TimeoutError:
        detail = f"The body did not come within {seconds_max:g} seconds."
        raise Problem(408, "Too slow", detail, headers={"Connection": "close"}) from None
    except ClientDisconnect:
        raise Gone from None
    return bytes(received)


def refuse_packed(request: Request) -> None:
    """Refuse a body that is compressed: a small one may hold a very large one.

    Raises:
        Problem: it is.
    """
    packed = request.headers.get("content-encoding", "").strip().lower()
    if packed not in UNPACKED:
        detail = f"Send the body as it is: content encoding {packed[:40]!r} is not unpacked here."
        headers = {"Accept-Encoding": "identity"}
        raise Problem(415, "Not unpacked", detail, headers=headers)


def too_large(bytes_max: int) -> Problem:
    """Return what is told of a body that is too long."""
    detail = f"At most {bytes_max:,} bytes are taken in this mode."
    return Problem(413, "Too large", detail, "too_large")
