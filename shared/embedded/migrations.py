"""The migrations of a database, by name: those that this version has, and those that have run."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import asyncpg

from shared.embedded.process import PROJECT_ROOT
from shared.queries import Queries

SHARED = PROJECT_ROOT / "shared" / "sql"
QUERIES = Queries(Path(__file__).with_name("migrations.sql"))


async def migrations_run(connection: asyncpg.Connection) -> dict[str, str]:
    """Return the SHA-256 of each migration that has run in a database, by its name."""
    found: dict[str, str] = {}
    for schema in await connection.fetch(QUERIES["migrated_schemas"]):
        noted = f"select name, digest from {schema['schema']}.migration"  # noqa: S608
        found |= {row["name"]: row["digest"] for row in await connection.fetch(noted)}
    return found


def known_migrations(database: str) -> Mapping[str, str]:
    """Return the SHA-256 of each migration that the owner of a database may run, by its name.

    Source:
        `shared.database.migrate`, which gives them these names.
    """
    folders = (*_folders(SHARED), *_folders(PROJECT_ROOT / "services" / database / "sql"))
    return {
        f"{folder.parent.name}/{folder.name}/{file.name}": _digest(file)
        for folder in folders
        for file in sorted(folder.glob("*.sql"))
    }


def _folders(root: Path) -> Iterator[Path]:
    yield root
    yield from sorted(path for path in root.glob("*") if path.is_dir())


def _digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def of_the_owner(known: Mapping[str, str], ran: Iterable[str]) -> list[str]:
    """Return those that a database's owner should have run.

    Of the shared tables, which every owner might, those of the folders that it has begun with.
    """
    shared = {_folder_of(f"{SHARED.name}/{folder.name}/") for folder in _folders(SHARED)}
    begun = {_folder_of(name) for name in ran}
    return [name for name in known if _folder_of(name) not in shared or _folder_of(name) in begun]


def _folder_of(name: str) -> str:
    return name.rpartition("/")[0]
