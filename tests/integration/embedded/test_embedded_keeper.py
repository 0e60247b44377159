"""What containers need is made and kept by the code that makes it for `tandem up`."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import nats.errors
import pytest

from shared.cancelling import cancelled
from shared.embedded import keeper, postgres
from shared.embedded import nats as broker
from shared.embedded.catalogue import SERVICES
from shared.embedded.container import READY, schema
from shared.embedded.credentials import add_publisher, revoke_publisher
from shared.embedded.data_directory import DataDirectory, OperatorError
from shared.embedded.elsewhere import Elsewhere
from shared.embedded.process_table import ProcessTable
from tests.support.settling import until

SECRETS = {
    "membership": {"nats.seed", "service.token", "tokens.json", "database.password"},
    "events": {"nats.seed", "service.token", "tokens.json", "database.password", "vault.key"},
    "resources": {"nats.seed", "service.token", "tokens.json", "database.password"},
    "reporting": {"nats.seed", "service.token", "tokens.json", "database.password", "signing.key"},
    "gateway": {"nats.seed", "service.token", "tokens.json"},
    "operations": {"nats.seed", "service.token", "tokens.json", "database.password"},
    "postgres": {"postgres.password"},
    "grafana": {"grafana.password"},
    "collector": {"collector.token"},
}


@asynccontextmanager
async def kept(data_dir: Path, port: int, said: list[str]) -> AsyncIterator[DataDirectory]:
    """Run both servers as their containers would, and the keeper beside them."""
    directory = DataDirectory.at(data_dir)
    directory.create()
    table = ProcessTable(directory)
    sockets = str(postgres.socket_directory(directory))
    elsewhere = Elsewhere(f"nats://127.0.0.1:{port}", sockets, postgres.PORT, "http://tandem.local")
    await table.start(await postgres.prepare(directory))
    keeping = asyncio.create_task(keeper.keep(data_dir, elsewhere, said.append))
    try:
        await until(lambda: _configured(directory, keeping), "NATS is configured")
        await table.start(broker.program(directory, port))
        await until(lambda: _ready(directory, keeping), "the services may start", 60)
        yield directory
    finally:
        await cancelled(keeping)
        await table.stop("nats")
        await table.stop("postgres")


async def _configured(directory: DataDirectory, keeping: "asyncio.Task[None]") -> bool:
    return _alive(keeping) and (directory.nats / "nats.conf").exists()


async def _ready(directory: DataDirectory, keeping: "asyncio.Task[None]") -> bool:
    return _alive(keeping) and (keeper.folder_of(directory, SERVICES[-1].name) / READY).exists()


def _alive(keeping: "asyncio.Task[None]") -> bool:
    """Return true, or raise what ended the keeper."""
    return not keeping.done() or keeping.result() is not None


async def test_each_container_is_handed_its_own_and_nothing_else(
    data_dir: Path, port_base: int
) -> None:
    said: list[str] = []
    async with kept(data_dir, port_base, said) as directory:
        for container, names in SECRETS.items():
            folder = keeper.folder_of(directory, container)
            found = {path.name for path in folder.iterdir()}
            assert found - {READY} == names, container
        for service in SERVICES:
            marker = keeper.folder_of(directory, service.name) / READY
            assert marker.read_text("utf-8") == schema()
        endpoints = json.loads(directory.endpoints.read_text("utf-8"))
        assert endpoints["grpc"]["events"] == "events:50051"
        assert endpoints["http"]["reporting"] == "http://reporting:8080"
        connection = await postgres.connect(directory, "reporting_owner", "reporting")
        assert await connection.fetchval("select count(*) from migration") > 0
        await connection.close()
    assert said[-1] == "ready: the services start now"


async def test_changed_credentials_reach_nats_and_every_service(
    data_dir: Path, port_base: int
) -> None:
    async with kept(data_dir, port_base, []) as directory:
        url = f"nats://127.0.0.1:{port_base}"
        await asyncio.to_thread(add_publisher, directory.root, "crm")

        async def enters() -> bool:
            try:
                connection = await broker.connect(url, "crm", seed)
            except nats.errors.Error:
                return False
            await connection.close()
            return True

        seed = directory.root / "copied.seed"
        seed.write_bytes(directory.seed("crm").read_bytes())
        await until(enters, "NATS knows the new credential")
        tokens = keeper.folder_of(directory, "reporting") / "tokens.json"

        async def knows(name: str) -> bool:
            return name in {each["name"] for each in json.loads(tokens.read_text()).values()}

        await until(lambda: knows("crm"), "reporting knows it too")
        await asyncio.to_thread(revoke_publisher, directory.root, "crm")

        async def is_out() -> bool:
            return not await enters() and not await knows("crm")

        await until(is_out, "it is out again")


async def test_two_keepers_of_one_directory_are_one_too_many(
    data_dir: Path, port_base: int
) -> None:
    async with kept(data_dir, port_base, []) as directory:
        again = Elsewhere(f"nats://127.0.0.1:{port_base}", "postgres", 5432, "http://tandem.local")
        with pytest.raises(OperatorError, match="Another keeper"):
            await keeper.keep(directory.root, again, lambda step: None)


async def test_a_database_that_acknowledges_too_early_is_refused(
    data_dir: Path, port_base: int
) -> None:
    directory = DataDirectory.at(data_dir)
    directory.create()
    await postgres.prepare(directory)
    (directory.postgres / postgres.OVERRIDE).write_text("fsync = off\n")
    with pytest.raises(OperatorError, match="fsync = off"):
        async with kept(data_dir, port_base, []):
            pass
