"""What the services need of NATS and PostgreSQL, made and kept: streams, tables, credentials."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence

import nats.errors
from nats.aio.client import Client

from shared.embedded import nats as broker
from shared.embedded import postgres
from shared.embedded.catalogue import Service
from shared.embedded.credentials import PROVISION, SUPERVISOR, Hand, retire_keys
from shared.embedded.data_directory import DataDirectory, OperatorError
from shared.embedded.errands import errand
from shared.embedded.process import all_of, run_to_end
from shared.embedded.registry import read_sources
from shared.embedded.services import Servers, errand_program, publisher_endpoints
from shared.embedded.wiping import wipe
from shared.erasing.erased import erased_in
from shared.erasing.intake import ERASER
from shared.jetstream import bytes_lost
from shared.messaging import FACTS, INTAKE

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


async def provide_streams(
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


async def keep_streams(running: Servers, provision: Provision) -> None:
    """Bring back a stream or consumer that somebody deleted, and go on while NATS is away."""
    known: Mapping[str, int] = {}
    while True:
        sources = read_sources(running.directory)
        try:
            lost = await provide_streams(running, provision, sources)
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


async def keep_credentials(
    running: Servers, tell: Callable[[Mapping[str, Mapping[str, str]]], None]
) -> None:
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
                tell(found)
                told = found
        except (OperatorError, OSError) as error:
            # NATS may still go by the accounts of before.
            behind = True
            logger.warning("credentials are not all kept, next try soon: %s", error)


async def migrate(running: Servers, services: Sequence[Service]) -> None:
    """Bring the tables of every service to this code's, each under the role that owns them."""
    programs = [
        errand_program(running, service, services, "migrate")
        for service in services
        if service.database
    ]
    await all_of(*(run_to_end(program, MIGRATION_SECONDS_MAX) for program in programs))


async def erase_again(running: Servers, services: Sequence[Service]) -> None:
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
