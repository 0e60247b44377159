"""A source is heard soon after its credential is made, and what it was promised outlives that."""

import os
import signal

from shared.embedded.credentials import add_publisher, revoke_publisher
from tests.support.real_processes import RealProcesses, real_processes
from tests.support.settling import until
from tests.support.system import structured
from tests.support.telling import registered

EVENTS = 50


async def recorded(real: RealProcesses, source: str) -> int:
    known = "select count(*) from ledger where source = $1"
    return int(await real.system.value("membership", known, source))


async def test_a_new_source_is_heard_without_a_restart() -> None:
    async with real_processes() as real:
        add_publisher(real.system.servers.directory.root, "zoom")
        await real.system.send([structured(registered("gent"), "zoom")], "zoom")

        async def heard() -> bool:
            return await recorded(real, "zoom") == 1

        await until(heard, "the first event of a new source is recorded")


async def test_what_a_revoked_publisher_had_sent_is_still_taken() -> None:
    async with real_processes("zoom") as real:
        pid = real.endpoints["processes"]["membership"]
        os.kill(pid, signal.SIGSTOP)
        said = [structured(registered(f"city-{number}"), "zoom") for number in range(EVENTS)]
        await real.system.send(said, "zoom")

        revoke_publisher(real.system.servers.directory.root, "zoom")
        os.kill(pid, signal.SIGKILL)  # who starts in its place knows the source from the broker

        async def taken() -> bool:
            return await recorded(real, "zoom") == EVENTS

        await until(taken, "everything that was acknowledged is recorded")
