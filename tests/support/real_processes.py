"""The embedded system as users run it, every service a process, and what to look at it with."""

import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from shared.embedded.catalogue import Ports
from shared.embedded.credentials import add_publisher
from shared.embedded.data_directory import DataDirectory
from shared.embedded.services import Servers
from shared.embedded.supervisor import running_system
from tests.support.completeness import order_recorded
from tests.support.machine import free_port_base
from tests.support.system import ManualClock, System

MEGABYTE = 1_000_000


@dataclass
class RealProcesses:
    """A system, looked at with a `System` that starts nothing itself."""

    system: System
    endpoints: dict[str, Any]

    def memory(self, *names: str) -> dict[str, float]:
        """Return how much memory each process holds, in megabytes; none for one that is away."""
        held = {}
        for name in names:
            pid = self.endpoints["processes"].get(name)
            if pid is not None and psutil.pid_exists(pid):
                held[name] = psutil.Process(pid).memory_info().rss / MEGABYTE
        return held

    async def projected(self) -> int:
        """Return how many facts the projections hold."""
        return int(await self.system.value("reporting", "select count(*) from fact"))


@asynccontextmanager
async def real_processes(
    *publishers: str, port_base: int | None = None
) -> AsyncIterator[RealProcesses]:
    """Run the embedded system in a directory of its own, with these publishers beside `demo`."""
    with tempfile.TemporaryDirectory(prefix="tandem-real-") as folder:
        directory, base = DataDirectory.at(Path(folder) / "data"), port_base or free_port_base()
        async with running_system(directory.root, base) as endpoints:
            for publisher in publishers:
                add_publisher(directory.root, publisher)
            system = System(Servers(directory, Ports(base)), ManualClock())
            system.answer_at(endpoints)
            try:
                async with order_recorded(system):
                    yield RealProcesses(system, endpoints)
            finally:
                await system.close()
