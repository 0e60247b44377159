"""What a backup says of itself, sealed by the key that seals reports; and whether that is true."""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from importlib.metadata import version
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from shared.embedded import postgres
from shared.embedded.backup.archive import ArchiveReader, Part
from shared.embedded.backup.databases import Content
from shared.embedded.backup.files import SIGNING_KEY
from shared.embedded.data_directory import OperatorError
from shared.sealing import Keys, read_sealed
from shared.sealing.documents import BACKUP, SEAL, Finding, judge_sealed, sealed

NAME = "manifest.json"
FORMAT = 1
MANIFEST_BYTES_MAX = 16 * 1024 * 1024
KEY_BYTES_MAX = 1024
LEFT_OUT = (
    "Messages in NATS are not in it. Facts on their way stand in the ledgers and are published "
    "again; messages that no service had taken are repeated by their senders."
)
FAULTS: Mapping[Finding, str] = {
    Finding.UNREADABLE: "its manifest is none",
    Finding.NO_SEAL: "its manifest carries no seal",
    Finding.CHANGED: "its manifest was changed after it was made",
    Finding.UNKNOWN_KEY: "it is sealed with another key than those it was compared with",
    Finding.BAD_SIGNATURE: "the signature of its manifest does not fit",
}

OnBytes = Callable[[str, int], None]
"""Told of each chunk: which part it is of, and how many bytes."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup holds.

    Args:
        made_by: the user who made it.
        databases: what each holds, by name.
        parts: every part but the manifest.
        erased: how many people the list of the erased names.
        operator_log_head: the hash of the last line of the operator log.
        key_id: the key that it is sealed with; None while it is not.
    """

    made_at: datetime
    made_by: str
    databases: Mapping[str, Content]
    parts: Sequence[Part]
    erased: int
    operator_log_head: str
    tandem: str = version("tandem-cities")
    postgresql: int = postgres.VERSION
    key_id: str | None = None

    def sealed(self, key: Ed25519PrivateKey) -> bytes:
        """Return it as it stands in the archive."""
        document = {
            "kind": BACKUP,
            "format": FORMAT,
            "made_at": self.made_at.isoformat(),
            "made_by": self.made_by,
            "versions": {"tandem": self.tandem, "postgresql": self.postgresql},
            "databases": {name: each.to_json() for name, each in self.databases.items()},
            "erased": self.erased,
            "operator_log_head": self.operator_log_head,
            "left_out": LEFT_OUT,
            "parts": [asdict(part) for part in self.parts],
        }
        return json.dumps(sealed(document, key), indent=1).encode() + b"\n"

    @property
    def facts(self) -> Mapping[str, int]:
        """How many facts each ledger holds, by the database that it stands in."""
        return {
            name: sum(rows for table, rows in each.rows.items() if table.endswith(".ledger"))
            for name, each in self.databases.items()
        }


def verified(archive: ArchiveReader, keys: Keys | None, on_bytes: OnBytes) -> Manifest:
    """Return the manifest of a backup of which every byte is as it was made.

    Args:
        archive: the backup.
        keys: the keys that count; without them, the one in the backup itself. That tells damage,
            and not whether somebody has made another backup in its place.
        on_bytes: told how far it is.

    Raises:
        OperatorError: it is not as it was made; the message says in what.
    """
    document = read_sealed(archive.read(NAME, MANIFEST_BYTES_MAX) or b"")
    if document is None:
        raise OperatorError("This is no whole backup: it has no manifest, so it was not finished.")
    finding = judge_sealed(document, BACKUP, keys or _own_keys(archive))
    if finding is not Finding.GENUINE:
        raise OperatorError(f"This backup is not as it was made: {FAULTS[finding]}.")
    if document.get("format") != FORMAT:
        raise OperatorError("This backup is of another format: a newer version has made it.")
    manifest = _read(document)
    for fault in _faults(archive, manifest, on_bytes):
        raise OperatorError(f"This backup is not as it was made: {fault}.")
    return manifest


def _read(document: Mapping[str, Any]) -> Manifest:
    """Return what a genuine manifest says."""
    return Manifest(
        made_at=datetime.fromisoformat(document["made_at"]),
        made_by=document["made_by"],
        databases={name: Content.of_json(each) for name, each in document["databases"].items()},
        parts=[Part(**each) for each in document["parts"]],
        erased=document["erased"],
        operator_log_head=document["operator_log_head"],
        tandem=document["versions"]["tandem"],
        postgresql=document["versions"]["postgresql"],
        key_id=document[SEAL]["key_id"],
    )


def _own_keys(archive: ArchiveReader) -> Keys:
    secret = archive.read(SIGNING_KEY, KEY_BYTES_MAX)
    try:
        key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex((secret or b"").decode().strip()))
    except ValueError:
        raise OperatorError("This backup is not as it was made: its sealing key is none.") from None
    return Keys.of_document_keys(key.public_key())


def _faults(archive: ArchiveReader, manifest: Manifest, on_bytes: OnBytes) -> Iterator[str]:
    """Yield in what the parts are not those of the manifest."""
    said = {part.name: part for part in manifest.parts}
    there = archive.sizes
    for name in sorted(said.keys() - there.keys()):
        yield f"{name} is missing"
    for name in sorted(there.keys() - said.keys() - {NAME}):
        yield f"{name} is in it, and should not be"
    for name, part in said.items():
        digest = hashlib.sha256()
        for chunk in archive.chunks(name):
            digest.update(chunk)
            on_bytes(name, len(chunk))
        if (there[name], digest.hexdigest()) != (part.bytes, part.sha256):
            yield f"{name} was changed"
