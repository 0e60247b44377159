"""Bytes become text and rows within limits, in an encoding that is told and never guessed."""

import gzip
import io
import zipfile

import pytest

from shared.importing import decoding, tables
from shared.importing.decoding import decoded
from shared.importing.reading import FileRefused
from shared.importing.tables import records_of, rows_of
from tests.support.importing import content, read_zoom


def zipped(*files: tuple[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, said in files:
            archive.writestr(name, said)
    return packed.getvalue()


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_byte_order_mark_tells_the_encoding(encoding: str) -> None:
    plain = content("webinar.csv").decode()
    assert decoded(plain.encode(encoding)).text == plain


def test_every_packing_and_encoding_of_a_report_reads_alike() -> None:
    plain = content("webinar.csv")
    once = read_zoom(plain)
    assert read_zoom(plain.decode().encode("utf-16")) == once
    assert read_zoom(plain.replace(b"\n", b"\r\n")) == once
    assert read_zoom(gzip.compress(plain)) == once
    assert read_zoom(zipped(("report.csv", plain), ("__MACOSX/._report.csv", b"x"))) == once


def test_utf_8_is_not_replaced_by_a_guess() -> None:
    said = "Name,Email\nJosé,jose@example.org\n".encode("cp1252")
    with pytest.raises(FileRefused, match=r"line 2 holds bytes that are not UTF-8.*cp1252"):
        decoded(said)
    assert "José" in decoded(said, "cp1252").text


def test_utf_16_without_a_mark_is_told_and_not_guessed() -> None:
    with pytest.raises(FileRefused, match="--encoding utf-16-le"):
        decoded("Name".encode("utf-16-le"))


@pytest.mark.parametrize(
    ("said", "limit"),
    [
        (b"x" * (decoding.UPLOAD_BYTES_MAX + 1), "at most 10 MB"),
        (gzip.compress(b"0" * 1_000_000), "more than 100 times"),
        (zipped(("a.csv", b"0" * 1_000_000)), "more than 100 times"),
        (zipped(("a.csv", b"a"), ("b.csv", b"b")), "holds 2 files"),
        (zipped(("[Content_Types].xml", b"<x/>")), "save its sheet as CSV"),
        (gzip.compress(b"a,b\n")[:-9], "ends before its end"),
        (b"PK\x03\x04 not a zip", "damaged"),
    ],
    ids=["upload", "gzip-bomb", "zip-bomb", "two-files", "workbook", "cut-off", "no-zip"],
)
def test_what_breaks_a_limit_is_refused_with_the_limit(said: bytes, limit: str) -> None:
    with pytest.raises(FileRefused, match=limit):
        decoded(said)


def test_unpacked_a_file_may_have_50_megabytes() -> None:
    assert decoding._inflated_max(decoding.UPLOAD_BYTES_MAX) == 50 * 1024 * 1024


def test_too_many_rows_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "ROWS_MAX", 3)
    assert len(rows_of("a\n" * 3)) == 3
    with pytest.raises(FileRefused, match="more than 3 rows"):
        rows_of("a\n" * 4)


@pytest.mark.parametrize("character", ["\x00", "\x07", "\x1b", "\x7f", "\x85"])
def test_a_control_character_is_refused_with_row_and_column(character: str) -> None:
    with pytest.raises(FileRefused) as refused:
        rows_of(f'Name,Email\n"a,b",ann@example.org\nBob,bob{character}@example.org\n')
    assert str(refused.value).startswith(f"row 3, column B: holds U+{ord(character):04X}")


def test_rows_are_numbered_as_a_spreadsheet_numbers_them() -> None:
    rows = rows_of('a,b\n\n"two\nlines",x\nlast,y\n')
    assert [(row.number, row.cells) for row in rows if row] == [
        (1, ("a", "b")),
        (3, ("two\nlines", "x")),
        (4, ("last", "y")),
    ]


@pytest.mark.parametrize("cell", ["=1+1", "+1614", "-2", "@SUM(A1)", "=cmd|' /C calc'!A0", "＝1"])
def test_what_looks_like_a_formula_is_text(cell: str) -> None:
    assert rows_of(f"Name\n{cell}\n")[1].cells == (cell,)


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_commas_semicolons_and_tabs_separate(separator: str) -> None:
    rows = rows_of(f'Name{separator}Email\n"Dean, Jr.{separator} Carla"{separator}c@example.org\n')
    assert rows[1].cells == (f"Dean, Jr.{separator} Carla", "c@example.org")


def test_a_quotation_without_an_end_is_refused() -> None:
    with pytest.raises(FileRefused, match="row 2: cannot be read as CSV"):
        rows_of('Name\n"Ann\n')


def test_a_cell_without_a_heading_and_a_heading_twice_are_refused() -> None:
    heading, *rows = rows_of("Name,Email\nAnn,ann@example.org,else\n")
    with pytest.raises(FileRefused, match="row 2: has a cell without a heading"):
        records_of(heading, rows)
    with pytest.raises(FileRefused, match="'email' stands twice"):
        records_of(rows_of("Email,email:\n")[0], [])


def test_columns_have_the_letters_of_a_spreadsheet() -> None:
    assert [tables.letters(n) for n in (0, 25, 26, 27, 701, 702)] == [
        "A",
        "Z",
        "AA",
        "AB",
        "ZZ",
        "AAA",
    ]
