"""CSV: a line a cell, numbers untouched, texts that no spreadsheet takes for a formula."""

import csv
import io
import json
from datetime import UTC, date, datetime

import pytest

from services.reporting.presentation.language import language_of
from services.reporting.presentation.sheet import (
    Cell,
    Column,
    Kind,
    Section,
    Sheet,
    Status,
    Table,
)
from services.reporting.presentation.tidy import COLUMNS, csv_of, metadata_of
from tests.support.documents import golden

COLUMN = {kind: Column(kind.value, kind.value, kind) for kind in Kind}


def lines_of(*rows: tuple[Cell, ...], columns: tuple[Column, ...]) -> list[dict[str, str]]:
    table = Table("things", "Things", columns, rows)
    sheet = Sheet(
        "en", "2024-Q1", "Title", [], "Headline.", [Section("one", "One", tables=[table])]
    )
    return list(csv.DictReader(io.StringIO(csv_of(sheet).decode("utf-8-sig"))))


@pytest.mark.parametrize("begin", ["=", "+", "-", "@", "\t", "\r", "\n"])
def test_a_text_that_would_be_a_formula_is_guarded(begin: str) -> None:
    text = f"{begin}HYPERLINK(1)"
    (line,) = lines_of((Cell(text, key=text),), columns=(COLUMN[Kind.TEXT],))

    assert line["text"] == line["row_label"] == line["key"] == line["row_key"] == f"'{text}"


@pytest.mark.parametrize(
    ("value", "kind", "written"),
    [
        (-3, Kind.CHANGE, "-3"),
        (0, Kind.COUNT, "0"),
        (2_435_000, Kind.COUNT, "2435000"),
        (83.3, Kind.PERCENT, "83.3"),
    ],
)
def test_a_number_is_never_touched(value: float, kind: Kind, written: str) -> None:
    (line,) = lines_of((Cell(value, Status.NORMAL),), columns=(COLUMN[kind],))

    assert (line["value"], line["text"], line["obs_status"]) == (written, "", "A")


def test_a_date_and_an_instant_are_written_as_programs_read_them() -> None:
    moment = datetime(2024, 4, 20, 9, tzinfo=UTC)
    day, instant = lines_of(
        (Cell(date(2024, 3, 27)), Cell(moment)),
        columns=(COLUMN[Kind.DATE], COLUMN[Kind.INSTANT]),
    )

    assert (day["text"], instant["text"]) == ("2024-03-27", "2024-04-20T09:00:00Z")


def test_a_small_number_of_people_leaves_its_status_and_nothing_else() -> None:
    _, line = lines_of(
        (Cell("Ohio", key="US-OH"), Cell(None, Status.SUPPRESSED)),
        columns=(COLUMN[Kind.TEXT], COLUMN[Kind.COUNT]),
    )

    assert (line["value"], line["text"], line["obs_status"]) == ("", "", "Q")
    assert (line["row_key"], line["row_label"]) == ("US-OH", "Ohio")


def test_a_line_break_or_a_quote_in_a_title_stays_in_its_cell() -> None:
    title = 'Said "so",\nand done'
    (line,) = lines_of((Cell(title),), columns=(COLUMN[Kind.TEXT],))

    assert line["text"] == title


def test_the_file_begins_with_the_mark_that_excel_knows_utf_8_by() -> None:
    sheet = Sheet("en", "2024-Q1", "", [], "")

    assert csv_of(sheet) == b"\xef\xbb\xbf" + ",".join(COLUMNS).encode() + b"\r\n"


def test_the_sidecar_names_every_column_and_every_table() -> None:
    table = Table("things", "Things", (COLUMN[Kind.TEXT],), [(Cell("one"),)], sums=True)
    sheet = Sheet("fr", "2024-Q1", "Titre", [], "Phrase.", [Section("one", "Un", tables=[table])])

    described = json.loads(metadata_of(sheet, language_of("fr"), golden(), "2024-Q1.csv?lang=fr"))

    assert described["url"] == "2024-Q1.csv?lang=fr"
    assert [column["name"] for column in described["tableSchema"]["columns"]] == list(COLUMNS)
    assert described["dc:language"] == "fr"
    assert described["dc:temporal"] == "2024-01-01/2024-03-31"
    assert [(note["table"], note["rows"]) for note in described["notes"]] == [("things", 1)]
