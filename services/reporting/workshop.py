"""Files of reports, made in a process of its own: what setting pages takes and keeps stays there.

The process is started when the first file is asked for and stays warm. Once it holds more than
MEGABYTES_MAX another takes over, which is started before it is asked for anything. One that died
costs whoever waited one more try.
"""

import asyncio
import json
import logging
import sys
from asyncio.subprocess import PIPE, Process
from contextlib import suppress
from typing import Any, NamedTuple

from shared.errors import Unavailable

logger = logging.getLogger(__name__)

PROGRAM = (sys.executable, "-m", "services.reporting.presentation")
MEGABYTES_MAX = 200.0
TRIES_MAX = 2
FILE_SECONDS_MAX = 60.0
BROKEN = (OSError, EOFError, TimeoutError)
"""Errors of a process that died, or that does not answer."""


class CannotMake(Exception):
    """The process answered that a file cannot be made; its log says why."""


class _Maker(NamedTuple):
    """The process, what it is asked, and what it answers."""

    process: Process
    asked: asyncio.StreamWriter
    answers: asyncio.StreamReader


class Workshop:
    """Makes one file at a time."""

    def __init__(self, megabytes_max: float = MEGABYTES_MAX) -> None:
        """Begin with no process."""
        self._megabytes_max = megabytes_max
        self._maker: _Maker | None = None
        self._one_at_a_time = asyncio.Lock()

    @property
    def pid(self) -> int | None:
        """The process that makes the next file, if there is one already."""
        return None if self._maker is None else self._maker.process.pid

    async def make(self, document: bytes, kind: str, language: str, *, then: bool = False) -> bytes:
        """Return the file of a kind that the JSON of a report makes.

        Args:
            document: the report.
            kind: the ending of its address, such as "pdf".
            language: its code.
            then: whether the report was asked for as known at an earlier moment.

        Raises:
            CannotMake: there is no such file of this report.
            Unavailable: the process died twice, or took longer than FILE_SECONDS_MAX.
        """
        request = {"kind": kind, "language": language, "then": then, "bytes": len(document)}
        async with self._one_at_a_time:
            for _ in range(TRIES_MAX):
                try:
                    async with asyncio.timeout(FILE_SECONDS_MAX):
                        return await self._made(request, document)
                except BROKEN as error:
                    logger.warning("the maker of files died: %s", error or type(error).__name__)
                    await self._end()
                except asyncio.CancelledError:
                    # Its answer would be taken for that of whoever asks next.
                    self._kill()
                    raise
        raise Unavailable(f"no {kind} can be made just now")

    async def _made(self, request: dict[str, Any], document: bytes) -> bytes:
        maker = await self._started()
        maker.asked.write(json.dumps(request).encode() + b"\n" + document)
        await maker.asked.drain()
        line = await maker.answers.readline()
        if not line:
            raise EOFError("it ended before it answered")
        answer = json.loads(line)
        if "failed" in answer:
            raise CannotMake(answer["failed"])
        content = await maker.answers.readexactly(answer["bytes"])
        if answer["megabytes"] > self._megabytes_max:
            await self._end()
            await self._started()
        return content

    async def _started(self) -> _Maker:
        if self._maker is None:
            process = await asyncio.create_subprocess_exec(*PROGRAM, stdin=PIPE, stdout=PIPE)
            if process.stdin is None or process.stdout is None:
                raise OSError("it has no pipes")
            self._maker = _Maker(process, process.stdin, process.stdout)
        return self._maker

    def _kill(self) -> Process | None:
        """Kill the process, which holds nothing that is worth an orderly end."""
        maker, self._maker = self._maker, None
        if maker is None:
            return None
        with suppress(ProcessLookupError):
            maker.process.kill()
        return maker.process

    async def _end(self) -> None:
        process = self._kill()
        if process is not None:
            await process.wait()

    async def close(self) -> None:
        """End the process; files that are asked for later start another."""
        async with self._one_at_a_time:
            await self._end()
