"""One NATS and one PostgreSQL for the whole test session, emptied before each test.

They are the embedded servers, started by the supervisor's own code with everything that keeps them
durable, and live on an event loop in a thread of their own, because each test has its own loop.
"""

import asyncio
import importlib
import logging
import socket
import threading
from collections.abc import AsyncIterator, Coroutine, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

import asyncpg
from nats.aio.client import Client
from nats.js.errors import NotFoundError, ServerError

from shared.database import PROJECTION_TABLES, DatabaseAddress, migrate, migrate_all
from shared.embedded import nats as broker
from shared.embedded import postgres
from shared.embedded.catalogue import HOST, SERVICES, Ports, Service
from shared.embedded.credentials import PROVISION, add_publisher
from shared.embedded.process_table import ProcessTable
from shared.embedded.registry import read_sources
from shared.embedded.services import Servers
from shared.embedded.supervisor import _servers
from shared.jetstream import consumers, streams
from shared.messaging import FACTS, INTAKE
from tests.support.ports import some_port

logger = logging.getLogger(__name__)

T = TypeVar("T")

PUBLISHERS = ("crm", "hub", "platform")
"""Credentials beside `demo`, each for its own `intake.<name>.>`."""
EVENTS_ONLY = "narrow"
"""A credential that may publish to events alone."""
SCRATCH = "scratch"
"""A database with the shared projection tables and a small projection of the tests' own."""
SCRATCH_TABLES = """
create table seen (
    ledger text not null, stream text not null, version integer not null, type text not null,
    primary key (ledger, stream, version)
);
create table tally (stream text primary key, facts integer not null, last_type text not null);
"""
EMPTY_TRIES_MAX = 5
EMPTY_RETRY_SECONDS = 0.1
START_SECONDS_MAX = 120.0
ANSWER_SECONDS_MAX = 60.0
PORT_TRIES_MAX = 500
PORTS_TOGETHER = 20

EMPTY = """
do $$
declare name text; filled boolean; names text := '';
begin
    for name in select format('%I.%I', schemaname, tablename) from pg_tables
                 where schemaname in ('public', 'publication')
                   and tablename not in ('migration', 'sealing_key') order by 1 loop
        execute format('select exists (select 1 from %s)', name) into filled;
        if filled then names := names || format(', %s', name); end if;
    end loop;
    if names <> '' then
        execute 'truncate ' || substr(names, 3) || ' restart identity';
    end if;
end $$
"""


class Machine:
    """The running servers, and how to bring them back to nothing."""

    def __init__(
        self, running: Servers, table: ProcessTable, databases: dict[str, asyncpg.Connection]
    ) -> None:
        """Take over what `running_machine` has started."""
        self.servers = running
        self._table, self._databases = table, databases
        self._loop = asyncio.get_running_loop()

    async def empty(self, ack_wait_seconds: float | None = None) -> None:
        """Empty every table and make both streams anew; call it while no service runs.

        Args:
            ack_wait_seconds: after how long the broker sends an unacknowledged message again;
                what production has when left out.
        """
        self.servers.directory.erased.unlink(missing_ok=True)
        await self._on_its_loop(self._empty(ack_wait_seconds))

    async def restart_nats(self) -> None:
        """Kill nats-server; the supervisor starts it again, with what it had on disk."""
        await self._on_its_loop(self._restart_nats())

    @asynccontextmanager
    async def nats_down(self, *, killed: bool = False) -> AsyncIterator[Path]:
        """Yield the store of JetStream while nats-server is stopped, tidily or by SIGKILL."""
        await self._on_its_loop(self._stop_nats(killed))
        try:
            yield self.servers.directory.nats / "jetstream"
        finally:
            program = broker.program(self.servers.directory, self.servers.ports.nats)
            await self._on_its_loop(self._table.start(program))

    async def _on_its_loop(self, work: Coroutine[Any, Any, T]) -> T:
        future = asyncio.run_coroutine_threadsafe(work, self._loop)
        return await asyncio.wait_for(asyncio.wrap_future(future), ANSWER_SECONDS_MAX)

    async def _empty(self, ack_wait_seconds: float | None) -> None:
        await asyncio.gather(
            self._empty_streams(ack_wait_seconds),
            *(connection.execute(EMPTY) for connection in self._databases.values()),
        )

    async def _empty_streams(self, ack_wait_seconds: float | None) -> None:
        """Make the streams anew; the broker may refuse while it still clears the old ones away."""
        connection = await self._provisioner()
        sources = read_sources(self.servers.directory)
        try:
            for _ in range(EMPTY_TRIES_MAX):
                try:
                    return await _make_streams_anew(connection, sources, ack_wait_seconds)
                except ServerError as error:
                    logger.warning("the streams could not be made anew: %s", error)
                    await asyncio.sleep(EMPTY_RETRY_SECONDS)
            await _make_streams_anew(connection, sources, ack_wait_seconds)
        finally:
            await connection.close()

    async def _provisioner(self) -> Client:
        seed = self.servers.seed_file(PROVISION)
        return await broker.connect(self.servers.nats_url, PROVISION, seed)

    async def _stop_nats(self, killed: bool) -> None:
        if killed:
            await self._restart_nats()
        await self._table.stop("nats")

    async def _restart_nats(self) -> None:
        process = broker._running(self.servers.directory)
        assert process is not None, "nats-server does not run"
        process.kill()


async def _make_streams_anew(
    connection: Client, sources: Sequence[str], ack_wait_seconds: float | None
) -> None:
    jetstream = connection.jetstream()
    for stream in (INTAKE, FACTS):
        await _delete_stream(connection, stream)
    for config in streams():
        await jetstream.add_stream(config)
    for name, consumer in consumers(sources):
        wait = ack_wait_seconds or consumer.ack_wait
        await jetstream.add_consumer(name, consumer.evolve(ack_wait=wait))


async def _delete_stream(connection: Client, name: str) -> None:
    try:
        await connection.jetstream().delete_stream(name)
    except NotFoundError:
        return  # the first test of the session, or one that deleted it itself


@contextmanager
def running_machine() -> Iterator[Machine]:
    """Run the servers, with every database migrated, until the block is left."""
    ready, stop = threading.Event(), threading.Event()
    outcome: list[Machine | BaseException] = []

    async def live() -> None:
        # Not under pytest's own directory: each pytest session of root closes that to others, in
        # the middle of a start by the system user of PostgreSQL.
        with TemporaryDirectory(prefix="tandem-tests-") as directory:
            base = free_port_base()
            async with _servers(Path(directory), base, SERVICES, logger.info) as (running, table):
                for name in PUBLISHERS:
                    add_publisher(running.directory.root, name)
                add_publisher(running.directory.root, EVENTS_ONLY, ["events"])
                databases = await _migrated(running)
                outcome.append(Machine(running, table, databases))
                ready.set()
                await asyncio.to_thread(stop.wait)
                for connection in databases.values():
                    await connection.close()

    def run() -> None:
        try:
            asyncio.run(live())
        except BaseException as error:
            outcome.append(error)
        finally:
            ready.set()

    # The processes die with this thread, should anything end it early.
    thread = threading.Thread(target=run, name="servers of the tests", daemon=True)
    thread.start()
    assert ready.wait(START_SECONDS_MAX), "the servers did not start in time"
    if isinstance(outcome[0], BaseException):
        raise outcome[0]
    yield outcome[0]
    stop.set()
    thread.join()
    if len(outcome) > 1 and isinstance(outcome[1], BaseException):
        raise outcome[1]


async def _migrated(running: Servers) -> dict[str, asyncpg.Connection]:
    """Run every service's migrations and make the scratch database; returns open connections."""
    names = [service.name for service in available_services() if service.database]
    for name in names:
        owner = database_address(running, name, postgres.owner_role(name))
        tables = importlib.import_module(f"services.{name}.migrations")
        await migrate_all(owner, name, tables.MIGRATIONS, getattr(tables, "APART", {}))
    superuser = await postgres.connect(running.directory)
    await superuser.execute(f"create database {SCRATCH}")
    await superuser.close()
    scratch = database_address(running, SCRATCH, postgres.SUPERUSER)
    await migrate(scratch, postgres.SUPERUSER, [PROJECTION_TABLES])
    opened = {
        name: await postgres.connect(running.directory, database=name) for name in (*names, SCRATCH)
    }
    await opened[SCRATCH].execute(SCRATCH_TABLES)
    return opened


def available_services() -> tuple[Service, ...]:
    """Return the services of the catalogue whose code is there."""
    root = Path(__file__).parents[2] / "services"
    return tuple(each for each in SERVICES if (root / each.name / "app.py").exists())


def database_address(running: Servers, name: str, user: str) -> DatabaseAddress:
    """Return where a database is, for a role that has a password file."""
    return DatabaseAddress(
        host=running.database_host,
        port=running.database_port,
        name=name,
        user=user,
        password_file=running.password_file(user),
    )


def free_port_base() -> int:
    """Return a base whose ports are all free."""
    for _ in range(PORT_TRIES_MAX):
        base = some_port(PORTS_TOGETHER)
        if all(is_free(port) for port in Ports(base).named(SERVICES).values()):
            return base
    raise AssertionError("no run of free ports was found")


def is_free(port: int) -> bool:
    """Tell whether nobody answers on a port of this machine."""
    with socket.socket() as probe:
        return probe.connect_ex((HOST, port)) != 0
