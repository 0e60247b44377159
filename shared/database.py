"""PostgreSQL: the pool of a service, its migrations, and which errors pass by themselves."""

import asyncio
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import asyncpg

from shared.telemetry.databases import MeasuredConnection, watch

POOL_CONNECTIONS_MAX = 8
ACQUIRE_SECONDS_MAX = 10.0
COMMAND_SECONDS_MAX = 30.0
CONNECT_ATTEMPTS_MAX = 60
PAGE_BYTES_MAX = 4 * 1024 * 1024
"""What is read at once beside a count of rows, as stored: long texts are compressed there."""
MIGRATION_LOCK = 0x7461_6E64_656D
SHARED_SQL = Path(__file__).parent / "sql"
LEDGER_TABLES = SHARED_SQL / "ledger"
PROJECTION_TABLES = SHARED_SQL / "projection"

TRANSIENT: tuple[type[BaseException], ...] = (
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.DeadlockDetectedError,
    asyncpg.SerializationError,
    ConnectionError,
    TimeoutError,
    OSError,
)
"""Errors that pass: the outcome is unknown, so the same ids are sent again."""


@dataclass(frozen=True, slots=True)
class DatabaseAddress:
    """Where a database is; the password stands in a file only its owner reads."""

    host: str
    port: int
    name: str
    user: str
    password_file: Path

    def password(self) -> str:
        """Return the password from its file."""
        return self.password_file.read_text("utf-8").strip()


async def connect_pool(address: DatabaseAddress, **settings: str) -> asyncpg.Pool:
    """Return a pool, waiting for a database that is still starting.

    `settings` are further ones of the server, for each connection.

    Raises:
        OSError, asyncpg.PostgresError: it did not come up within CONNECT_ATTEMPTS_MAX seconds.
    """
    for attempt in range(CONNECT_ATTEMPTS_MAX):
        try:
            return await asyncpg.create_pool(
                host=address.host,
                port=address.port,
                database=address.name,
                user=address.user,
                password=address.password(),
                min_size=1,
                max_size=POOL_CONNECTIONS_MAX,
                command_timeout=COMMAND_SECONDS_MAX,
                connection_class=MeasuredConnection,
                init=watch,
                # A plan made while a table was small reads all of it when it has grown.
                server_settings={"plan_cache_mode": "force_custom_plan"} | settings,
            )
        except TRANSIENT:
            if attempt == CONNECT_ATTEMPTS_MAX - 1:
                raise
            await asyncio.sleep(1)
    raise AssertionError("unreachable")


async def connect_alone(address: DatabaseAddress, **settings: str) -> asyncpg.Connection:
    """Return a connection of its own, with these settings of the server and no time limit."""
    return await asyncpg.connect(
        host=address.host,
        port=address.port,
        database=address.name,
        user=address.user,
        password=address.password(),
        server_settings=settings,
    )


async def migrate(
    address: DatabaseAddress, role: str, directories: Sequence[Path], schema: str | None = None
) -> list[str]:
    """Run the files of the directories that did not run before, each in its own transaction.

    Args:
        address: the database, entered as the role that owns it.
        role: the service's own role; `{role}` in the files.
        directories: read in this order; files by name.
        schema: where the tables are, made when it is not there; where others look first when left
            out.

    Returns:
        The names of the files that ran now.

    Raises:
        RuntimeError: a file that ran before has other content now.
    """
    connection = await connect_alone(address)
    try:
        await connection.execute("select pg_advisory_lock($1)", MIGRATION_LOCK)
        if schema is not None:
            await connection.execute(f"create schema if not exists {schema}")
            await connection.execute(f"set search_path to {schema}")
        await connection.execute(
            "create table if not exists migration (name text primary key, digest text not null,"
            " applied_at timestamptz not null default now())"
        )
        rows = await connection.fetch("select name, digest from migration")
        applied: dict[str, str] = {row["name"]: row["digest"] for row in rows}
        ran = []
        for directory in directories:
            for file in sorted(directory.glob("*.sql")):
                name, text = (
                    f"{directory.parent.name}/{directory.name}/{file.name}",
                    file.read_text(),
                )
                digest = hashlib.sha256(text.encode()).hexdigest()
                if name not in applied:
                    await _apply(connection, name, digest, text.replace("{role}", role))
                    ran.append(name)
                elif applied[name] != digest:
                    raise RuntimeError(f"{name} was changed after it ran: add a new file instead")
        return ran
    finally:
        await connection.close()


async def migrate_all(
    address: DatabaseAddress,
    role: str,
    directories: Sequence[Path],
    apart: Mapping[str, Sequence[Path]],
) -> list[str]:
    """Run the migrations of a service, and those of the schemas that it keeps apart, by name."""
    ran = await migrate(address, role, directories)
    for schema, others in apart.items():
        ran += await migrate(address, role, others, schema=schema)
    return ran


async def _apply(connection: asyncpg.Connection, name: str, digest: str, text: str) -> None:
    async with connection.transaction():
        await connection.execute(text)
        await connection.execute(
            "insert into migration (name, digest) values ($1, $2)", name, digest
        )
