"""The seal of a JSON document: its member `seal` holds hash and signature of all the rest."""

import base64
import binascii
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import rfc8785
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from shared.sealing.keys import Keys, key_id

SEAL = "seal"
KIND = "kind"
"""Says what a sealed document is when it is no report: reports have no member of this name."""
ERASURE = "tandem.erasure_certificate.v1"
BACKUP = "tandem.backup.v1"
PDF_MAGIC = b"%PDF-"
ALGORITHM = "Ed25519"
CANONICALIZATION = "RFC 8785"

Json = Mapping[str, Any]


class Finding(StrEnum):
    """What became of a verification."""

    GENUINE = "genuine"
    UNREADABLE = "unreadable"
    NO_SEAL = "no_seal"
    CHANGED = "changed"
    UNKNOWN_KEY = "unknown_key"
    BAD_SIGNATURE = "bad_signature"


SENTENCES: Mapping[Finding, str] = {
    Finding.GENUINE: "Yes: this is the published report, unchanged.",
    Finding.UNREADABLE: "No: this file cannot be read as a report.",
    Finding.NO_SEAL: "No: this report carries no seal, so it was not published like this.",
    Finding.CHANGED: "No: its content was changed after it was published.",
    Finding.UNKNOWN_KEY: "No: it is sealed with a key that is not known here.",
    Finding.BAD_SIGNATURE: "No: its signature does not fit its content.",
}


SENTENCES_OF_ERASURES: Mapping[Finding, str] = {
    Finding.GENUINE: "Yes: this is a certificate of erasure that was made here, unchanged.",
    Finding.UNREADABLE: "No: this file cannot be read as a certificate.",
    Finding.NO_SEAL: "No: this certificate carries no seal, so it was not made like this.",
    Finding.CHANGED: "No: its content was changed after it was made.",
    Finding.UNKNOWN_KEY: SENTENCES[Finding.UNKNOWN_KEY],
    Finding.BAD_SIGNATURE: SENTENCES[Finding.BAD_SIGNATURE],
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a file is a published report.

    Args:
        finding: yes, or which of the reasons why not.
        period, version, sha256, key_id: what it says of itself, as far as it could be read.
    """

    finding: Finding
    period: str | None = None
    version: int | None = None
    sha256: str | None = None
    key_id: str | None = None

    @property
    def genuine(self) -> bool:
        """Whether it is."""
        return self.finding is Finding.GENUINE

    def to_json(self) -> dict[str, Any]:
        """Return it as printed."""
        return {
            "genuine": self.genuine,
            "finding": self.finding.value,
            "sentence": self.sentence,
            "period": self.period,
            "version": self.version,
            "sha256": self.sha256,
            "key_id": self.key_id,
        }

    @property
    def sentence(self) -> str:
        """The answer in a sentence."""
        return SENTENCES[self.finding]


class NotCanonical(ValueError):
    """The document holds what JSON cannot carry from one program to another."""


def canonical(document: Json) -> bytes:
    """Return the one text of a document by RFC 8785.

    Raises:
        NotCanonical: it holds an integer beyond 2^53, or a number that is none.
    """
    try:
        return rfc8785.dumps(dict(document))
    except (rfc8785.CanonicalizationError, RecursionError) as error:
        raise NotCanonical(str(error)) from None


def digest(document: Json) -> str:
    """Return the SHA-256 of the canonical form, without the seal, in hex."""
    return hashlib.sha256(canonical(unsealed(document))).hexdigest()


def unsealed(document: Json) -> dict[str, Any]:
    """Return the document without its seal: what was hashed and signed."""
    return {name: value for name, value in document.items() if name != SEAL}


def sealed(document: Json, key: Ed25519PrivateKey) -> dict[str, Any]:
    """Return a document with its seal: hash and signature of its canonical form without it.

    Raises:
        NotCanonical: it holds a number that is another one when it is read.
    """
    content = canonical(unsealed(document))
    if canonical(json.loads(content)) != content:
        raise NotCanonical("a number of the document does not survive being read")
    seal = {
        "algorithm": ALGORITHM,
        "canonicalization": CANONICALIZATION,
        "key_id": key_id(key.public_key().public_bytes_raw()),
        "sha256": hashlib.sha256(content).hexdigest(),
        "signature": base64.b64encode(key.sign(content)).decode(),
    }
    return {**document, SEAL: seal}


def read_sealed(content: bytes) -> dict[str, Any] | None:
    """Return the document that a file holds; None when it holds none.

    A name that stands twice is refused: two programs could read two different reports.
    """
    try:
        document = json.loads(content, object_pairs_hook=_once_each)
    except (ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) else None


def judge(document: Json | None, keys: Keys) -> Verdict:
    """Tell whether a document is a report sealed by one of the keys, and unchanged since.

    What is sealed as something else is no report, whatever it says of itself.
    """
    if document is not None and KIND in document:
        return Verdict(Finding.NO_SEAL)
    return _judged(document, keys)


def judge_certificate(document: Json, keys: Keys) -> Finding:
    """Tell whether a document is a certificate of erasure sealed by one of the keys, unchanged."""
    return judge_sealed(document, ERASURE, keys)


def judge_sealed(document: Json, kind: str, keys: Keys) -> Finding:
    """Tell whether a document is one of a kind, sealed by one of the keys, unchanged."""
    if document.get(KIND) != kind:
        return Finding.UNREADABLE
    return _judged(document, keys).finding


def _judged(document: Json | None, keys: Keys) -> Verdict:
    if document is None:
        return Verdict(Finding.UNREADABLE)
    period, version = _named(document)
    seal = document.get(SEAL)
    if not isinstance(seal, dict) or not all(
        isinstance(seal.get(name), str) for name in ("sha256", "signature", "key_id")
    ):
        return Verdict(Finding.NO_SEAL, period, version)
    said = period, version, seal["sha256"], seal["key_id"]
    if (seal.get("algorithm"), seal.get("canonicalization")) != (ALGORITHM, CANONICALIZATION):
        return Verdict(Finding.NO_SEAL, *said)
    try:
        content = canonical(unsealed(document))
    except NotCanonical:
        return Verdict(Finding.CHANGED, *said)
    if hashlib.sha256(content).hexdigest() != seal["sha256"]:
        return Verdict(Finding.CHANGED, *said)
    key = keys.documents.get(seal["key_id"])
    if key is None:
        return Verdict(Finding.UNKNOWN_KEY, *said)
    try:
        key.verify(base64.b64decode(seal["signature"], validate=True), content)
    except (InvalidSignature, binascii.Error):
        return Verdict(Finding.BAD_SIGNATURE, *said)
    return Verdict(Finding.GENUINE, *said)


def judge_file(content: bytes, keys: Keys) -> Verdict:
    """Tell whether a file, JSON or PDF, is a published report, sealed by one of the keys.

    Of a PDF it runs an event loop of its own, so call it in a thread where one runs already.
    """
    if not content.startswith(PDF_MAGIC):
        return judge(read_sealed(content), keys)
    from shared.sealing.pdf import judge_pdf  # takes half a second to load

    return judge_pdf(content, keys)


def _named(document: Json) -> tuple[str | None, int | None]:
    period, version = document.get("period"), document.get("version")
    name = period.get("id") if isinstance(period, dict) else None
    return (
        name if isinstance(name, str) else None,
        version if isinstance(version, int) else None,
    )


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name stands twice")
    return found
