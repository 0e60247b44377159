"""Which migrations this version has for a database, by the names that are noted there."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from shared.embedded.process import PROJECT_ROOT

SHARED = PROJECT_ROOT / "shared" / "sql"


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
