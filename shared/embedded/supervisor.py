"""The embedded system as a whole: starts it in order, keeps it running, stops it in order."""

import asyncio
import logging
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import nats.errors
from nats.aio.client import Client

from shared.embedded import boot_check, postgres
from shared.embedded import nats as broker
from shared.embedded.catalogue import HOST, SERVICES, Ports, Service
from shared.embedded.credentials import (
    PROVISION,
    SUPERVISOR,
    Hand,
    prepare_credentials,
    retire_keys,
)
from shared.embedded.data_directory import DataDirectory, OperatorError, held_lock
from shared.embedded.errands import errand
from shared.embedded.process import all_of, run_to_end
from shared.embedded.process_table import ProcessTable, stop_leftovers
from shared.embedded.registry import read_sources
from shared.embedded.services import (
    Servers,
    endpoints,
    errand_program,
    publisher_endpoints,
    service_program,
)
from shared.embedded.wiping import wipe
from shared.erasing.erased import erased_in
from shared.erasing.intake import ERASER
from shared.messaging import FACTS, INTAKE, bytes_lost
from shared.messaging import provision as provision_of_messaging

logger = logging.getLogger(__name__)

MIGRATION_SECONDS_MAX = 300.0
PROVISION_EVERY_SECONDS = 5.0
CREDENTIALS_EVERY_SECONDS = 1.0

DAMAGED = {
    INTAKE: "NATS lost %d bytes of INTAKE to a damaged file: senders should repeat what they sent",
    FACTS: "NATS lost %d bytes of FACTS to a damaged file: reporting reads them from the ledgers",
}
"""What to say of a stream's damage."""

Provision = Callable[[Client, Sequence[str]], Awaitable[None]]
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
            await _provide_streams(running, provision, read_sources(running.directory))
        except nats.errors.Error as error:
            raise OperatorError(f"NATS does not make the streams: {error}") from error
        progress("migrating the databases")
        await _migrate(running, services)
        await _erase_again(running, services)
        keepers = [
            asyncio.create_task(_keep_streams(running, provision), name="keep streams"),
            asyncio.create_task(_keep_credentials(running, table), name="keep credentials"),
        ]
        try:
            progress(f"starting {', '.join(service.name for service in services)}")
            await table.start(
                *(service_program(running, service, services) for service in services)
            )
            yield table.publish(endpoints(running, services))
        finally:
            for keeper in keepers:
                keeper.cancel()
            await asyncio.gather(*keepers, return_exceptions=True)
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


async def _provide_streams(
    running: Servers, provision: Provision, sources: Sequence[str]
) -> Mapping[str, int]:
    """Make streams and consumers that are missing, under the credential that may.

    Returns:
        How many bytes of which stream NATS has lost to damage.
    """
    connection = await broker.connect(running.nats_url, PROVISION, running.seed_file(PROVISION))
    try:
        await provision(connection, sources)
        return await bytes_lost(connection)
    finally:
        await connection.close()


async def _keep_streams(running: Servers, provision: Provision) -> None:
    """Bring back a stream or consumer that somebody deleted, and go on while NATS is away."""
    known: Mapping[str, int] = {}
    while True:
        sources = read_sources(running.directory)
        try:
            lost = await _provide_streams(running, provision, sources)
            for stream in lost.keys() - known.keys():
                logger.warning(DAMAGED[stream], lost[stream])
            known = lost
        except (nats.errors.Error, OSError) as error:
            logger.warning("streams could not be checked, next try soon: %s", error)
        await _until_due(running.directory, sources)


async def _until_due(directory: DataDirectory, sources: Sequence[str]) -> None:
    """Wait until streams are looked at again: soon, when somebody new publishes."""
    looks = max(1, round(PROVISION_EVERY_SECONDS / CREDENTIALS_EVERY_SECONDS))
    for _ in range(looks):
        await asyncio.sleep(PROVISION_EVERY_SECONDS / looks)
        if read_sources(directory) != sources:
            return


async def _keep_credentials(running: Servers, table: ProcessTable) -> None:
    """End keys whose time is over, and tell others where the secrets of new ones are."""
    directory, told = running.directory, publisher_endpoints(running.directory)
    behind = False
    while True:
        await asyncio.sleep(CREDENTIALS_EVERY_SECONDS)
        try:
            if behind:
                await asyncio.to_thread(broker.reload, directory)
                behind = False
            for publisher in await asyncio.to_thread(retire_keys, directory.root, Hand(SUPERVISOR)):
                logger.info("a key of %s has ended", publisher.name)
            found = publisher_endpoints(directory)
            if found != told:
                table.amend(credentials=found)
                told = found
        except (OperatorError, OSError) as error:
            # NATS may still go by the accounts of before.
            behind = True
            logger.warning("credentials are not all kept, next try soon: %s", error)


async def _migrate(running: Servers, services: Sequence[Service]) -> None:
    programs = [
        errand_program(running, service, services, "migrate")
        for service in services
        if service.database
    ]
    await all_of(*(run_to_end(program, MIGRATION_SECONDS_MAX) for program in programs))


async def _erase_again(running: Servers, services: Sequence[Service]) -> None:
    """Take out again whom a backup has brought back, before a service sees them."""
    erased = list(erased_in(running.directory.erased))
    for service in services:
        if not service.keeps_vault or not await _known_again(running, service, erased):
            continue
        logger.warning("a backup has brought back people who were erased: they are erased again")
        program = errand_program(running, service, services, "reapply", credential=ERASER)
        words = [word async for told in errand(program) for word in told["words"]]
        said = {"words": words, "stand_in": "erased-again"}
        for other in services:
            if other.consumes == INTAKE and other is not service:
                program = errand_program(running, other, services, "erase")
                async for _ in errand(program, said):
                    pass
        await wipe(running.directory, services)


async def _known_again(running: Servers, service: Service, erased: Sequence[str]) -> bool:
    """Tell whether a vault knows anybody who was erased."""
    if not erased:
        return False
    connection = await postgres.connect(running.directory, database=service.name)
    try:
        known = "select exists (select from person where person = any ($1))"
        return await connection.fetchval(known, erased) is True
    finally:
        await connection.close()


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
