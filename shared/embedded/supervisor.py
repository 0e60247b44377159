"""The embedded system as a whole: starts it in order, keeps it running, stops it in order."""

import asyncio
import logging
import socket
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import nats.errors

from shared.cancelling import cancelled
from shared.embedded import boot_check, postgres
from shared.embedded import nats as broker
from shared.embedded.catalogue import HOST, SERVICES, Ports, Service
from shared.embedded.credentials import prepare_credentials
from shared.embedded.data_directory import DataDirectory, OperatorError, held_lock
from shared.embedded.process import all_of
from shared.embedded.process_table import ProcessTable, stop_leftovers
from shared.embedded.provisioning import (
    Provision,
    erase_again,
    keep_credentials,
    keep_streams,
    migrate,
    provide_streams,
)
from shared.embedded.registry import read_sources
from shared.embedded.services import Servers, endpoints, service_program
from shared.jetstream import provision as provision_of_messaging

logger = logging.getLogger(__name__)

Progress = Callable[[str], None]


@asynccontextmanager
async def servers(
    data_dir: Path,
    port_base: int | None = None,
    *,
    services: tuple[Service, ...] = SERVICES,
    progress: Progress = logger.info,
) -> AsyncIterator[Servers]:
    """Run NATS and PostgreSQL with their credentials and databases, proven durable; no service.

    Raises:
        OperatorError: what cannot run like this, in a sentence.
    """
    async with _servers(data_dir, port_base, services, progress) as (running, _):
        yield running


@asynccontextmanager
async def running_system(
    data_dir: Path,
    port_base: int | None = None,
    *,
    services: tuple[Service, ...] = SERVICES,
    provision: Provision = provision_of_messaging,
    progress: Progress = logger.info,
) -> AsyncIterator[dict[str, Any]]:
    """Run the whole system, every service ready; yields what endpoints.json holds.

    It installs no signal handlers; leaving the block stops services, NATS and PostgreSQL, in that
    order, and removes endpoints.json.

    Raises:
        OperatorError: what cannot run like this, in a sentence.
    """
    async with _servers(data_dir, port_base, services, progress) as (running, table):
        try:
            await provide_streams(running, provision, read_sources(running.directory))
        except nats.errors.Error as error:
            raise OperatorError(f"NATS does not make the streams: {error}") from error
        progress("migrating the databases")
        await migrate(running, services)
        await erase_again(running, services)
        keepers = [
            asyncio.create_task(keep_streams(running, provision), name="keep streams"),
            asyncio.create_task(
                keep_credentials(running, lambda found: table.amend(credentials=found)),
                name="keep credentials",
            ),
        ]
        try:
            progress(f"starting {', '.join(service.name for service in services)}")
            await table.start(
                *(service_program(running, service, services) for service in services)
            )
            yield table.publish(endpoints(running, services))
        finally:
            await asyncio.gather(*map(cancelled, keepers))
            await table.stop(*(service.name for service in services))
            table.withdraw()


@asynccontextmanager
async def _servers(
    data_dir: Path, port_base: int | None, services: tuple[Service, ...], progress: Progress
) -> AsyncIterator[tuple[Servers, ProcessTable]]:
    directory, ports = DataDirectory.at(data_dir), Ports(port_base)
    directory.create()
    with _only_one(directory):
        await stop_leftovers(directory)
        _refuse_taken_ports(ports.named(services))
        prepare_credentials(directory, services)
        table = ProcessTable(directory)
        try:
            progress("starting PostgreSQL and NATS")
            await all_of(
                _start_postgres(directory, services, table), _start_nats(directory, ports, table)
            )
            running = Servers(directory, ports)
            await boot_check.check(directory, services, running.nats_url)
            progress("both write to the disk before they acknowledge")
            yield running, table
        finally:
            await table.stop("nats")
            await table.stop("postgres")


async def _start_postgres(
    directory: DataDirectory, services: Sequence[Service], table: ProcessTable
) -> None:
    await table.start(await postgres.prepare(directory))
    await postgres.provide_databases(directory, services)


async def _start_nats(directory: DataDirectory, ports: Ports, table: ProcessTable) -> None:
    broker.write_configuration(directory, ports.nats)
    await table.start(broker.program(directory, ports.nats))


@contextmanager
def _only_one(directory: DataDirectory) -> Iterator[None]:
    """Keep a second start off the same data directory."""
    with held_lock(directory.root / "lock", wait=False) as ours:
        if not ours:
            raise OperatorError(
                f"Tandem runs on {directory.root} already: stop it first, or use another --data."
            )
        yield


def _refuse_taken_ports(ports: dict[str, int]) -> None:
    for purpose, port in ports.items():
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
            except OSError as error:
                raise OperatorError(
                    f"Port {port}, for {purpose}, is taken ({error.strerror}): "
                    "free it, or choose other ports with --port-base."
                ) from error
