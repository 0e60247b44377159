"""Signs PDFs, with a certificate that the key gives itself."""

import hashlib
from datetime import UTC, datetime
from functools import lru_cache
from io import BytesIO

from asn1crypto import keys as asn1_keys
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import PdfSignatureMetadata, PdfSigner, SimpleSigner
from pyhanko.sign.fields import SigSeedSubFilter
from pyhanko_certvalidator.registry import SimpleCertificateStore

COMMON_NAME = "Tandem: reports of NLC and SCN"
VALID_FROM, VALID_UNTIL = datetime(2024, 1, 1, tzinfo=UTC), datetime(2099, 12, 31, tzinfo=UTC)
SIGNATURE_FIELD = "TandemSeal"


def signed(pdf: bytes, key: EllipticCurvePrivateKey) -> bytes:
    """Return a PDF with a signature (PAdES) over all of it, invisible on its pages.

    Runs an event loop of its own, so call it in a thread where one runs already.
    """
    metadata = PdfSignatureMetadata(
        field_name=SIGNATURE_FIELD,
        md_algorithm="sha256",
        subfilter=SigSeedSubFilter.PADES,
        name=COMMON_NAME,
    )
    content = BytesIO()
    PdfSigner(metadata, _signer(key)).sign_pdf(
        IncrementalPdfFileWriter(BytesIO(pdf)), output=content
    )
    return content.getvalue()


@lru_cache(maxsize=1)
def _signer(key: EllipticCurvePrivateKey) -> SimpleSigner:
    private = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    return SimpleSigner(
        signing_cert=asn1_x509.Certificate.load(_certificate(key)),
        signing_key=asn1_keys.PrivateKeyInfo.load(private),
        cert_registry=SimpleCertificateStore(),  # type: ignore[no-untyped-call]
    )


def _certificate(key: EllipticCurvePrivateKey) -> bytes:
    """Return the certificate that the key gives itself: it names the key and vouches for none.

    Who signed is known by the public key alone, which /keys.json serves.
    """
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, COMMON_NAME)])
    public = key.public_key()
    serial = hashlib.sha256(str(public.public_numbers().x).encode()).digest()[:16]
    usage = x509.KeyUsage(
        digital_signature=True,
        content_commitment=True,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(public)
        .serial_number(int.from_bytes(serial) | 1)
        .not_valid_before(VALID_FROM)
        .not_valid_after(VALID_UNTIL)
        .add_extension(usage, critical=True)
    )
    signed = builder.sign(key, hashes.SHA256(), ecdsa_deterministic=True)
    return signed.public_bytes(Encoding.DER)
