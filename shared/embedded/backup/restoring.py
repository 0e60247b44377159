"""Verifies a backup, and makes a data directory of it.

It is made beside its place, and moved there when it is whole: a restore that was broken off leaves
nothing that `tandem up` would start from.
"""

import shutil
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

from shared.embedded import postgres
from shared.embedded.backup.archive import ArchiveReader
from shared.embedded.backup.databases import restore
from shared.embedded.backup.files import PREFIX, place_of
from shared.embedded.backup.making import DUMPED_FIRST, dump_name, postgres_alone
from shared.embedded.backup.manifest import Manifest, verified
from shared.embedded.data_directory import (
    PRIVATE_DIRECTORY,
    DataDirectory,
    OperatorError,
    write_private,
)
from shared.embedded.migrations import known_migrations
from shared.erasing.erased import add_erased, erased_in
from shared.operator_log import OperatorLog, user_here
from shared.sealing import Keys

READABLE = 0o644
"""For PostgreSQL, whose user may be another; the folder is closed to all others."""

OnStep = Callable[[str, int, int], None]
"""Told what is done, how much of it, and of how much, in bytes of the archive."""


def verify_backup(
    file: Path, keys: Keys | None = None, on_step: OnStep = lambda what, done, of: None
) -> Manifest:
    """Return what a backup holds, when every byte of it is as it was made.

    Raises:
        OperatorError: it is no backup, or not as it was made.
    """
    with ArchiveReader(file) as archive:
        return verified(archive, keys, _Counting(archive.sizes, 1, on_step))


async def restore_backup(
    file: Path,
    directory: DataDirectory,
    *,
    keys: Keys | None = None,
    erased: Path | None = None,
    on_step: OnStep = lambda what, done, of: None,
) -> Manifest:
    """Make a data directory of a backup; `tandem up` goes on from there.

    Args:
        file: the backup.
        directory: where to; empty, or not there.
        keys: those that count; without them, the one in the backup.
        erased: a list of the erased that may be newer than the backup. Whoever is on either list is
            erased again by `tandem up`, before anybody reads.
        on_step: told how far it is.

    Raises:
        OperatorError: the directory holds something, or the backup is not as it was made, or this
            version does not know what is in it. Nothing is left behind then.
    """
    _refuse_what_is_there(directory, erased)
    beside = DataDirectory(directory.root.with_name(f".{directory.root.name}.restoring"))
    with ArchiveReader(file) as archive:
        count = _Counting(archive.sizes, 2, on_step)
        manifest = verified(archive, keys, count)
        _refuse_unknown(manifest)
        directory.root.parent.mkdir(mode=PRIVATE_DIRECTORY, parents=True, exist_ok=True)
        shutil.rmtree(beside.root, ignore_errors=True)
        try:
            beside.create()
            _put_files(archive, manifest, beside)
            add_erased(beside.erased, _missing(erased, beside.erased))
            async with postgres_alone(beside):
                await _put_databases(archive, manifest, beside, count)
            _put_override(archive, beside)
            OperatorLog(beside.operator_log).append(
                user_here(),
                "backup.restored",
                file.name,
                now=datetime.now(UTC),
                details={
                    "made_at": manifest.made_at.isoformat(),
                    "made_by": manifest.made_by,
                    "key": manifest.key_id,
                },
            )
            beside.root.replace(directory.root)
        except OSError as error:
            raise OperatorError(f"{directory.root} cannot be made: {error}.") from error
        finally:
            shutil.rmtree(beside.root, ignore_errors=True)
    return manifest


def _refuse_what_is_there(directory: DataDirectory, erased: Path | None) -> None:
    if directory.root.exists() and any(directory.root.iterdir()):
        raise OperatorError(f"{directory.root} is not empty: a restore overwrites nothing.")
    if erased is not None and not erased.is_file():
        raise OperatorError(f"{erased} is no list of the erased.")


class _Counting:
    """Adds up the bytes of an archive that is read so many times."""

    def __init__(self, sizes: Mapping[str, int], times: int, on_step: OnStep) -> None:
        self._done, self._of, self._on_step = 0, times * sum(sizes.values()), on_step

    def __call__(self, name: str, count: int) -> None:
        """Take note of some bytes of a part."""
        self._done += count
        self._on_step(name, min(self._done, self._of), self._of)


def _refuse_unknown(manifest: Manifest) -> None:
    """Refuse what this version could not go on with.

    Raises:
        OperatorError: a database, or a migration that has run, is not known here.
    """
    services = {service.name for service in DUMPED_FIRST}
    for database, content in manifest.databases.items():
        known = known_migrations(database)
        unknown = [name for name in content.migrations if name not in known]
        if database not in services or unknown:
            what = unknown[0] if unknown else f"the database {database}"
            raise OperatorError(
                f"This backup was made by Tandem {manifest.tandem}, which knows {what}, and this "
                "version does not: restore it with that version, or a newer one."
            )
    if missing := services - manifest.databases.keys():
        raise OperatorError(f"This backup lacks the database {min(missing)}.")
    if manifest.postgresql > postgres.VERSION:
        raise OperatorError(
            f"This backup is of PostgreSQL {manifest.postgresql}, and here is {postgres.VERSION}."
        )


def _put_files(archive: ArchiveReader, manifest: Manifest, directory: DataDirectory) -> None:
    for name, size in _files(manifest):
        path = place_of(directory, name)
        if path.parent != directory.postgres:  # its folder is PostgreSQL's to make
            path.parent.mkdir(mode=PRIVATE_DIRECTORY, exist_ok=True)
            write_private(path, (archive.read(name, size) or b"").decode())


def _put_override(archive: ArchiveReader, directory: DataDirectory) -> None:
    path = directory.postgres / postgres.OVERRIDE
    name = f"{PREFIX}{path.relative_to(directory.root).as_posix()}"
    if name in archive.sizes:
        write_private(path, (archive.read(name, archive.sizes[name]) or b"").decode())
        path.chmod(READABLE)


async def _put_databases(
    archive: ArchiveReader, manifest: Manifest, directory: DataDirectory, count: "_Counting"
) -> None:
    await postgres.provide_databases(directory, DUMPED_FIRST)
    for database, said in manifest.databases.items():

        def counted(name: str = dump_name(database)) -> Iterator[bytes]:
            for chunk in archive.chunks(name):
                count(name, len(chunk))
                yield chunk

        found = await restore(directory, database, counted())
        if found != said:
            raise OperatorError(
                f"The restored database {database} does not hold what the backup says: nothing is "
                "restored."
            )


def _files(manifest: Manifest) -> Iterator[tuple[str, int]]:
    for part in manifest.parts:
        if part.name not in map(dump_name, manifest.databases):
            yield part.name, part.bytes


def _missing(newer: Path | None, older: Path) -> Mapping[str, datetime]:
    """Return whom only the first of two lists of the erased names."""
    known = erased_in(older)
    return {key: at for key, at in erased_in(newer).items() if key not in known}
