"""Seals: a published report is recognised for ever, and one changed digit is noticed."""

import base64
import json
import re
from io import BytesIO
from typing import Any

import pikepdf
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.reporting.signing import Signer
from shared.sealing import Keys, canonical, digest, judge, judge_file, read_sealed
from shared.sealing.documents import ERASURE, Finding, NotCanonical, judge_certificate
from shared.sealing.keys import BadKeys
from shared.sealing.pdf import attachment, judge_pdf

SIGNER, ANOTHER = Signer(bytes(range(32))), Signer(bytes(32))
VALUES: Any = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.text(max_size=8)
    | st.floats(-1e15, 1e15),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4)
    ),
    max_leaves=12,
)
DOCUMENTS = st.dictionaries(
    st.text(min_size=1, max_size=6).filter(lambda name: name not in ("kind", "seal")), VALUES
)
"""Reports: what names its kind is something else."""
REPORT: dict[str, Any] = {
    "period": {"id": "2024-Q1"},
    "version": 2,
    "figures": {"cities_engaged": {"value": 5}, "attribution_rate": {"value": 83.3}},
    "headline": {"fr": "Réseau des villes fortes"},
}
SEALED = canonical(SIGNER.seal(REPORT))
DIGITS = [place.start() for place in re.finditer(rb"[0-9]", SEALED)]


@given(DOCUMENTS)
def test_the_canonical_form_stays_what_it_is_however_often_it_is_read(
    document: dict[str, Any],
) -> None:
    once = canonical(document)

    assert canonical(json.loads(once)) == once
    assert canonical(json.loads(json.dumps(document, indent=3))) == once


@given(DOCUMENTS)
def test_what_was_sealed_is_genuine_in_any_layout(document: dict[str, Any]) -> None:
    sealed = SIGNER.seal(document)

    for written in (canonical(sealed), json.dumps(sealed, indent=2).encode()):
        assert judge_file(written, SIGNER.keys).finding is Finding.GENUINE


@pytest.mark.parametrize("place", DIGITS)
def test_one_changed_digit_is_noticed_wherever_it_stands(place: int) -> None:
    digit = SEALED[place] - ord("0")
    forged = SEALED[:place] + str((digit + 1) % 10).encode() + SEALED[place + 1 :]

    assert not judge_file(forged, SIGNER.keys).genuine


def test_a_verdict_says_what_the_file_says_of_itself() -> None:
    verdict = judge_file(SEALED, SIGNER.keys)

    assert (verdict.period, verdict.version, verdict.sha256) == ("2024-Q1", 2, digest(REPORT))
    assert verdict.sentence.startswith("Yes")


def resealed(**changes: Any) -> bytes:
    """The report with another seal: `sha256` and the like are what is put into it."""
    sealed = SIGNER.seal(REPORT)
    return json.dumps({**sealed, "seal": {**sealed["seal"], **changes}}).encode()


@pytest.mark.parametrize(
    ("file", "finding"),
    [
        (b"", Finding.UNREADABLE),
        (b"[]", Finding.UNREADABLE),
        (b"\xff\xfe", Finding.UNREADABLE),
        (b"[" * 100_000, Finding.UNREADABLE),
        (b'{"a": 1, "a": 2}', Finding.UNREADABLE),
        (b"{}", Finding.NO_SEAL),
        (json.dumps(REPORT).encode(), Finding.NO_SEAL),
        (b'{"seal": {}}', Finding.NO_SEAL),
        (resealed(algorithm="none"), Finding.NO_SEAL),
        (resealed(sha256="0" * 64), Finding.CHANGED),
        (SEALED.replace(b"83.3", b"NaN"), Finding.CHANGED),
        (SEALED.replace(b"83.3", b"9007199254740993"), Finding.CHANGED),
        (resealed(key_id="0" * 16), Finding.UNKNOWN_KEY),
        (resealed(signature="no base64"), Finding.BAD_SIGNATURE),
        (resealed(signature=base64.b64encode(bytes(64)).decode()), Finding.BAD_SIGNATURE),
    ],
)
def test_what_is_wrong_with_a_file_is_named(file: bytes, finding: Finding) -> None:
    assert judge_file(file, SIGNER.keys).finding is finding


def test_a_seal_of_somebody_else_is_no_seal_of_ours() -> None:
    stranger = canonical(ANOTHER.seal(REPORT))

    assert judge_file(stranger, SIGNER.keys).finding is Finding.UNKNOWN_KEY
    # Not even under the name of our key.
    sealed = ANOTHER.seal(REPORT)
    sealed["seal"]["key_id"] = SIGNER.seal(REPORT)["seal"]["key_id"]
    assert judge(sealed, SIGNER.keys).finding is Finding.BAD_SIGNATURE


def test_keys_are_printed_and_read_as_json_web_keys() -> None:
    printed = json.loads(json.dumps(SIGNER.keys.to_json()))

    assert [(key["kty"], key["crv"]) for key in printed["keys"]] == [
        ("OKP", "Ed25519"),
        ("EC", "P-256"),
    ]
    assert judge(read_sealed(SEALED), Keys.parse(printed)).genuine


@pytest.mark.parametrize(
    "document",
    [None, [], {}, {"keys": [{}]}, {"keys": [{"kty": "OKP", "crv": "Ed25519", "x": "short"}]}],
)
def test_what_is_no_list_of_keys_is_refused(document: Any) -> None:
    with pytest.raises(BadKeys):
        Keys.parse(document)


@pytest.mark.parametrize("value", [2**53 + 1, 2.0**53, float("nan"), float("inf")])
def test_a_number_that_programs_read_differently_is_not_sealed(value: float) -> None:
    with pytest.raises(NotCanonical):
        SIGNER.seal({"value": value})


def test_the_same_secret_gives_the_same_keys() -> None:
    assert Signer(bytes(range(32))).jwks == SIGNER.jwks
    assert ANOTHER.jwks != SIGNER.jwks
    with pytest.raises(ValueError, match="16 bytes, not 32"):
        Signer(bytes(16))


# PDF


def pdf(attached: bytes | None = SEALED) -> bytes:
    """A PDF of one page, with a file attached."""
    made, written = pikepdf.new(), BytesIO()
    made.add_blank_page()
    if attached is not None:
        made.attachments["report.json"] = attached
    made.save(written)
    return written.getvalue()


SIGNED = SIGNER.sign_pdf(pdf())


def test_a_signed_pdf_with_its_report_is_genuine() -> None:
    verdict = judge_file(SIGNED, SIGNER.keys)

    assert (verdict.finding, verdict.period, verdict.version) == (Finding.GENUINE, "2024-Q1", 2)
    with pikepdf.open(BytesIO(SIGNED)) as opened:
        assert bytes(opened.attachments["report.json"].get_file().read_bytes()) == SEALED


def test_no_byte_that_a_signed_pdf_shows_can_be_changed() -> None:
    # All of the file but the signature itself, which nothing shows.
    *_, shown = re.finditer(rb"/ByteRange \[([0-9 ]+)\]", SIGNED)
    first, until, since, rest = map(int, shown[1].split())
    assert (first, since + rest) == (0, len(SIGNED))
    for place in [*range(0, until, 61), *range(since, len(SIGNED), 7)]:
        forged = bytearray(SIGNED)
        forged[place] ^= 1
        assert not judge_pdf(bytes(forged), SIGNER.keys).genuine, place


@pytest.mark.parametrize(
    ("file", "finding"),
    [
        (b"%PDF-1.7 and no more", Finding.UNREADABLE),
        (pdf(None), Finding.NO_SEAL),
        (pdf(b"{}"), Finding.NO_SEAL),
        (pdf(), Finding.NO_SEAL),
        (SIGNER.sign_pdf(pdf(SEALED.replace(b"83.3", b"83.4"))), Finding.CHANGED),
        (ANOTHER.sign_pdf(pdf()), Finding.UNKNOWN_KEY),
        (SIGNED + b"\n% added behind the signature", Finding.CHANGED),
    ],
)
def test_what_is_wrong_with_a_pdf_is_named(file: bytes, finding: Finding) -> None:
    assert judge_file(file, SIGNER.keys).finding is finding


def test_a_pdf_changed_by_a_further_revision_is_noticed() -> None:
    written = BytesIO()
    with pikepdf.open(BytesIO(SIGNED)) as opened:
        opened.add_blank_page()
        opened.save(written)

    assert not judge_file(written.getvalue(), SIGNER.keys).genuine


def test_a_file_attached_under_another_name_is_not_looked_at() -> None:
    from pyhanko.pdf_utils.reader import PdfFileReader

    assert attachment(PdfFileReader(BytesIO(SIGNED)), "other.json") is None


def test_a_certificate_is_no_report() -> None:
    certificate = SIGNER.seal({"kind": ERASURE, "period": {"id": "2024-Q1"}, "version": 2})

    assert judge(certificate, SIGNER.keys).finding is Finding.NO_SEAL
    assert judge_certificate(certificate, SIGNER.keys) is Finding.GENUINE
    assert judge_certificate(SIGNER.seal(REPORT), SIGNER.keys) is Finding.UNREADABLE


def test_a_certificate_that_was_changed_or_sealed_elsewhere_is_noticed() -> None:
    certificate = SIGNER.seal({"kind": ERASURE, "steps": [{"people": 1}]})

    changed = certificate | {"steps": []}
    assert judge_certificate(changed, SIGNER.keys) is Finding.CHANGED
    assert judge_certificate(certificate, ANOTHER.keys) is Finding.UNKNOWN_KEY
