"""The registry of publishers: what is known of each, and no secret.

`credentials.json` holds it, so that a credential can be listed and taken back without its secrets.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from shared.embedded.data_directory import DataDirectory, write_private

FORMAT = 2
KEYS_MAX = 2
"""Two are valid while one takes the place of the other."""


@dataclass(frozen=True)
class Key:
    """An nkey and a token, made together.

    Args:
        number: counted from 1 within the publisher; the names of its secrets follow from it.
        public_key: the nkey that NATS knows it by.
        token_sha256: the hash of the token for gRPC and HTTP, in hex.
        made_at: None when it was made before that was kept.
        until: when it ends; None for as long as the credential.
    """

    number: int
    public_key: str
    token_sha256: str
    made_at: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True)
class Publisher:
    """A system that publishes.

    Args:
        name: also its `source`, and the second token of its subjects.
        keys: 1 to KEYS_MAX of them, oldest first; all are valid.
        services: those it may publish to; None for all.
        types: full names of the types that it may publish, of these services; None for all.
    """

    name: str
    keys: tuple[Key, ...]
    services: tuple[str, ...] | None = None
    types: tuple[str, ...] | None = None
    role: str = "publisher"

    @property
    def key(self) -> Key:
        """The newest key, which the publisher should use."""
        return self.keys[-1]

    @property
    def rotated_at(self) -> datetime | None:
        """When the newest key took another one's place; None when it is the first."""
        return self.key.made_at if self.key.number > 1 else None

    def secrets_of(self, key: Key) -> str:
        """Return the name under which the secrets of a key stand in the data directory."""
        return secrets_name(self.name, key.number)


def secrets_name(name: str, number: int) -> str:
    """Return the name of the secrets of a publisher's key; no name of a publisher has a dot."""
    return name if number == 1 else f"{name}.{number}"


def read_registry(directory: DataDirectory) -> list[Publisher]:
    """Return the registered publishers, by name; a registry of an older version is read as well."""
    if not directory.credentials.exists():
        return []
    document = json.loads(directory.credentials.read_text())
    rows = document["publishers"]
    if document.get("format", 1) < FORMAT:
        rows = map(_of_format_1, rows)
    return [_publisher(row) for row in rows]


def read_sources(directory: DataDirectory) -> list[str]:
    """Return everybody who is or was a publisher, by name: messages of theirs may be on their way.

    What somebody sent before their credential was taken back is still to be taken.
    """
    if not directory.credentials.exists():
        return []
    document = json.loads(directory.credentials.read_text())
    names = {row["name"] for row in document["publishers"]}
    return sorted(names.union(document.get("revoked", ())))


def write_registry(directory: DataDirectory, publishers: Iterable[Publisher]) -> None:
    """Put the registry on the disk as a whole."""
    rows = [asdict(publisher) for publisher in publishers]
    revoked = set(read_sources(directory)).difference(row["name"] for row in rows)
    document = {"format": FORMAT, "publishers": rows, "revoked": sorted(revoked)}
    write_private(directory.credentials, json.dumps(document, indent=2, default=_iso) + "\n")


def _of_format_1(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a publisher of the time when each had one key, whose age nobody kept."""
    key = {"number": 1, "public_key": row["public_key"], "token_sha256": row["token_sha256"]}
    kept = {name: row.get(name) for name in ("name", "services", "types", "role")}
    return {name: value for name, value in kept.items() if value is not None} | {"keys": [key]}


def _publisher(row: Mapping[str, Any]) -> Publisher:
    return Publisher(
        name=row["name"],
        keys=tuple(map(_key, row["keys"])),
        services=_scope(row.get("services")),
        types=_scope(row.get("types")),
        role=row["role"],
    )


def _key(row: Mapping[str, Any]) -> Key:
    moments = {
        name: datetime.fromisoformat(row[name]) for name in ("made_at", "until") if row.get(name)
    }
    return Key(row["number"], row["public_key"], row["token_sha256"], **moments)


def _scope(among: Sequence[str] | None) -> tuple[str, ...] | None:
    return tuple(among) if among else None


def _iso(moment: datetime) -> str:
    return moment.isoformat()
