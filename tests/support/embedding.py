"""The embedded system on a directory that outlives it, and the command line as people run it."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from shared.embedded.catalogue import Ports
from shared.embedded.credentials import add_publisher
from shared.embedded.data_directory import DataDirectory
from shared.embedded.services import Servers
from shared.embedded.supervisor import running_system
from tests.support.system import ManualClock, System

MAIN = "from shared.cli import main; main()"


@asynccontextmanager
async def embedded(directory: DataDirectory, base: int) -> AsyncIterator[System]:
    """Run the system with three publishers, and look at it with a `System` that starts nothing."""
    directory.create()
    for name in ("demo", "crm", "platform"):
        if not directory.seed(name).exists():
            add_publisher(directory.root, name)
    async with running_system(directory.root, base) as endpoints:
        system = System(Servers(directory, Ports(base)), ManualClock())
        system.answer_at(endpoints)
        # They run as processes of their own: nothing of them is this test's to stop.
        names = ("membership", "events", "resources", "reporting")
        system.running.update(dict.fromkeys(names))  # type: ignore[arg-type]
        try:
            yield system
        finally:
            system.running.clear()
            await system.close()


async def tandem(*arguments: str) -> tuple[int, str]:
    """Run the command line as people do."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        MAIN,
        *arguments,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    return process.returncode or 0, said.decode()
