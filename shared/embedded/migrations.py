"""Which migrations this version has for a database, by the names that are noted there."""

import hashlib
from collections.abc import Iterator, Mapping
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
