"""A report as a workbook: a cover, contents, notes, and one tidy table a sheet.

Numbers are numbers, dates are dates and everything else is text, so nothing that somebody entered
can become a formula. The sheets have the ids of their tables as names, which are the same in each
language, so that a formula of the reader works in all of them.
"""

import io
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from services.reporting.presentation.language import Language
from services.reporting.presentation.sheet import Cell, Column, Kind, Sheet, Status, Table
from services.reporting.presentation.writing import MARKS, NOT_APPLICABLE

COVER, CONTENTS, NOTES = "cover", "contents", "notes"
"""The sheets before those of the tables."""
NAME_CHARACTERS_MAX = 31
"""Of the name of a sheet, in Excel."""
COLUMN_CHARACTERS_MIN, COLUMN_CHARACTERS_MAX = 9, 60
TEXT_CHARACTERS = 100
"""The width of a column of sentences."""
FONT = "Calibri"
ACCENT, WASH = "#14506E", "#F2F5F7"
NUMBERS = {
    Kind.COUNT: "#,##0.##",
    Kind.CHANGE: "+#,##0.##;−#,##0.##;0",
    Kind.PERCENT: '0.0"%"',
}
WHOLE = {Kind.COUNT: "#,##0", Kind.CHANGE: "+#,##0;−#,##0;0"}
"""Formats of numbers that have no decimals, which else would end in a point."""
MOMENTS = {Kind.DATE: "yyyy-mm-dd", Kind.INSTANT: 'yyyy-mm-dd hh:mm" UTC"'}


def workbook_of(sheet: Sheet, language: Language, document: bytes) -> bytes:
    """Return a sheet as a workbook; the document that it was made from dates it."""
    made = datetime.fromisoformat(json.loads(document)["known_at"]).astimezone(UTC)
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"in_memory": True}) as workbook:
        workbook.set_properties(
            {
                "title": sheet.title,
                "subject": sheet.headline[:TEXT_MAX],
                "author": "Tandem",
                "company": "National League of Cities, Strong Cities Network",
                "keywords": f"{sheet.period}, NLC, SCN",
                "created": made.replace(tzinfo=None),
            }
        )
        workbook.set_custom_property("Language", language.tag)
        workbook.set_custom_property("Known at", made.isoformat())
        _Book(workbook, sheet, language).write()
    return file.getvalue()


TEXT_MAX = 255
"""Of a property of a document."""


@dataclass
class _Book:
    """A workbook while it is written."""

    workbook: xlsxwriter.Workbook
    sheet: Sheet
    language: Language
    formats: dict[tuple[tuple[str, Any], ...], Format] = field(default_factory=dict)

    def write(self) -> None:
        """Write every sheet, in the order in which they are leafed through."""
        names = sheet_names([table.id for table in self.sheet.tables()])
        pages = [self.workbook.add_worksheet(name) for name in (COVER, CONTENTS, NOTES, *names)]
        cover, contents, notes, *tables = pages
        self._cover(cover)
        self._contents(contents, names)
        self._notes(notes)
        for page, table in zip(tables, self.sheet.tables(), strict=True):
            self._table(page, table)
        cover.activate()

    def _cover(self, page: Worksheet) -> None:
        page.hide_gridlines(2)
        page.set_column(0, 0, 28)
        page.set_column(1, 1, TEXT_CHARACTERS)
        text = self.language.text
        page.write_string(0, 0, self.sheet.title, self._format(bold=True, size=20, color=ACCENT))
        page.set_row(2, 80)
        page.merge_range(2, 0, 2, 1, "")
        page.write_string(2, 0, self.sheet.headline, self._format(size=13, wrap=True))
        row = 4
        for label, said in self.sheet.strip:
            page.write_string(row, 0, label, self._format(bold=True))
            page.write_string(row, 1, said, self._format(wrap=True))
            row += 1
        row += 1
        for name, label in (
            (CONTENTS, text("Contents: every table, with a link to its sheet")),
            (NOTES, text("Notes: what the marks and the codes mean")),
        ):
            page.write_url(row, 0, f"internal:'{name}'!A1", self._link(), label)
            row += 1

    def _contents(self, page: Worksheet, names: Sequence[str]) -> None:
        text = self.language.text
        self._heads(page, [text("Sheet"), text("Table"), text("Rows"), text("What it says")])
        page.set_column(0, 0, NAME_CHARACTERS_MAX)
        page.set_column(1, 1, COLUMN_CHARACTERS_MAX)
        page.set_column(3, 3, TEXT_CHARACTERS)
        wrapped = self._format(wrap=True)
        for row, (name, table) in enumerate(zip(names, self.sheet.tables(), strict=True), start=1):
            page.write_url(row, 0, f"internal:'{name}'!A1", self._link(), name)
            page.write_string(row, 1, table.caption, wrapped)
            page.write_number(row, 2, len(table.rows), self._format(number=WHOLE[Kind.COUNT]))
            page.write_string(row, 3, " ".join(filter(None, (table.summary, table.note))), wrapped)

    def _notes(self, page: Worksheet) -> None:
        self._heads(page, [self.language.text("Mark"), self.language.text("Meaning")])
        page.set_column(0, 0, COLUMN_CHARACTERS_MIN)
        page.set_column(1, 1, TEXT_CHARACTERS)
        wrapped = self._format(wrap=True)
        row = 1
        for mark, meaning in self._meanings():
            page.write_string(row, 0, mark)
            page.write_string(row, 1, meaning, wrapped)
            row += 1
        for section in self.sheet.sections:
            if section.paragraphs:
                row += 1
                page.write_string(row, 1, section.title, self._format(bold=True, color=ACCENT))
                row += 1
            for paragraph in section.paragraphs:
                page.write_string(row, 1, paragraph, wrapped)
                row += 1

    def _meanings(self) -> Iterator[tuple[str, str]]:
        text = self.language.text
        yield Status.NORMAL, text("normal: the number stands")
        yield Status.PROVISIONAL, text("provisional: it may still change")
        yield Status.ESTIMATED, text("estimated")
        yield Status.MISSING, text("missing: nobody has told it yet; printed as [x]")
        yield Status.SUPPRESSED, text("not printed, because it is a count of few people: [c]")
        yield Status.REVISED, text("revised: another number than in the version before")
        yield Status.NOT_APPLICABLE, text("there is no such number")
        yield "≥", text("at least: the true number may be higher")

    def _table(self, page: Worksheet, table: Table) -> None:
        columns = list(columns_of(table))
        self._heads(page, [self._heading(column, status) for column, _, status in columns])
        for number, (column, index, status) in enumerate(columns):
            page.set_column(number, number, self._width(table, column, index, status))
        for row, cells in enumerate(table.rows, start=1):
            total = table.sums and row == len(table.rows)
            for number, (column, index, status) in enumerate(columns):
                cell = cells[index]
                if status:
                    if cell.status is not None:
                        page.write_string(row, number, cell.status, self._format(bold=total))
                else:
                    self._cell(page, row, number, cell, column, total)
        page.autofilter(0, 0, max(len(table.rows), 1), len(columns) - 1)
        page.set_landscape()
        page.set_paper(9)  # A4
        page.fit_to_pages(1, 0)
        page.repeat_rows(0)
        page.set_header(f"&L{_escaped(self.sheet.title)}&R{_escaped(table.caption)}")
        page.set_footer("&C&P / &N")

    def _cell(
        self, page: Worksheet, row: int, number: int, cell: Cell, column: Column, total: bool
    ) -> None:
        match cell.value:
            case None | "":
                if text := _absent(cell, column):
                    page.write_string(row, number, text, self._format(bold=total))
            case str():
                page.write_string(row, number, cell.value, self._format(bold=total, wrap=True))
            case datetime():
                moment = cell.value.astimezone(UTC).replace(tzinfo=None)
                shown = self._format(bold=total, number=MOMENTS[Kind.INSTANT])
                page.write_datetime(row, number, moment, shown)
            case date():
                shown = self._format(bold=total, number=MOMENTS[Kind.DATE])
                page.write_datetime(row, number, cell.value, shown)
            case _:
                shown = self._format(bold=total, number=number_format(cell, column))
                page.write_number(row, number, cell.value, shown)

    def _heads(self, page: Worksheet, headings: Sequence[str]) -> None:
        page.freeze_panes(1, 0)
        head = self._format(bold=True, wrap=True, fill=WASH, color=ACCENT)
        for number, heading in enumerate(headings):
            page.write_string(0, number, heading, head)

    def _heading(self, column: Column, status: bool) -> str:
        if status:
            return self.language.text("{column}: status", column=column.label)
        return f"{column.label} ({column.unit})" if column.unit else column.label

    def _width(self, table: Table, column: Column, index: int, status: bool) -> int:
        if status:
            return COLUMN_CHARACTERS_MIN
        longest = max((len(str(row[index].value or "")) for row in table.rows), default=0)
        words = max(map(len, self._heading(column, status=False).split()))
        return min(max(longest, words, COLUMN_CHARACTERS_MIN) + 2, COLUMN_CHARACTERS_MAX)

    def _link(self) -> Format:
        return self._format(color="#0B5394", underline=True)

    def _format(
        self,
        *,
        bold: bool = False,
        size: int = 11,
        color: str | None = None,
        fill: str | None = None,
        number: str | None = None,
        wrap: bool = False,
        underline: bool = False,
    ) -> Format:
        """Return a format; one that was made before is used again, for a workbook keeps each."""
        properties = {
            "font_name": FONT,
            "font_size": size,
            "valign": "top",
            **({"bold": True} if bold else {}),
            **({"underline": True} if underline else {}),
            **({"text_wrap": True} if wrap else {}),
            **({"font_color": color} if color else {}),
            **({"bg_color": fill} if fill else {}),
            **({"num_format": number} if number else {}),
        }
        key = tuple(properties.items())
        if key not in self.formats:
            self.formats[key] = self.workbook.add_format(properties)
        return self.formats[key]


def columns_of(table: Table) -> Iterator[tuple[Column, int, bool]]:
    """Yield the columns of a tidy table: after each that has statuses, one for them.

    Each is the column of the sheet, its place there, and whether it holds the statuses.
    """
    for index, column in enumerate(table.columns):
        yield column, index, False
        if column.kind is not Kind.TEXT and any(row[index].status for row in table.rows):
            yield column, index, True


def number_format(cell: Cell, column: Column) -> str:
    """Return how Excel shows a number; what it holds is the number itself."""
    formats = WHOLE if isinstance(cell.value, int) and column.kind in WHOLE else NUMBERS
    shown = formats.get(column.kind, WHOLE[Kind.COUNT])
    return f'"≥ "{shown}' if cell.lower_bound else shown


def sheet_names(ids: Sequence[str]) -> list[str]:
    """Return names for sheets: the ids of the tables, cut to what Excel takes, all different."""
    names: list[str] = []
    taken = {COVER, CONTENTS, NOTES}
    for each in ids:
        name, number = each[:NAME_CHARACTERS_MAX], 1
        while name.casefold() in taken:
            number += 1
            ending = f"-{number}"
            name = each[: NAME_CHARACTERS_MAX - len(ending)] + ending
        taken.add(name.casefold())
        names.append(name)
    return names


def _absent(cell: Cell, column: Column) -> str:
    if cell.status in (Status.MISSING, Status.SUPPRESSED):
        return MARKS[cell.status]
    return "" if column.kind is Kind.TEXT else NOT_APPLICABLE


def _escaped(text: str) -> str:
    """Return a text for a header on paper, where & begins a command."""
    return text.replace("&", "&&")[:120]
