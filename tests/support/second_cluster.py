"""A second PostgreSQL cluster, and a database carried over there by pg_dump and pg_restore."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from shared.embedded import postgres
from shared.embedded.catalogue import SERVICES
from shared.embedded.data_directory import DataDirectory
from shared.embedded.process_table import ProcessTable
from shared.embedded.services import Servers

DUMP_SECONDS_MAX = 60.0


@asynccontextmanager
async def second_cluster(first: Servers) -> AsyncIterator[Servers]:
    """Run a new cluster with the databases and roles of the services, all of them empty."""
    with TemporaryDirectory(prefix="tandem-second-") as folder:
        directory = DataDirectory.at(Path(folder))
        directory.create()
        table = ProcessTable(directory)
        try:
            await table.start(await postgres.prepare(directory))
            await postgres.provide_databases(directory, SERVICES)
            yield Servers(directory, first.ports)
        finally:
            await table.stop("postgres")


async def carry_over(database: str, source: Servers, target: Servers) -> None:
    """Dump a database and restore it elsewhere, as an operator does.

    Raises:
        AssertionError: one of the programs failed; the text is what it said.
    """
    dump = target.directory.root / f"{database}.dump"
    await _run(source, "pg_dump", "--format=custom", f"--file={dump}", database)
    await _run(target, "pg_restore", "--exit-on-error", f"--dbname={database}", str(dump))


async def _run(servers: Servers, program: str, *arguments: str) -> None:
    process = await asyncio.create_subprocess_exec(
        str(postgres.binaries() / program),
        f"--host={servers.database_host}",
        f"--port={servers.database_port}",
        f"--username={postgres.SUPERUSER}",
        *arguments,
        env={
            "PATH": os.defpath,
            "PGPASSWORD": servers.password_file(postgres.SUPERUSER).read_text().strip(),
        },
        stderr=asyncio.subprocess.PIPE,
    )
    _, said = await asyncio.wait_for(process.communicate(), DUMP_SECONDS_MAX)
    assert process.returncode == 0, f"{program}: {said.decode()}"
