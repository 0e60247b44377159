"""The renderings of a report, read back cell by cell, and what each must say by the sheet.

A cell is known by its table, its row from 0 and its column; the status of a number stands beside it
under the column's key and ":status".
"""

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from html.parser import HTMLParser
from typing import Any

import openpyxl

from services.reporting.presentation.body import Whereabouts, body_of
from services.reporting.presentation.composing import sheet_of
from services.reporting.presentation.files import file_of
from services.reporting.presentation.language import Language
from services.reporting.presentation.pdf import ROWS_PRINTED_MAX
from services.reporting.presentation.sheet import Cell, Kind, Section, Sheet, Table
from services.reporting.presentation.workbook import columns_of
from services.reporting.presentation.writing import written
from tests.support.tagged_pdf import tables

Cells = dict[tuple[str, int, str], Any]
Document = Mapping[str, Any]


@dataclass(frozen=True)
class Rendering:
    """A rendering: how it is made, how its cells are read back, and what they must be."""

    name: str
    render: Callable[[bytes, Language], bytes]
    found: Callable[[bytes, Sheet], Cells]
    expected: Callable[[Sheet, Language], Cells]

    def differences(self, document: Document, shown: bytes, language: Language) -> list[str]:
        """Say in which cells what is shown is not what the document says."""
        sheet = sheet_of(document, language)
        expected, found = self.expected(sheet, language), self.found(shown, sheet)
        return [
            f"{key}: {expected.get(key)!r}, shown {found.get(key)!r}"
            for key in expected | found
            if expected.get(key) != found.get(key)
        ]


def rendered(kind: str) -> Callable[[bytes, Language], bytes]:
    return lambda document, language: file_of(document, kind, language)


def cells_of(sheet: Sheet) -> Iterator[tuple[Table, int, int, Cell]]:
    """Every cell of a sheet, with its table, row and column."""
    for table in sheet.tables():
        for row, cells in enumerate(table.rows):
            for column, cell in enumerate(cells):
                yield table, row, column, cell


def page_of(document: bytes, language: Language) -> bytes:
    return body_of(json.loads(document), language, Whereabouts("here")).encode()


class _Page(HTMLParser):
    """Reads the tables of a page: by their id the rows of their bodies, and then of their feet."""

    def __init__(self) -> None:
        super().__init__()
        self.bodies: dict[str, list[list[str]]] = {}
        self.feet: dict[str, list[list[str]]] = {}
        self._table = ""
        self._part: dict[str, list[list[str]]] | None = None
        self._in_cell = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "caption":
            self._table = str(dict(attrs)["id"]).partition("-")[2]
        elif tag in ("tbody", "tfoot"):
            self._part = self.bodies if tag == "tbody" else self.feet
        elif tag == "tr" and self._part is not None:
            self._part.setdefault(self._table, []).append([])
        elif tag in ("th", "td") and self._part is not None:
            self._part[self._table][-1].append("")
            self._in_cell = True

    def handle_endtag(self, tag: str) -> None:
        if tag in ("tbody", "tfoot"):
            self._part = None
        elif tag in ("th", "td"):
            self._in_cell = False

    def handle_data(self, data: str) -> None:
        if self._in_cell and self._part is not None:
            self._part[self._table][-1][-1] += data


def page_found(content: bytes, sheet: Sheet) -> Cells:
    read = _Page()
    read.feed(content.decode())
    return {
        (name, number, str(place)): text
        for name, rows in read.bodies.items()
        for number, row in enumerate(rows + read.feet.get(name, []))
        for place, text in _said(row)
    }


def page_expected(sheet: Sheet, language: Language) -> Cells:
    return _written(sheet, language, lambda table: table.rows[: None if _more(table) else 0])


def _more(table: Table) -> bool:
    """Whether there is a row beside the total: of nothing a page shows no sum."""
    return len(table.rows) > table.sums


def pdf_expected(sheet: Sheet, language: Language) -> Cells:
    """All but how figures are counted, which paper has room for in one table alone."""
    told_once = [
        replace(table, columns=table.columns[:-1], rows=[row[:-1] for row in table.rows])
        if table.columns[-1].key == "how_counted"
        else table
        for table in sheet.tables()
    ]
    sections = [Section("all", "", tables=told_once)]
    printed = replace(sheet, sections=sections)
    return _written(printed, language, lambda table: table.rows[:ROWS_PRINTED_MAX])


def _written(
    sheet: Sheet, language: Language, shown: Callable[[Table], Sequence[Sequence[Cell]]]
) -> Cells:
    return {
        (table.id, number, str(place)): text
        for table in sheet.tables()
        for number, row in enumerate(shown(table))
        for place, text in _said(
            written(cell, column, language) for cell, column in zip(row, table.columns, strict=True)
        )
    }


def pdf_found(content: bytes, sheet: Sheet) -> Cells:
    shown = [table for table in sheet.tables() if table.rows]
    return {
        (table.id, number, str(place)): text
        for table, rows in zip(shown, tables(content), strict=True)
        for number, row in enumerate(rows[1:])
        for place, text in _said(row)
    }


def _said(row: Iterable[str]) -> Iterator[tuple[int, str]]:
    """The texts of a row that are not empty, for an empty cell has nothing to find it by.

    They are without what a line break adds or takes away.
    """
    squeezed = ("".join(text.replace("-", "").split()) for text in row)
    yield from enumerate(text for text in squeezed if text)


def workbook_expected(sheet: Sheet, language: Language) -> Cells:
    cells: Cells = {}
    for table, row, index, cell in cells_of(sheet):
        column = table.columns[index]
        value = cell.value
        if isinstance(value, datetime):
            value = value.astimezone(UTC).replace(tzinfo=None)
        elif isinstance(value, date):
            value = datetime.combine(value, time())
        elif value is None:
            value = written(cell, column, language)
        cells[table.id, row, column.key] = None if value == "" else value
        with_status = any(each[index].status for each in table.rows)
        if column.kind is not Kind.TEXT and with_status:
            cells[table.id, row, f"{column.key}:status"] = cell.status and cell.status.value
    return cells


def workbook_found(content: bytes, sheet: Sheet) -> Cells:
    book = openpyxl.load_workbook(io.BytesIO(content))
    cells: Cells = {}
    for table, name in zip(sheet.tables(), book.sheetnames[3:], strict=True):
        keys = [
            f"{column.key}:status" if status else column.key
            for column, _, status in columns_of(table)
        ]
        for number, row in enumerate(book[name].iter_rows(min_row=2, max_row=len(table.rows) + 1)):
            for key, cell in zip(keys, row, strict=True):
                cells[table.id, number, key] = cell.value
    return cells


def csv_expected(sheet: Sheet, language: Language) -> Cells:
    cells: Cells = {}
    for table, row, index, cell in cells_of(sheet):
        key = table.columns[index].key
        value: Any = cell.value
        if isinstance(value, datetime):
            value = value.astimezone(UTC)
        cells[table.id, row, key] = "" if value is None else value
        cells[table.id, row, f"{key}:status"] = cell.status.value if cell.status else ""
    return cells


def csv_found(content: bytes, sheet: Sheet) -> Cells:
    kinds = {(table.id, each.key): each.kind for table in sheet.tables() for each in table.columns}
    cells: Cells = {}
    for line in csv.DictReader(io.StringIO(content.decode("utf-8-sig"))):
        table, row, key = line["table"], int(line["row"]) - 1, line["measure"]
        cells[table, row, key] = _of_csv(line, kinds[table, key])
        cells[table, row, f"{key}:status"] = line["obs_status"]
    return cells


def _of_csv(line: Mapping[str, str], kind: Kind) -> Any:
    text = line["text"]
    if line["value"]:
        return json.loads(line["value"])
    if text and kind is Kind.INSTANT:
        return datetime.fromisoformat(text)
    if text and kind is Kind.DATE and len(text) == len("2024-03-27"):
        return date.fromisoformat(text)
    return text.removeprefix("'") if text.startswith("'") else text


PAGE = Rendering("page", page_of, page_found, page_expected)
PDF = Rendering("pdf", rendered("pdf"), pdf_found, pdf_expected)
WORKBOOK = Rendering("xlsx", rendered("xlsx"), workbook_found, workbook_expected)
CSV = Rendering("csv", rendered("csv"), csv_found, csv_expected)
RENDERINGS = (PAGE, PDF, WORKBOOK, CSV)
