"""Makes a backup, of a running system or of a stopped one."""

import os
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, cast

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from shared.embedded import postgres
from shared.embedded.backup.archive import ArchiveWriter, Part
from shared.embedded.backup.databases import Content, size_of, snapshot
from shared.embedded.backup.files import read_files
from shared.embedded.backup.manifest import NAME, Manifest
from shared.embedded.catalogue import SERVICES
from shared.embedded.data_directory import DataDirectory, OperatorError, held_lock, sync_folder
from shared.embedded.elsewhere import elsewhere
from shared.embedded.process_table import ProcessTable, stop_leftovers
from shared.erasing.erased import erased_in
from shared.operator_log import OperatorLog, user_here
from shared.sealing.keys import key_id

DUMPED_FIRST = tuple(
    reversed([service for service in SERVICES if service.database and service.backed_up])
)
"""Whoever reads comes before what it reads: reporting before the ledgers, and the ledgers that
speak of cities before that of the cities. So nothing in a backup speaks of what is not in it."""

OnStep = Callable[[str, int, int], None]
"""Told what is done, how much of it, and of how much: bytes on the disk of the databases."""


async def make_backup(
    directory: DataDirectory, file: Path, on_step: OnStep = lambda what, done, of: None
) -> Manifest:
    """Write everything that a system must not lose into one private file.

    The file appears when it is whole and on the disk.

    Raises:
        OperatorError: it stands there already, or PostgreSQL cannot be asked.
    """
    _refuse_existing(file)
    log = OperatorLog(directory.operator_log)
    now = datetime.now(UTC)
    descriptor, unfinished = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
    try:
        with os.fdopen(descriptor, "wb") as opened:
            with log.recording(user_here(), "backup.made", file.name, now=now):
                async with database_server(directory):
                    manifest = await _written(directory, cast(BinaryIO, opened), now, on_step)
            opened.flush()
            os.fsync(descriptor)
        os.link(unfinished, file)  # and not a rename, which would overwrite
    except FileExistsError:
        raise OperatorError(f"{file} is there by now: a backup overwrites nothing.") from None
    finally:
        os.unlink(unfinished)  # noqa: PTH108 - a word to the kernel, which waits for nothing
    sync_folder(file.parent)
    return manifest


def _refuse_existing(file: Path) -> None:
    if file.exists():
        raise OperatorError(f"{file} is there already: a backup overwrites nothing.")


@asynccontextmanager
async def database_server(directory: DataDirectory) -> AsyncIterator[None]:
    """Reach PostgreSQL where the system runs; where it is stopped, run PostgreSQL alone meanwhile.

    Raises:
        OperatorError: the system runs and PostgreSQL does not answer, or it cannot be started.
    """
    if (other := elsewhere(directory)) is not None:
        raise OperatorError(
            f"PostgreSQL runs on {other.database_host}, with programs of its own: run its pg_dump "
            "there for each database, and copy this data directory."
        )
    with held_lock(directory.root / "lock", wait=False) as ours:
        if ours:
            await stop_leftovers(directory)
            async with postgres_alone(directory):
                yield
            return
    try:
        connection = await postgres.connect(directory)
    except OSError as error:
        raise OperatorError(
            f"PostgreSQL of {directory.root} does not answer ({error}): `tandem status` says what "
            "runs."
        ) from error
    await connection.close()
    yield


@asynccontextmanager
async def postgres_alone(directory: DataDirectory) -> AsyncIterator[None]:
    """Run PostgreSQL of a data directory, and nothing else."""
    table = ProcessTable(directory)
    try:
        await table.start(await postgres.prepare(directory))
        yield
    finally:
        await table.stop("postgres")


async def _written(
    directory: DataDirectory, file: BinaryIO, now: datetime, on_step: OnStep
) -> Manifest:
    archive = ArchiveWriter(file, now.timestamp())
    parts, databases = await _databases(directory, archive, on_step)
    parts += [archive.add(name, content) for name, content in read_files(directory)]
    key = Ed25519PrivateKey.from_private_bytes(
        bytes.fromhex(directory.signing_key.read_text("utf-8").strip())
    )
    manifest = Manifest(
        made_at=now,
        made_by=user_here().name,
        databases=databases,
        parts=parts,
        erased=len(erased_in(directory.erased)),
        operator_log_head=OperatorLog(directory.operator_log).verify().head,
    )
    archive.add(NAME, manifest.sealed(key))
    archive.finish()
    return replace(manifest, key_id=key_id(key.public_key().public_bytes_raw()))


async def _databases(
    directory: DataDirectory, archive: ArchiveWriter, on_step: OnStep
) -> tuple[list[Part], dict[str, Content]]:
    sizes = {each.name: await size_of(directory, each.name) for each in DUMPED_FIRST}
    total, done = sum(sizes.values()), 0
    parts: list[Part] = []
    contents: dict[str, Content] = {}
    for service in DUMPED_FIRST:
        on_step(service.name, done, total)
        async with snapshot(directory, service.name) as taken:
            contents[service.name] = taken.content
            parts.append(await archive.add_stream(dump_name(service.name), taken.dump()))
        done += sizes[service.name]
    on_step("files", done, total)
    return parts, contents


def dump_name(database: str) -> str:
    """Return the name of a database's dump in the archive."""
    return f"databases/{database}.dump"
