"""The processes of one data directory, with their pids on the disk.

`processes.json` lets the next start find what a killed supervisor has left running;
`endpoints.json` lets other programs find the running system.
"""

import asyncio
import json
import logging
import os
import signal
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any

import psutil

from shared.embedded.data_directory import DataDirectory, write_private
from shared.embedded.process import Program, SupervisedProcess, all_of

logger = logging.getLogger(__name__)

READY_SECONDS_MAX = 60.0
LEFTOVER_SECONDS_MAX = 15.0
KILLED_SECONDS_MAX = 10.0
LEFTOVER_POLL_SECONDS = 0.02
SAME_START_SECONDS = 2.0  # how far a clock that was set may move the start time of a process


class ProcessTable:
    """What runs, by name; both files follow each start and stop."""

    def __init__(self, directory: DataDirectory) -> None:
        """Take the directory; nothing runs yet."""
        self._directory = directory
        self._processes: dict[str, SupervisedProcess] = {}
        self._endpoints: dict[str, Any] | None = None

    async def start(self, *programs: Program) -> None:
        """Start the programs together and return when all are ready.

        Raises:
            OperatorError: one is not ready in time; all keep running until stopped.
        """
        started = [SupervisedProcess(program, self._record) for program in programs]
        for process in started:
            self._processes[process.program.name] = process
            process.start()
        await all_of(*(process.wait_ready(READY_SECONDS_MAX) for process in started))

    async def stop(self, *names: str) -> None:
        """Stop the named processes together, those of them that were started."""
        stopping = [self._processes.pop(name) for name in names if name in self._processes]
        await asyncio.gather(*(process.stop() for process in stopping))
        self._record()

    def publish(self, endpoints: dict[str, Any]) -> dict[str, Any]:
        """Write endpoints.json and keep its pids true from now on; returns what it holds."""
        self._endpoints = endpoints
        self._record()
        return endpoints

    def amend(self, **changed: Any) -> None:
        """Put changed parts into the published endpoints.json."""
        if self._endpoints is not None:
            self._endpoints |= changed
            self._record()

    def withdraw(self) -> None:
        """Remove endpoints.json: the system is no longer there for others."""
        self._endpoints = None
        self._directory.endpoints.unlink(missing_ok=True)

    def _record(self) -> None:
        rows = dict(self._rows())
        write_private(self._directory.processes, json.dumps(rows, indent=2) + "\n")
        if self._endpoints is not None:
            self._endpoints["processes"] = {name: row["pid"] for name, row in rows.items()}
            write_private(self._directory.endpoints, json.dumps(self._endpoints, indent=2) + "\n")

    def _rows(self) -> Iterator[tuple[str, dict[str, Any]]]:
        for name, process in self._processes.items():
            if process.pid is None:
                continue
            try:
                created = psutil.Process(process.pid).create_time()
            except psutil.NoSuchProcess:  # it died a moment ago, and will be started again
                continue
            yield (
                name,
                {
                    "pid": process.pid,
                    "created": created,
                    "command": process.program.command,
                    "stop_signal": int(process.program.stop_signal),
                },
            )


async def stop_leftovers(directory: DataDirectory) -> None:
    """Stop what a supervisor that was killed has left running, and forget what it said of it."""
    directory.endpoints.unlink(missing_ok=True)
    if not directory.processes.exists():
        return
    rows = json.loads(directory.processes.read_text())
    for name, row in rows.items():
        if _is_left(row):
            logger.warning("%s still runs from before, as process %d", name, row["pid"])
    for kill in (False, True):
        left = [row for row in rows.values() if _is_left(row)]
        for row in left:
            with suppress(ProcessLookupError):  # it went between the look and the signal
                os.kill(row["pid"], signal.SIGKILL if kill else row["stop_signal"])
        await _until_gone(left, KILLED_SECONDS_MAX if kill else LEFTOVER_SECONDS_MAX)
    directory.processes.unlink()


def leftovers(directory: DataDirectory) -> dict[str, int]:
    """Return what still runs of the processes on record, with their pids."""
    if not directory.processes.exists():
        return {}
    rows = json.loads(directory.processes.read_text())
    return {name: row["pid"] for name, row in rows.items() if _is_left(row)}


async def _until_gone(rows: Sequence[dict[str, Any]], seconds_max: float) -> None:
    deadline = time.monotonic() + seconds_max
    for row in rows:
        while _is_left(row) and time.monotonic() < deadline:  # noqa: ASYNC110 (orphans tell nobody)
            await asyncio.sleep(LEFTOVER_POLL_SECONDS)


def _is_left(row: dict[str, Any]) -> bool:
    """Return whether the recorded process still runs; its pid may be somebody else's by now.

    A zombie without threads does not count: in a container nobody may wait for an orphan. One with
    threads, or without a command line, is on its way out and may still hold its port.
    """
    try:
        process = psutil.Process(row["pid"])
        if abs(process.create_time() - row["created"]) > SAME_START_SECONDS:
            return False
        if process.status() == psutil.STATUS_ZOMBIE:
            return bool(process.num_threads() > 1)
        return bool(process.cmdline() in (row["command"], []))
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return False
