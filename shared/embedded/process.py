"""One child process: started again with growing pauses when it dies, stopped when asked."""

import asyncio
import logging
import os
import signal
import sys
import time
from asyncio.subprocess import DEVNULL, Process
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from shared.embedded.data_directory import PRIVATE_FILE, OperatorError, last_lines

logger = logging.getLogger(__name__)

PROJECT_ROOT = Path(__file__).resolve().parents[2]
LAUNCHER = Path(__file__).with_name("launcher.py")
STOP_SECONDS_MAX = 15.0
RESTART_DELAY_SECONDS_MIN = 0.2
RESTART_DELAY_SECONDS_MAX = 5.0
STEADY_SECONDS = 10.0  # ready for so long, a process has earned a quick restart again
STARTS_BEFORE_READY_MAX = 5
READY_POLL_SECONDS = 0.03
READY_ANSWER_SECONDS_MAX = 3.0
LOG_BYTES_MAX = 16_000_000


async def _always() -> bool:
    return True


@dataclass(frozen=True)
class Program:
    """What is to run, and how it says that it is ready.

    Args:
        ready: returns whether it is; an error or no answer in time counts as not yet.
        first_start: added to the environment of the first start alone, for tests of restarts.
        user: the system user to run as; None for our own.
        directory: where it runs. The project, so that `python -m` finds our packages and no
            folder of the same name where the operator happens to stand.
    """

    name: str
    command: tuple[str, ...]
    log: Path
    ready: Callable[[], Awaitable[bool]] = _always
    environment: Mapping[str, str] = field(default_factory=dict)
    first_start: Mapping[str, str] = field(default_factory=dict)
    user: str | None = None
    directory: Path = PROJECT_ROOT
    stop_signal: signal.Signals = signal.SIGTERM


async def spawn(program: Program, more: Mapping[str, str] | None = None) -> Process:
    """Start the program, writing to its log, in its own session so that Ctrl-C reaches only us.

    `more` is added to its environment.
    """
    launch = (sys.executable, "-I", "-S", str(LAUNCHER), str(os.getpid()))
    arguments = (str(int(program.stop_signal)), program.user or "", *program.command)
    if program.log.exists() and program.log.stat().st_size > LOG_BYTES_MAX:
        program.log.replace(program.log.with_suffix(".log.1"))
    descriptor = os.open(program.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, PRIVATE_FILE)
    try:
        return await asyncio.create_subprocess_exec(
            *launch,
            *arguments,
            stdin=DEVNULL,
            stdout=descriptor,
            stderr=descriptor,
            env={**program.environment, **(more or {})},
            cwd=program.directory,
            start_new_session=True,
        )
    finally:
        os.close(descriptor)


async def run_to_end(program: Program, seconds_max: float) -> None:
    """Run the program once.

    Raises:
        OperatorError: it failed or took too long; the message holds the end of its log.
    """
    process = await spawn(program)
    try:
        code = await asyncio.wait_for(process.wait(), seconds_max)
    except TimeoutError:
        code = None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if code != 0:
        how = f"took longer than {seconds_max:.0f} s" if code is None else f"ended with {code}"
        raise OperatorError(
            f"{program.name} {how}; the last lines of {program.log}:\n{last_lines(program.log)}"
        )


class SupervisedProcess:
    """A program that is kept running until it is stopped."""

    def __init__(self, program: Program, on_start: Callable[[], None]) -> None:
        """Take what to run, and whom to tell when it has a new pid."""
        self.program = program
        self._on_start = on_start
        self._process: Process | None = None
        self._keeper: asyncio.Task[None] | None = None
        self._stopping = False
        self._starts = 0
        self._first_start = program.first_start
        self._ready = asyncio.Event()

    @property
    def pid(self) -> int | None:
        """The pid of the running process, if one runs."""
        process = self._process
        return process.pid if process is not None and process.returncode is None else None

    def start(self) -> None:
        """Begin to keep the program running."""
        self._keeper = asyncio.create_task(self._keep_running(), name=f"keep {self.program.name}")

    async def wait_ready(self, seconds_max: float) -> None:
        """Return once the program is ready.

        Raises:
            OperatorError: it is not within the limit, or died too often before.
        """
        deadline = time.monotonic() + seconds_max
        while not self._ready.is_set():
            if time.monotonic() > deadline:
                raise self._not_ready(f"is not ready after {seconds_max:.0f} s")
            if self._starts >= STARTS_BEFORE_READY_MAX:
                raise self._not_ready(f"died {self._starts - 1} times before it was ready")
            await asyncio.sleep(READY_POLL_SECONDS)

    async def stop(self) -> None:
        """Ask the program to end, kill it when it does not, and start it no more."""
        self._stopping = True
        if self._process is not None and self.pid is not None:
            with suppress(ProcessLookupError):  # it ended a moment ago
                self._process.send_signal(self.program.stop_signal)
            try:
                await asyncio.wait_for(self._process.wait(), STOP_SECONDS_MAX)
            except TimeoutError:
                logger.warning("%s did not end when asked; it is killed", self.program.name)
                with suppress(ProcessLookupError):  # it ended at this very moment
                    self._process.kill()
                await self._process.wait()
        if self._keeper is not None:
            self._keeper.cancel()
            await asyncio.gather(self._keeper, return_exceptions=True)

    async def _keep_running(self) -> None:
        delay = RESTART_DELAY_SECONDS_MIN
        while not self._stopping:
            end, steady = await self._run_once()
            if self._stopping:
                return
            delay = RESTART_DELAY_SECONDS_MIN if steady else delay
            logger.warning("%s %s; it starts again in %.1f s", self.program.name, end, delay)
            await asyncio.sleep(delay)
            delay = min(2 * delay, RESTART_DELAY_SECONDS_MAX)

    async def _run_once(self) -> tuple[str, bool]:
        """Run until the process ends; returns how it ended and whether it had been steady."""
        self._ready.clear()
        self._starts += 1
        first, self._first_start = self._first_start, {}
        try:
            self._process = await spawn(self.program, first)
        except OSError as error:
            return f"could not start ({error})", False
        try:
            self._on_start()
        except OSError as error:  # a full disk is no reason to stop keeping it alive
            logger.warning("the new process of %s is not on record: %s", self.program.name, error)
        watch = asyncio.create_task(self._watch_ready())
        try:
            code = await self._process.wait()
        finally:
            watch.cancel()
        ready_at = watch.result() if watch.done() and not watch.cancelled() else None
        steady = ready_at is not None and time.monotonic() - ready_at > STEADY_SECONDS
        return f"ended with {code}", steady

    async def _watch_ready(self) -> float:
        """Ask until the program is ready; returns when that was."""
        ready = False
        while not ready:
            await asyncio.sleep(READY_POLL_SECONDS)
            try:
                ready = await asyncio.wait_for(self.program.ready(), READY_ANSWER_SECONDS_MAX)
            except Exception as error:  # whatever its driver raises while a server comes up
                logger.debug("%s is not ready yet: %s", self.program.name, error)
        self._ready.set()
        self._starts = 0
        logger.info("%s is ready (process %s)", self.program.name, self.pid)
        return time.monotonic()

    def _not_ready(self, how: str) -> OperatorError:
        log = self.program.log
        return OperatorError(
            f"{self.program.name} {how}; the last lines of {log}:\n{last_lines(log)}"
        )


async def all_of(*work: Coroutine[Any, Any, object]) -> None:
    """Do everything at the same time; the first failure ends the rest and is raised by itself."""
    try:
        async with asyncio.TaskGroup() as group:
            for part in work:
                group.create_task(part)
    except ExceptionGroup as failures:
        raise failures.exceptions[0] from None
