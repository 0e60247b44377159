"""A wire that can be cut: a TCP proxy between one service and its broker."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from shared.embedded.catalogue import HOST

CHUNK_BYTES = 65_536


class Wire:
    """Hands bytes on in both directions while it is whole."""

    def __init__(self, port: int) -> None:
        """Lead to a port of this machine."""
        self._target = port
        self._whole = True
        self._open: set[asyncio.StreamWriter] = set()
        self.port = 0

    def cut(self) -> None:
        """Break every connection, and let no new one through."""
        self._whole = False
        for writer in list(self._open):
            writer.transport.abort()

    def mend(self) -> None:
        """Let connections through again."""
        self._whole = True

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection."""
        if not self._whole:
            writer.transport.abort()
            return
        there, back = await asyncio.open_connection(HOST, self._target)
        ends = {writer, back}
        self._open |= ends
        try:
            await asyncio.gather(self._pump(reader, back), self._pump(there, writer))
        finally:
            self._open -= ends
            for end in ends:
                end.close()

    async def _pump(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            while chunk := await source.read(CHUNK_BYTES):
                sink.write(chunk)
                await sink.drain()
        sink.close()


@asynccontextmanager
async def wire_to(port: int) -> AsyncIterator[Wire]:
    """Yield a wire to a port; it listens on `wire.port`."""
    wire = Wire(port)
    server = await asyncio.start_server(wire.carry, HOST, 0)
    wire.port = server.sockets[0].getsockname()[1]
    try:
        yield wire
    finally:
        wire.cut()
        server.close()
