"""The signature of a PDF (PAdES), and the sealed document that is attached to it."""

from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO
from typing import Any

from cryptography.hazmat.primitives.serialization import load_der_public_key
from pyhanko.pdf_utils.generic import IndirectObject
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko.sign.validation.status import SignatureCoverageLevel
from pyhanko_certvalidator import ValidationContext

from shared.sealing.documents import Finding, Verdict, judge, read_sealed
from shared.sealing.keys import Keys, key_id, point_of

ATTACHMENT = "report.json"
NAMES_DEEP_MAX = 20


def judge_pdf(content: bytes, keys: Keys) -> Verdict:
    """Tell whether a PDF is signed by one of the keys, unchanged, and holds a sealed report.

    Runs an event loop of its own, so call it in a thread where one runs already.
    """
    try:
        reader = PdfFileReader(BytesIO(content))
        attached = attachment(reader)
        verdict = judge(None if attached is None else read_sealed(attached), keys)
        if attached is None:
            return Verdict(Finding.NO_SEAL)
        if not verdict.genuine:
            return verdict
        return replace(verdict, finding=_of_signatures(reader, keys))
    except Exception:
        # A file of anybody: a parser of PDF fails in more ways than it has names for, and whatever
        # cannot be read is no report of ours.
        return Verdict(Finding.UNREADABLE)


def _of_signatures(reader: PdfFileReader, keys: Keys) -> Finding:
    signatures = reader.embedded_regular_signatures
    if not signatures:
        return Finding.NO_SEAL
    signature = signatures[-1]
    certificate = signature.signer_cert
    public_key: Any = load_der_public_key(certificate.public_key.dump())
    status = validate_pdf_signature(
        signature, ValidationContext(trust_roots=[certificate], allow_fetching=False)
    )
    if not status.intact or status.coverage is not SignatureCoverageLevel.ENTIRE_FILE:
        return Finding.CHANGED
    if not status.valid:
        return Finding.BAD_SIGNATURE
    known = key_id(point_of(public_key)) in keys.pdfs
    return Finding.GENUINE if known else Finding.UNKNOWN_KEY


def attachment(reader: PdfFileReader, name: str = ATTACHMENT) -> bytes | None:
    """Return the bytes of an attached file; None when there is none of that name."""
    for found, file in _attachments(reader):
        if found == name:
            data: bytes = file["/EF"]["/F"].data
            return data
    return None


def _attachments(reader: PdfFileReader) -> Iterator[tuple[str, Any]]:
    names = _member(reader.root, "/Names")
    tree = names and _member(names, "/EmbeddedFiles")
    if tree:
        yield from _named(tree, NAMES_DEEP_MAX)


def _named(node: Any, deep_max: int) -> Iterator[tuple[str, Any]]:
    """Yield the entries of a name tree (ISO 32000-2, 7.9.6)."""
    if deep_max == 0:
        raise ValueError("the names of this PDF lie too deep")
    for child in _member(node, "/Kids") or ():
        yield from _named(_plain(child), deep_max - 1)
    entries = list(_member(node, "/Names") or ())
    for name, file in zip(entries[::2], entries[1::2], strict=True):
        specification = _plain(file)
        unicode_name = _member(specification, "/UF")
        yield str(unicode_name or _member(specification, "/F") or _plain(name)), specification


def _member(node: Any, name: str) -> Any:
    return node[name] if name in node else None  # noqa: SIM401 - `get` gives what is referred to


def _plain(node: Any) -> Any:
    return node.get_object() if isinstance(node, IndirectObject) else node  # type: ignore[no-untyped-call]
