"""Errands of services, run and heard: told in JSON on standard input, answered in JSON lines."""

import asyncio
import json
import os
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import AsyncIterator, Mapping
from typing import Any

from shared.embedded.data_directory import PRIVATE_FILE, OperatorError, last_lines
from shared.embedded.process import Program

ANSWER_BYTES_MAX = 16 * 1024 * 1024


async def errand(
    program: Program, asked: Mapping[str, Any] | None = None
) -> AsyncIterator[Mapping[str, Any]]:
    """Run an errand to its end, and yield what it says.

    Args:
        program: the errand; what else it says goes to its log.
        asked: what it is told on standard input, where no list of processes shows it.

    Raises:
        OperatorError: it failed; the text is the last thing that its log says.
    """
    descriptor = os.open(program.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, PRIVATE_FILE)
    try:
        process = await asyncio.create_subprocess_exec(
            *program.command,
            stdin=DEVNULL if asked is None else PIPE,
            stdout=PIPE,
            stderr=descriptor,
            env=dict(program.environment),
            cwd=program.directory,
            limit=ANSWER_BYTES_MAX,
        )
    finally:
        os.close(descriptor)
    if process.stdin is not None:
        process.stdin.write(json.dumps(asked).encode() + b"\n")
        process.stdin.close()
    assert process.stdout is not None  # noqa: S101 - it was asked for as a pipe
    async for line in process.stdout:
        yield json.loads(line)
    if await process.wait() != 0:
        raise OperatorError(_reason(last_lines(program.log)))


def _reason(log: str) -> str:
    """Return what the last line of a log says, without the rest of its JSON."""
    last = log.strip().rpartition("\n")[2]
    try:
        return str(json.loads(last)["message"])
    except (ValueError, KeyError, TypeError):
        return last
