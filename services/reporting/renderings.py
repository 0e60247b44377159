"""What was made of reports, pages and files in each language: made once, kept while there is room.

Whoever asks for the same meanwhile waits for it. One of a kind is made at a time, so that ten
readers of ten PDFs take the memory of one.
"""

import asyncio
import hashlib
from collections import defaultdict
from collections.abc import Callable

BYTES_KEPT_MAX = 24_000_000


class Renderings:
    """The renderings asked for last, up to BYTES_KEPT_MAX together."""

    def __init__(self, bytes_kept_max: int = BYTES_KEPT_MAX) -> None:
        """Begin with none."""
        self._bytes_kept_max, self._bytes = bytes_kept_max, 0
        self._kept: dict[tuple[bytes, str, str], bytes] = {}
        self._making: dict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def of(
        self, document: bytes, kind: str, language: str, make: Callable[[bytes], bytes]
    ) -> bytes:
        """Return what `make`, in a thread, makes of a document, or made of it before.

        Args:
            document: the report's JSON; an equal one has equal renderings.
            kind: what `make` makes: page, pdf ...
            language: its code.
            make: document in, rendering out.
        """
        key = (hashlib.sha256(document).digest(), kind, language)
        async with self._making[kind]:
            content = self._kept.pop(key, None)
            if content is None:
                content = await asyncio.to_thread(make, document)
                self._bytes += len(content)
            self._kept[key] = content  # asked for last, forgotten last
            while self._bytes > self._bytes_kept_max:
                self._bytes -= len(self._kept.pop(next(iter(self._kept))))
        return content
