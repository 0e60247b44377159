"""What was made of reports, pages and files in each language: made once, kept while there is room.

Whoever asks for the same meanwhile waits for it. One of a kind is made at a time, so that ten
readers of ten PDFs take the memory of one. Pages are made in a thread, files in a process of their
own (workshop.py). What is kept stands in files without a name, which end with the process however
that ends: the system holds them in memory while there is any to spare, and the service does not.
"""

import asyncio
import hashlib
import os
import tempfile
from collections import defaultdict
from collections.abc import Awaitable, Callable
from typing import IO

from services.reporting.workshop import Workshop
from shared.resident import giving_back

BYTES_KEPT_MAX = 64_000_000
"""A PDF that lists 2,000 cities has 1.4 million."""
FILES_KEPT_MAX = 200

Make = Callable[[bytes], Awaitable[bytes]]
"""Makes something of the JSON of a report."""


class Renderings:
    """The renderings asked for last: FILES_KEPT_MAX, and BYTES_KEPT_MAX together."""

    def __init__(
        self, bytes_kept_max: int = BYTES_KEPT_MAX, workshop: Workshop | None = None
    ) -> None:
        """Begin with none."""
        self._bytes_kept_max, self._bytes = bytes_kept_max, 0
        self.workshop = workshop or Workshop()
        self._kept: dict[tuple[bytes, str, str], IO[bytes]] = {}
        self._making: dict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def page(
        self, document: bytes, kind: str, language: str, make: Callable[[bytes], bytes]
    ) -> bytes:
        """Return what `make`, in a thread, makes of a document, or made of it before.

        Args:
            document: the report's JSON; an equal one has equal renderings.
            kind: what `make` makes: page, live ...
            language: its code.
            make: document in, rendering out.
        """

        async def made(text: bytes) -> bytes:
            return await asyncio.to_thread(giving_back, make, text)

        return await self._of(document, kind, language, made)

    async def file(
        self,
        document: bytes,
        kind: str,
        language: str,
        *,
        then: bool = False,
        finish: Callable[[bytes], bytes] | None = None,
    ) -> bytes:
        """Return the file that a document makes, or made before.

        Args:
            document: the report's JSON.
            kind: the ending of its address: pdf, xlsx ...
            language: its code.
            then: whether the report was asked for as known at an earlier moment.
            finish: what else is done with it, in a thread.

        Raises:
            Unavailable: it cannot be made now.
        """

        async def made(text: bytes) -> bytes:
            content = await self.workshop.make(text, kind, language, then=then)
            return await asyncio.to_thread(finish, content) if finish else content

        return await self._of(document, f"{kind} then" if then else kind, language, made)

    async def _of(self, document: bytes, kind: str, language: str, make: Make) -> bytes:
        key = (hashlib.sha256(document).digest(), kind, language)
        async with self._making[kind]:
            if (kept := self._kept.pop(key, None)) is not None:
                self._kept[key] = kept  # asked for last, forgotten last
                kept.seek(0)
                return kept.read()
            content = await make(document)
            self._kept[key] = await asyncio.to_thread(_file_of, content)
            self._bytes += len(content)
            while self._bytes > self._bytes_kept_max or len(self._kept) > FILES_KEPT_MAX:
                with self._kept.pop(next(iter(self._kept))) as forgotten:
                    self._bytes -= forgotten.seek(0, os.SEEK_END)
        return content


def _file_of(content: bytes) -> IO[bytes]:
    file = tempfile.TemporaryFile()  # noqa: SIM115 - it stays open for as long as it is kept
    file.write(content)
    return file
