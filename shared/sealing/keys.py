"""Public keys as JSON Web Keys: Ed25519 for documents (RFC 8037), P-256 for PDFs (RFC 7518)."""

import base64
import binascii
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    EllipticCurvePublicKey,
    EllipticCurvePublicNumbers,
)
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

KEY_ID_CHARACTERS = 16
COORDINATE_BYTES = 32

Jwk = Mapping[str, Any]


class BadKeys(ValueError):
    """A document is no list of public keys; the message says why."""


def key_id(public_key: bytes) -> str:
    """Return the name of a key: the beginning of the SHA-256 of its bytes, in hex."""
    return hashlib.sha256(public_key).hexdigest()[:KEY_ID_CHARACTERS]


@dataclass(frozen=True)
class Keys:
    """The public keys that count, by id: the one in use and all that were before it."""

    documents: Mapping[str, Ed25519PublicKey]
    pdfs: Mapping[str, EllipticCurvePublicKey]

    @classmethod
    def parse(cls, document: Any) -> "Keys":
        """Return the keys of a JSON Web Key Set.

        Raises:
            BadKeys: it is none.
        """
        documents, pdfs = {}, {}
        try:
            for key in document["keys"]:
                if key["kty"] == "OKP" and key["crv"] == "Ed25519":
                    raw = _bytes(key["x"])
                    documents[key_id(raw)] = Ed25519PublicKey.from_public_bytes(raw)
                elif key["kty"] == "EC" and key["crv"] == "P-256":
                    x, y = (int.from_bytes(_bytes(key[axis])) for axis in "xy")
                    pdf_key = EllipticCurvePublicNumbers(x, y, SECP256R1()).public_key()
                    pdfs[key_id(point_of(pdf_key))] = pdf_key
        except (KeyError, TypeError, ValueError) as error:
            raise BadKeys(f"this is no JSON Web Key Set ({type(error).__name__})") from None
        return cls(documents, pdfs)

    @classmethod
    def of_document_keys(cls, *keys: Ed25519PublicKey) -> "Keys":
        """Return some keys of documents as those that count."""
        return cls({key_id(key.public_bytes_raw()): key for key in keys}, {})

    def to_json(self) -> dict[str, Sequence[Jwk]]:
        """Return the JSON Web Key Set, in the order in which keys came into use."""
        return {
            "keys": [
                *(jwk_of_document_key(key) for key in self.documents.values()),
                *(jwk_of_pdf_key(key) for key in self.pdfs.values()),
            ]
        }


def jwk_of_document_key(key: Ed25519PublicKey) -> Jwk:
    """Return an Ed25519 key as a JSON Web Key."""
    raw = key.public_bytes_raw()
    named = {"kid": key_id(raw), "use": "sig", "alg": "EdDSA"}
    return {"kty": "OKP", "crv": "Ed25519", **named, "x": _text(raw)}


def jwk_of_pdf_key(key: EllipticCurvePublicKey) -> Jwk:
    """Return a P-256 key as a JSON Web Key."""
    numbers = key.public_numbers()
    x, y = (_text(axis.to_bytes(COORDINATE_BYTES)) for axis in (numbers.x, numbers.y))
    named = {"kid": key_id(point_of(key)), "use": "sig", "alg": "ES256"}
    return {"kty": "EC", "crv": "P-256", **named, "x": x, "y": y}


def point_of(key: EllipticCurvePublicKey) -> bytes:
    """Return the bytes by which a P-256 key is named: its point, uncompressed."""
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def key_set(jwks: Iterable[Jwk]) -> Keys:
    """Return the keys of some JSON Web Keys."""
    return Keys.parse({"keys": list(jwks)})


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _bytes(text: str) -> bytes:
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except binascii.Error as error:
        raise ValueError(str(error)) from None
