"""Tables that an older version has made become those of this version, and keep what they hold."""

import importlib
import shutil
from collections.abc import Sequence
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest

from shared.database import LEDGER_TABLES, PROJECTION_TABLES, migrate
from shared.embedded import postgres
from tests.support.machine import Machine, database_address

OWNERS = ("membership", "events", "resources", "reporting")
FACTS = {
    LEDGER_TABLES: """
insert into ledger
    (stream, version, fact_id, type, data, occurred_at, recorded_at, source, source_id)
values ('noun-one', $1, $2, 'owner.noun_changed.v1', '{"is": "kept"}', now(), now(), 'demo', $3)
""",
    PROJECTION_TABLES: """
insert into fact
    (ledger, stream, version, position, fact_id, type, occurred_at, recorded_at, source, source_id)
values ('owner', 'noun-one', $1::integer, $1::integer, $2, 'owner.noun_changed.v1', now(), now(),
    'demo', $3)
""",
}
"""What an owner of facts holds, and what reporting does, as the first version knew it."""
TABLES = {LEDGER_TABLES: "ledger", PROJECTION_TABLES: "fact"}
COLUMNS = """
select table_name, column_name, data_type, is_nullable from information_schema.columns
where table_schema = 'public' and table_name <> 'migration' order by 1, 2
"""


@pytest.mark.parametrize("name", OWNERS)
async def test_tables_of_an_older_version_are_brought_forward_with_all_they_hold(
    name: str, machine: Machine, tmp_path: Path
) -> None:
    migrations = importlib.import_module(f"services.{name}.migrations").MIGRATIONS
    older = database_address(machine.servers, f"older_{name}", postgres.SUPERUSER)
    superuser = await postgres.connect(machine.servers.directory)
    await superuser.execute(f"create database older_{name}")
    await superuser.close()
    await migrate(older, name, first_of(migrations, tmp_path))
    held = await postgres.connect(machine.servers.directory, database=older.name)
    table = TABLES[migrations[0]]
    for version in (1, 2, 3):
        await held.execute(FACTS[migrations[0]], version, uuid4(), f"message-{version}")
    before = await held.fetch(f"select * from {table}")

    ran = await migrate(older, name, migrations)
    again = await migrate(older, name, migrations)

    assert len(ran) == sum(len(list(folder.glob("*.sql"))) - 1 for folder in migrations)
    assert again == []
    assert [dict(row) for row in await held.fetch(f"select * from {table}")] == [
        dict(row) for row in before
    ]
    if name == "reporting":
        assert await held.fetchval("select facts from projected where ledger = 'owner'") == 3
    assert await columns(held) == await columns_of_this_version(machine, name)
    await held.close()


def first_of(folders: Sequence[Path], place: Path) -> list[Path]:
    """Return the folders as the first version had them: with the first file of each."""
    found = []
    for folder in folders:
        old = place / folder.parent.name / folder.name
        old.mkdir(parents=True)
        shutil.copy(min(folder.glob("*.sql")), old)
        found.append(old)
    return found


async def columns(connection: asyncpg.Connection) -> list[tuple[str, ...]]:
    """Return every column of every table."""
    return [tuple(row) for row in await connection.fetch(COLUMNS)]


async def columns_of_this_version(machine: Machine, name: str) -> list[tuple[str, ...]]:
    """Return every column of tables that this version has made from nothing."""
    connection = await postgres.connect(machine.servers.directory, database=name)
    found = await columns(connection)
    await connection.close()
    return found
