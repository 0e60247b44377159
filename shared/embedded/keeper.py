"""The system in containers: what `tandem up` makes for its own processes, made for those of others.

NATS, PostgreSQL and the services run in containers of their own (docker-compose.yml). The keeper
makes keys and passwords, databases and roles, streams and consumers; it migrates the tables, hands
each container what is its own and nothing else, and goes on looking after all of it. It proves that
both servers write to the disk before they acknowledge, as `tandem up` does, and refuses else.
"""

import asyncio
import json
import logging
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

import asyncpg
import nats.errors

from shared.cancelling import cancelled
from shared.embedded import boot_check, postgres
from shared.embedded import nats as broker
from shared.embedded.catalogue import SERVICES, Ports, Service
from shared.embedded.container import READY, schema
from shared.embedded.credentials import COLLECTOR, prepare_credentials
from shared.embedded.data_directory import (
    DataDirectory,
    OperatorError,
    held_lock,
    kept_secret,
    write_private,
)
from shared.embedded.elsewhere import Elsewhere, remember
from shared.embedded.provisioning import (
    erase_again,
    keep_credentials,
    keep_streams,
    migrate,
    provide_streams,
)
from shared.embedded.registry import read_sources
from shared.embedded.services import Servers, endpoints
from shared.jetstream import provision

logger = logging.getLogger(__name__)

T = TypeVar("T")

HANDED_OUT = "handed-out"
DATABASE = "postgres"
DASHBOARDS = "grafana"
EVERYWHERE = "0.0.0.0"  # noqa: S104 - in a network of containers, which others cannot enter
SERVERS_SECONDS_MAX = 120.0
POLL_SECONDS = 0.5
LOOK_SECONDS = 1.0
READABLE = 0o444
"""For those whose user has another number: only their container has the folder."""


async def keep(data_dir: Path, elsewhere: Elsewhere, said: Callable[[str], None]) -> None:
    """Make and keep what the containers need, until cancelled.

    Raises:
        OperatorError: what cannot run like this, in a sentence.
    """
    directory = DataDirectory.at(data_dir)
    directory.create()
    with held_lock(directory.root / "lock", wait=False) as ours:
        if not ours:
            raise OperatorError(f"Another keeper looks after {directory.root} already.")
        remember(directory, elsewhere)
        directory.endpoints.unlink(missing_ok=True)  # until everything is there again
        await asyncio.to_thread(prepare_credentials, directory, SERVICES)
        for role in (postgres.SUPERUSER, DASHBOARDS):
            kept_secret(directory.password(role))
        broker.write_configuration(directory, elsewhere.nats_port, EVERYWHERE)
        hand_out_to_others(directory)
        running = Servers(directory, Ports())
        said("waiting for PostgreSQL and NATS")
        await _answering(lambda: _databases_provided(directory))
        hand_out(directory, SERVICES)
        # NATS may have started from the accounts of before.
        await _answering(lambda: asyncio.to_thread(broker.reload, directory))
        await _answering(lambda: boot_check.check(directory, SERVICES, running.nats_url))
        said("both write to the disk before they acknowledge")
        await provide_streams(running, provision, read_sources(directory))
        said("migrating the databases")
        await migrate(running, SERVICES)
        await erase_again(running, SERVICES)
        _publish(running)
        for service in SERVICES:
            _put(folder_of(directory, service.name) / READY, schema().encode())
        said("ready: the services start now")
        keepers = [
            asyncio.create_task(keep_streams(running, provision), name="keep streams"),
            asyncio.create_task(
                keep_credentials(running, lambda _: _publish(running)), name="keep credentials"
            ),
        ]
        try:
            await _hand_out_changes(directory)
        finally:
            await asyncio.gather(*map(cancelled, keepers))


def _publish(running: Servers) -> None:
    """Tell where everything is, to the command line in this container."""
    said = json.dumps(endpoints(running, SERVICES), indent=2) + "\n"
    write_private(running.directory.endpoints, said)


async def _databases_provided(directory: DataDirectory) -> None:
    await postgres.provide_databases(directory, SERVICES)


async def _answering(work: Callable[[], Awaitable[T]]) -> T:
    """Do something that needs both servers, again while they are still starting."""
    deadline = time.monotonic() + SERVERS_SECONDS_MAX
    while True:
        try:
            return await work()
        except boot_check.WeakDurability:
            raise
        except (OSError, asyncpg.PostgresError, nats.errors.Error) as error:
            if time.monotonic() > deadline:
                raise OperatorError(
                    f"PostgreSQL and NATS are not there after {SERVERS_SECONDS_MAX:.0f} s: {error}"
                ) from error
            logger.info("not there yet: %s", error or type(error).__name__)
        await asyncio.sleep(POLL_SECONDS)


async def _hand_out_changes(directory: DataDirectory) -> None:
    """Carry changed credentials to the services within a second, until cancelled."""
    while True:
        await asyncio.sleep(LOOK_SECONDS)
        hand_out(directory, SERVICES)


def folder_of(directory: DataDirectory, container: str) -> Path:
    """Return the folder that one container alone sees, as /run/tandem."""
    return directory.root / HANDED_OUT / container


def hand_out_to_others(directory: DataDirectory) -> None:
    """Give PostgreSQL and Grafana the password of their first user, and the Collector its token."""
    for container, secret in (
        (DATABASE, directory.password(postgres.SUPERUSER)),
        (DASHBOARDS, directory.password(DASHBOARDS)),
        (COLLECTOR, directory.token(COLLECTOR)),
    ):
        _put(folder_of(directory, container) / secret.name, secret.read_bytes(), READABLE)


def hand_out(directory: DataDirectory, services: Sequence[Service]) -> None:
    """Give each service its secrets, where they changed; it finds them under the same names."""
    for service in services:
        for name, source in _secrets(directory, service):
            _put(folder_of(directory, service.name) / name, source.read_bytes())


def _secrets(directory: DataDirectory, service: Service) -> Iterator[tuple[str, Path]]:
    yield "nats.seed", directory.seed(service.name)
    yield "service.token", directory.token(service.name)
    yield "tokens.json", directory.tokens
    if service.database:
        yield "database.password", directory.password(service.name)
    if service.keeps_vault:
        yield "vault.key", directory.vault_key
    if service.seals:
        yield "signing.key", directory.signing_key
    if service.takes_in and directory.webhooks.exists():
        yield "webhooks.json", directory.webhooks


def _put(path: Path, content: bytes, mode: int | None = None) -> None:
    if path.exists() and path.read_bytes() == content:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    write_private(path, content.decode())
    if mode is not None:
        path.chmod(mode)
