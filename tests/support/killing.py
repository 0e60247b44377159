"""A service as a process of its own that kills itself at a named place (shared/failpoints.py)."""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import Process
from pathlib import Path

from tests.support.system import System

KILL_SECONDS_MAX = 30.0
ROOT = Path(__file__).parents[2]
LOG_LINES = 20


async def run_until_killed(system: System, service: str, place: str, errand: str = "") -> None:
    """Start the service with a failpoint and return once it has killed itself there.

    The rest of the system is the test's own. The place is "name", or "name:n" for its n-th passing.
    An errand, such as "rebuild", runs in the place of the service, as the owner of its tables.

    Raises:
        AssertionError: it ended otherwise, or lived on; the end of its log is in the text.
    """
    log = system.servers.directory.log(f"{service}-killed")
    with log.open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            f"services.{service}",
            *errand.split(),
            cwd=ROOT,
            env=os.environ
            | system.environment(service, owner=bool(errand))
            | {"TANDEM_FAILPOINT": place},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )
    code = await _ended(process)
    end = "\n".join(log.read_text(errors="replace").splitlines()[-LOG_LINES:])
    assert code == -signal.SIGKILL, f"{service} ended with {code} and not at {place}:\n{end}"


async def _ended(process: Process) -> int | None:
    """Return how the process ended; None when it lived on, and was killed by us."""
    try:
        return await asyncio.wait_for(process.wait(), KILL_SECONDS_MAX)
    except TimeoutError:
        return None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
