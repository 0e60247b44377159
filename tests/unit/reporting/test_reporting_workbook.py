"""The workbook: numbers as numbers, dates as dates, text as text, and a way to every sheet."""

import io
from datetime import UTC, date, datetime

import openpyxl
import pytest
from openpyxl.workbook.workbook import Workbook

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
from services.reporting.presentation.workbook import NAME_CHARACTERS_MAX, sheet_names, workbook_of

DOCUMENT = b'{"known_at": "2024-04-21T09:00:00Z"}'
TABLE = Table(
    "things",
    "Things & more",
    (
        Column("name", "Name"),
        Column("count", "Count", Kind.COUNT, "cities"),
        Column("change", "Change", Kind.CHANGE),
        Column("share", "Share", Kind.PERCENT),
        Column("on", "On", Kind.DATE),
        Column("at", "At", Kind.INSTANT),
    ),
    [
        (
            Cell("=1+1"),
            Cell(5, Status.PROVISIONAL, lower_bound=True),
            Cell(-3, Status.NORMAL),
            Cell(83.3, Status.NORMAL),
            Cell(date(2024, 3, 27)),
            Cell(datetime(2024, 4, 20, 9, tzinfo=UTC)),
        ),
        (
            Cell("http://example.org"),
            Cell(None, Status.SUPPRESSED),
            Cell(None, Status.NOT_APPLICABLE),
            Cell(None, Status.MISSING),
            Cell("2024-03"),
            Cell(None),
        ),
    ],
)


@pytest.fixture
def book() -> Workbook:
    sheet = Sheet(
        "fr",
        "2024-Q1",
        "Title",
        [("Period", "Q1 2024")],
        "Headline.",
        [Section("one", "One", ["A sentence."], tables=[TABLE])],
    )
    return openpyxl.load_workbook(io.BytesIO(workbook_of(sheet, language_of("fr"), DOCUMENT)))


def test_numbers_and_dates_are_what_they_are_with_a_format_to_show_them(book: Workbook) -> None:
    row = [cell for cell in book["things"][2] if cell.data_type in "nd"]

    assert [cell.value for cell in row] == [
        5,
        -3,
        83.3,
        datetime(2024, 3, 27),  # noqa: DTZ001 - Excel knows no zones
        datetime(2024, 4, 20, 9),  # noqa: DTZ001
    ]
    assert [cell.number_format for cell in row] == [
        '"≥ "#,##0',
        "+#,##0;−#,##0;0",
        '0.0"%"',
        "yyyy-mm-dd",
        'yyyy-mm-dd hh:mm" UTC"',
    ]


def test_what_looks_like_a_formula_or_an_address_stays_text(book: Workbook) -> None:
    cells = [row[0] for row in book["things"].iter_rows(min_row=2)]

    assert [(cell.value, cell.data_type, cell.hyperlink) for cell in cells] == [
        ("=1+1", "s", None),
        ("http://example.org", "s", None),
    ]


def test_statuses_stand_beside_the_numbers_that_have_one(book: Workbook) -> None:
    header, first, second = book["things"].iter_rows(values_only=True)

    assert header[1:7:2] == ("Count (cities)", "Change", "Share")
    assert (first[2], first[4], first[6]) == ("P", "A", "A")
    assert second[1:7] == ("[c]", "Q", "-", "-", "[x]", "O")


def test_the_header_stays_in_sight_and_filters(book: Workbook) -> None:
    assert book["things"].freeze_panes == "A2"
    assert book["things"].auto_filter.ref == "A1:I3"


def test_cover_and_contents_lead_to_every_sheet(book: Workbook) -> None:
    assert book.sheetnames == ["cover", "contents", "notes", "things"]
    assert book["contents"]["A2"].hyperlink.location == "'things'!A1"
    assert book["contents"]["B2"].value == "Things & more"
    assert book["cover"]["A1"].value == "Title"
    assert book["cover"]["A3"].value == "Headline."
    locations = [cell.hyperlink.location for (cell, *_) in book["cover"].rows if cell.hyperlink]
    assert locations == ["'contents'!A1", "'notes'!A1"]


def test_the_properties_say_language_and_moment(book: Workbook) -> None:
    assert book.properties.title == "Title"
    assert book.properties.created == datetime(2024, 4, 21, 9)  # noqa: DTZ001
    assert book.custom_doc_props["Language"].value == "fr"


def test_names_of_sheets_are_short_and_differ_whatever_the_tables_are_called() -> None:
    long = "a-table-with-a-very-long-name-indeed"
    names = sheet_names([long, long, "cover", "plain"])

    assert names == [long[:31], f"{long[:29]}-2", "cover-2", "plain"]
    assert max(map(len, names)) <= NAME_CHARACTERS_MAX
