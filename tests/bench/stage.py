"""What the rows are measured on: one data directory, and the system on it, started and stopped."""

import os
import sys
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import asyncpg
import grpc.aio
from nats.aio.client import Client
from rich.console import Console

from shared.database import DatabaseAddress, connect_pool, migrate
from shared.embedded import nats as broker
from shared.embedded import postgres
from shared.embedded.catalogue import SERVICES, Service
from shared.embedded.credentials import PROVISION
from shared.embedded.data_directory import DataDirectory
from shared.embedded.supervisor import running_system
from shared.messaging import NatsAddress, connect
from shared.rpc import channel
from tests.bench.memory import MemoryWatch

PUBLISHER = "demo"
STAND_IN = (sys.executable, "-m", "tests.support.stand_in_service")
LEDGERS = tuple(
    replace(service, command=STAND_IN) if service.name == "reporting" else service
    for service in SERVICES
)
"""With something that does nothing in reporting's place, whose tables are built meanwhile."""
NOT_FOLLOWED = frozenset({"postgres"})
"""Its processes share their memory, which is bounded by its configuration."""


@dataclass(frozen=True, slots=True)
class Scale:
    """How much of everything is measured.

    Args:
        rounds: of each thing; their median counts.
        flow_people: people of one round of the pipeline, two events each.
        appended_facts: of one round of appending and of commands.
        peer_seconds: how long one round of a peer lasts.
        histories: how many facts stand behind the reports that are read.
        single_events: events on an idle system, one by one.
        report_calls: reports read.
    """

    rounds: int
    flow_people: int
    appended_facts: int
    peer_seconds: float
    histories: tuple[int, ...]
    single_events: int
    report_calls: int


QUICK = Scale(3, 2_500, 5_000, 0.5, (100_000,), 100, 200)
FULL = Scale(3, 10_000, 20_000, 3.0, (100_000, 1_000_000), 200, 500)


@dataclass
class Stage:
    """A data directory with what stands on it; `endpoints` is empty while nothing runs."""

    root: Path
    port_base: int
    scale: Scale
    console: Console
    memory: MemoryWatch = field(default_factory=MemoryWatch)
    endpoints: dict[str, Any] = field(default_factory=dict)

    @property
    def directory(self) -> DataDirectory:
        """Where everything lies."""
        return DataDirectory.at(self.root)

    @asynccontextmanager
    async def system(
        self,
        environment: Mapping[str, str] | None = None,
        services: tuple[Service, ...] = SERVICES,
    ) -> AsyncIterator[None]:
        """Run the system, every service a process, with more in their environment."""
        with _set(environment or {}):
            started = running_system(self.root, self.port_base, services=services)
            async with started as endpoints:
                self.endpoints = endpoints
                self.memory.follow(
                    {n: pid for n, pid in endpoints["processes"].items() if n not in NOT_FOLLOWED}
                )
                try:
                    yield
                finally:
                    self.memory.follow({})
                    self.endpoints = {}

    async def publisher(self) -> Client:
        """Return a connection that may publish."""
        seed_file = Path(self.endpoints["credentials"][PUBLISHER]["nkey_seed_file"])
        return await connect(NatsAddress(self.endpoints["nats"], PUBLISHER, seed_file))

    async def provisioner(self) -> Client:
        """Return a connection that sees streams and consumers."""
        seed_file = self.directory.seed(PROVISION)
        return await broker.connect(self.endpoints["nats"], PROVISION, seed_file)

    async def database(self, name: str) -> asyncpg.Connection:
        """Return a connection to a database, as superuser."""
        return await postgres.connect(self.directory, database=name)

    def channel(self, service: str, caller: str) -> grpc.aio.Channel:
        """Return a channel to a service under the token of a service."""
        return channel(self.endpoints["grpc"][service], token_file=self.directory.token(caller))

    def say(self, text: str) -> None:
        """Tell how far the run is."""
        self.console.print(text, style="dim", highlight=False)

    @asynccontextmanager
    async def scratch(
        self, owner: str, migrations: Sequence[Path] = ()
    ) -> AsyncIterator[tuple[asyncpg.Pool, str]]:
        """Yield an empty database beside those that serve, with these tables, and its name."""
        name, role = f"{owner}_scratch", postgres.owner_role(owner)
        administrator = await postgres.connect(self.directory)
        await administrator.execute(f"drop database if exists {name}")
        await administrator.execute(f"create database {name} owner {role}")
        host = str(postgres.socket_directory(self.directory))
        address = DatabaseAddress(host, postgres.PORT, name, role, self.directory.password(role))
        if migrations:
            await migrate(address, owner, migrations)
        pool = await connect_pool(address)
        try:
            yield pool, name
        finally:
            await pool.close()
            await administrator.execute(f"drop database {name} with (force)")
            await administrator.close()


@contextmanager
def _set(environment: Mapping[str, str]) -> Iterator[None]:
    """Set variables of this process, which its children inherit, and bring back what was."""
    before = {name: os.environ.get(name) for name in environment}
    os.environ.update(environment)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
