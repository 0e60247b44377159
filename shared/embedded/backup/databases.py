"""A database as of one moment: what it holds, its dump, and a dump put back.

The programs are those of the bundled PostgreSQL. A dump and the counts beside it share a snapshot,
so that a restored database can be compared with them.
"""

import asyncio
import os
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg

from shared.embedded import postgres
from shared.embedded.backup.archive import CHUNK_BYTES
from shared.embedded.data_directory import DataDirectory, OperatorError
from shared.embedded.migrations import migrations_run
from shared.queries import Queries

QUERIES = Queries(Path(__file__).with_name("backup.sql"))
COMPRESSION = "gzip:1"
"""The bundled pg_dump knows gzip alone; its first level is the quickest."""
NO_LIMITS = (
    "set transaction_timeout = 0; set idle_in_transaction_session_timeout = 0;"
    " set statement_timeout = 0"
)
"""A dump of a long history takes longer than any request may."""
UNFINISHED_SCHEMAS = ("public_rebuilt", "public_before")
"""What a rebuild works on, and what it has replaced."""


@dataclass(frozen=True, slots=True)
class Content:
    """What a database holds.

    Args:
        rows: of each table that is kept, by schema and name.
        last_positions: of each ledger, by its schema; 0 for an empty one.
        migrations: the names of those that have run.
    """

    rows: dict[str, int]
    last_positions: dict[str, int]
    migrations: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """Return it as a manifest holds it."""
        return {
            "rows": self.rows,
            "last_positions": self.last_positions,
            "migrations": list(self.migrations),
        }

    @classmethod
    def of_json(cls, said: dict[str, Any]) -> "Content":
        """Return what a manifest says of a database."""
        return cls(said["rows"], said["last_positions"], tuple(said["migrations"]))


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A database at one moment, for as long as the transaction that keeps it is open."""

    directory: DataDirectory
    database: str
    id: str
    content: Content

    async def dump(self) -> AsyncIterator[bytes]:
        """Yield its dump, in PostgreSQL's custom format.

        Raises:
            OperatorError: pg_dump failed; the text is what it said last.
        """
        process = await _started(
            self.directory,
            "pg_dump",
            "--format=custom",
            f"--compress={COMPRESSION}",
            f"--snapshot={self.id}",
            *(f"--exclude-schema={schema}" for schema in UNFINISHED_SCHEMAS),
            f"--dbname={self.database}",
            writes=True,
        )
        async with _watched(process, "pg_dump"):
            assert process.stdout is not None  # noqa: S101 - it was asked for as a pipe
            while chunk := await process.stdout.read(CHUNK_BYTES):
                yield chunk


@asynccontextmanager
async def snapshot(directory: DataDirectory, database: str) -> AsyncIterator[Snapshot]:
    """Hold a database as it is at this moment."""
    connection = await postgres.connect(directory, database=database)
    try:
        await connection.execute(NO_LIMITS)
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            taken = await connection.fetchval("select pg_export_snapshot()")
            yield Snapshot(directory, database, taken, await _content(connection))
    finally:
        await connection.close()


async def size_of(directory: DataDirectory, database: str) -> int:
    """Return how many bytes a database takes on the disk."""
    connection = await postgres.connect(directory, database=database)
    try:
        return int(await connection.fetchval(QUERIES["size"]))
    finally:
        await connection.close()


async def restore(directory: DataDirectory, database: str, dump: Iterable[bytes]) -> Content:
    """Put a dump into an empty database, and return what that holds then.

    Raises:
        OperatorError: pg_restore failed, and put nothing in; the text is what it said last.
    """
    process = await _started(
        directory,
        "pg_restore",
        "--exit-on-error",
        "--single-transaction",
        f"--dbname={database}",
        reads=True,
    )
    async with _watched(process, "pg_restore"):
        assert process.stdin is not None  # noqa: S101 - it was asked for as a pipe
        with suppress(BrokenPipeError, ConnectionResetError):  # it has ended, and says why
            for chunk in dump:
                process.stdin.write(chunk)
                await process.stdin.drain()
        process.stdin.close()
    connection = await postgres.connect(directory, database=database)
    try:
        await connection.execute(NO_LIMITS)
        await connection.execute("analyze")  # a dump brings no samples, and plans need them
        return await _content(connection)
    finally:
        await connection.close()


async def _content(connection: asyncpg.Connection) -> Content:
    tables = [row["name"] for row in await connection.fetch(QUERIES["kept_tables"])]
    ledgers = [row["schema"] for row in await connection.fetch(QUERIES["ledgers"])]
    # The names come from the catalogue, quoted by the server.
    last = "select coalesce(max(position), 0) from {}.ledger"
    return Content(
        rows={
            table: await connection.fetchval(f"select count(*) from {table}")  # noqa: S608
            for table in tables
        },
        last_positions={
            schema: await connection.fetchval(last.format(schema)) for schema in ledgers
        },
        migrations=tuple(sorted(await migrations_run(connection))),
    )


async def _started(
    directory: DataDirectory,
    program: str,
    *arguments: str,
    reads: bool = False,
    writes: bool = False,
) -> Process:
    host, port = postgres.address(directory)
    return await asyncio.create_subprocess_exec(
        str(postgres.binaries() / program),
        f"--host={host}",
        f"--port={port}",
        f"--username={postgres.SUPERUSER}",
        "--no-password",
        *arguments,
        stdin=PIPE if reads else DEVNULL,
        stdout=PIPE if writes else DEVNULL,
        stderr=PIPE,
        env={
            "PATH": os.defpath,
            "LC_ALL": "C",
            "PGPASSWORD": directory.password(postgres.SUPERUSER).read_text().strip(),
        },
        limit=CHUNK_BYTES,
    )


@asynccontextmanager
async def _watched(process: Process, name: str) -> AsyncIterator[None]:
    """Work with a program; it has ended when the block is left, and well, or that is an error."""
    assert process.stderr is not None  # noqa: S101 - it was asked for as a pipe
    said = asyncio.create_task(process.stderr.read(), name=f"what {name} says")
    try:
        yield
        code = await process.wait()
        if code != 0:
            words = (await said).decode(errors="replace").strip().splitlines()
            raise OperatorError(f"{name} failed: {words[-1] if words else f'it ended with {code}'}")
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
        await said
