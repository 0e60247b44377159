"""The private keys of reporting: what it publishes is sealed by Ed25519, and PDFs signed by P-256.

Both follow from the one secret in TANDEM_SIGNING_KEY_FILE. Put another secret there and start
again, and what follows is sealed by new keys; the public ones of before stay known (publishing/).
How anybody verifies, with public keys alone, stands in shared/sealing.
"""

from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from shared.sealing import Keys
from shared.sealing.documents import Json, sealed
from shared.sealing.keys import Jwk, jwk_of_document_key, jwk_of_pdf_key, key_set

SECRET_BYTES = 32
PDF_KEY_PURPOSE = b"tandem: the P-256 key that signs PDFs"
# More than the order of the curve by 128 bits, so that what is left over favours no key.
PDF_KEY_BYTES = 48
P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


class Signer:
    """Seals documents and signs PDFs."""

    def __init__(self, secret: bytes) -> None:
        """Derive both keys.

        Raises:
            ValueError: the secret has not 32 bytes.
        """
        if len(secret) != SECRET_BYTES:
            raise ValueError(f"the secret has {len(secret)} bytes, not {SECRET_BYTES}")
        self._document_key = Ed25519PrivateKey.from_private_bytes(secret)
        expanded = HKDF(hashes.SHA256(), PDF_KEY_BYTES, None, PDF_KEY_PURPOSE).derive(secret)
        scalar = int.from_bytes(expanded) % (P256_ORDER - 1) + 1
        self._pdf_key = ec.derive_private_key(scalar, ec.SECP256R1())

    @classmethod
    def load(cls, file: Path) -> "Signer":
        """Return the signer whose secret a file keeps, in hex.

        Raises:
            OSError, ValueError: there is no such file, or it keeps something else.
        """
        return cls(bytes.fromhex(file.read_text("utf-8").strip()))

    @property
    def jwks(self) -> tuple[Jwk, Jwk]:
        """The public keys, as JSON Web Keys."""
        return (
            jwk_of_document_key(self._document_key.public_key()),
            jwk_of_pdf_key(self._pdf_key.public_key()),
        )

    @property
    def keys(self) -> Keys:
        """The public keys, to verify with."""
        return key_set(self.jwks)

    def seal(self, document: Json) -> dict[str, Any]:
        """Return a document with its seal: hash and signature of its canonical form without it.

        Raises:
            NotCanonical: it holds a number that is another one when it is read.
        """
        return sealed(document, self._document_key)

    def sign_pdf(self, pdf: bytes) -> bytes:
        """Return a PDF with a signature (PAdES) over all of it, invisible on its pages.

        Runs an event loop of its own, so call it in a thread where one runs already.
        """
        # What reads and signs PDFs takes 9 MB: only who publishes needs it.
        from services.reporting.signing.pdf import signed

        return signed(pdf, self._pdf_key)
