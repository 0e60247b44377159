"""A service as a process of its own, killed: by itself at a named place, or by us at any moment."""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus
from pathlib import Path

import httpx

from shared.embedded.catalogue import HOST
from tests.support.settling import SECONDS_MAX, until
from tests.support.system import System, free_port

ROOT = Path(__file__).parents[2]
LOG_LINES = 20


async def run_until_killed(system: System, service: str, place: str, errand: str = "") -> None:
    """Start the service with a failpoint and return once it has killed itself there.

    The rest of the system is the test's own. The place is "name", or "name:n" for its n-th passing.
    An errand, such as "rebuild", runs in the place of the service, as the owner of its tables.

    Raises:
        AssertionError: it ended otherwise, or lived on; the end of its log is in the text.
    """
    process = await _spawn(system, service, {"TANDEM_FAILPOINT": place}, errand)
    code = await _ended(process)
    assert code == -signal.SIGKILL, f"{service} ended with {code}, not at {place}: {_log(system)}"


@asynccontextmanager
async def as_process(
    system: System, service: str, *, beside: bool = False
) -> AsyncIterator[Process]:
    """Run the service as a process of its own, ready and at work; killed in the end.

    Args:
        system: whose service it is.
        service: which.
        beside: whether another one has its addresses, so that it needs others.

    Raises:
        AssertionError: it is not ready in time, or ended by itself; the text holds its log's end.
    """
    http = f"{HOST}:{free_port()}"
    other = {"TANDEM_HTTP_LISTEN": http, "TANDEM_GRPC_LISTEN": f"{HOST}:{free_port()}"}
    process = await _spawn(system, service, other if beside else {})
    address = f"http://{http}" if beside else system.http(service)

    async def ready() -> bool:
        assert process.returncode is None, f"{service} ended by itself: {_log(system)}"
        try:
            async with httpx.AsyncClient() as client:
                answer = await client.get(f"{address}/readyz")
        except httpx.TransportError:
            return False
        return answer.status_code == HTTPStatus.OK

    try:
        await until(ready, f"the process of {service} is ready")
        yield process
        assert process.returncode is None, f"{service} ended by itself: {_log(system)}"
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def _spawn(system: System, service: str, more: dict[str, str], errand: str = "") -> Process:
    """Start a service of this system, or an errand of it, `more` added to its environment."""
    with _log_file(system).open("wb") as output:
        return await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            f"services.{service}",
            *errand.split(),
            cwd=ROOT,
            env=os.environ | system.environment(service, owner=bool(errand)) | more,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )


def _log_file(system: System) -> Path:
    return system.servers.directory.log("killed")


def _log(system: System) -> str:
    return "\n".join(_log_file(system).read_text(errors="replace").splitlines()[-LOG_LINES:])


async def _ended(process: Process) -> int | None:
    """Return how the process ended; None when it lived on, and was killed by us."""
    try:
        return await asyncio.wait_for(process.wait(), SECONDS_MAX)
    except TimeoutError:
        return None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
