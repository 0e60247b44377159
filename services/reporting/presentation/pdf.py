"""A report on paper: the sheet set by typst, as a tagged PDF that archives and screen readers take.

It meets PDF/UA-1 and PDF/A-3a, carries the document that it was made from as `report.json`, and is
the same bytes whenever it is made again from the same document. How it lies on the page is said in
report.typ; nothing there writes a number or a word.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Any, cast

import typst

from services.reporting.presentation.charts import draw
from services.reporting.presentation.glyphs import printable
from services.reporting.presentation.language import Language
from services.reporting.presentation.sheet import (
    Card,
    Cell,
    Chart,
    Column,
    Kind,
    Section,
    Sheet,
    Table,
)
from services.reporting.presentation.writing import MARKS, written

HERE = Path(__file__).parent
FONTS = HERE / "fonts"
STANDARDS = ("ua-1", "a-3a")
AUTHORS = ("National League of Cities", "Strong Cities Network")
ROWS_PRINTED_MAX = 40
"""Of longer tables only the first are printed; the workbook has them all."""
LINE_CHARACTERS = 128
"""How many characters of a table fit beside each other between the margins."""
GAP_CHARACTERS = 3
NO_BREAK = "\N{NO-BREAK SPACE}"
COLUMN_MAX = 80
WORD_CHARACTERS_MAX = 10
"""Longer words are broken where a table has many columns."""
SPARE_CHARACTERS = 40
"""How much of a line is kept for what texts want beyond their longest word."""
POINTS, POINTS_MIN = 8.2, 7.0
"""The size of letters in tables."""
FIGURE, CHANGE = Column("value", "", Kind.COUNT), Column("change", "", Kind.CHANGE)
READ = (Kind.TEXT, Kind.DATE, Kind.INSTANT)
"""Kinds of columns that are read from the left; the others are compared from the right."""
CHART_PERCENT = {"bars": 58, "steps": 58, "map_us": 66, "map_world": 78}
"""How much of the width each kind of chart takes."""

HOW_COUNTED, DEFINITIONS = "how_counted", "definitions"
"""The column that says how a figure is counted, and the table that is there to say it."""
GENERATIONS_KEPT = 10

_at_work = Lock()
"""The compiler keeps what it has read, and works on one report at a time."""


def pdf_of(sheet: Sheet, language: Language, document: bytes) -> bytes:
    """Return a sheet as a PDF.

    Args:
        sheet: the report in this language.
        language: how its numbers and dates are written.
        document: the JSON that the sheet was made from; it is attached, and dates the PDF.
    """
    made = datetime.fromisoformat(json.loads(document)["known_at"]).astimezone(UTC)
    inputs = {
        "report": json.dumps(_report(sheet, language, made), ensure_ascii=False),
        "document": document.decode(),
    }
    with _at_work:
        # One file comes back as bytes; its stubs also know of lists, and of no list of two names.
        return cast(
            bytes,
            _compiler().compile(
                format="pdf",
                sys_inputs=inputs,
                pdf_standards=cast(Any, list(STANDARDS)),
                timestamp=int(made.timestamp()),
            ),
        )


def prepare() -> None:
    """Read the fonts and the layout ahead of the first report."""
    _compiler()


def forget() -> None:
    """Let the compiler forget what it made on the way, some 50 MB of a large report.

    It keeps that for GENERATIONS_KEPT compilations more, so it sets as many empty pages.
    """
    with _at_work:
        for _ in range(GENERATIONS_KEPT + 1):
            _forgetting().compile(b"", format="svg")


@cache
def _forgetting() -> typst.Compiler:
    return typst.Compiler(ignore_system_fonts=True)


@cache
def _compiler() -> typst.Compiler:
    return typst.Compiler(
        HERE / "report.typ",
        root=HERE,
        font_paths=typst.Fonts(
            include_system_fonts=False, include_embedded_fonts=False, font_paths=[FONTS]
        ),
        ignore_system_fonts=True,
    )


def _report(sheet: Sheet, language: Language, made: datetime) -> dict[str, Any]:
    """Return what report.typ prints, every text as it is to be read."""
    texts: dict[str, Any] = _printable(
        {
            "language": language.locale.language,
            "title": sheet.title,
            "kicker": f"{AUTHORS[0]} · {language.text('Strong Cities Network')}",
            "author": list(AUTHORS),
            "keywords": [sheet.period, "NLC", "SCN"],
            "made": {part: getattr(made, part) for part in _MOMENT},
            "running": language.quarter(sheet.period),
            "headline": sheet.headline,
            "strip": [list(pair) for pair in sheet.strip],
            "page": language.text("Page {page} of {pages}", page="{page}", pages="{pages}"),
            "footer": language.text(
                "From facts recorded until {moment}", moment=language.instant(made)
            ),
            "attached": language.text("The report as data, from which this document was made"),
            "sections": [_section(section, language) for section in sheet.sections],
        }
    )
    return texts


_MOMENT = ("year", "month", "day", "hour", "minute", "second")


def _section(section: Section, language: Language) -> dict[str, Any]:
    return {
        "title": section.title,
        "paragraphs": list(section.paragraphs),
        "cards": [_card(card, language) for card in section.cards],
        "tables": [_table(table, language) for table in section.tables],
    }


def _card(card: Card, language: Language) -> dict[str, Any]:
    there = card.value.value is not None
    shown = replace(card.value, status=None) if there else card.value
    return {
        "title": card.title,
        "unit": card.unit,
        "value": written(shown, FIGURE, language),
        "mark": MARKS.get(card.value.status, "") if there and card.value.status else "",
        "changes": [[label, written(cell, CHANGE, language)] for label, cell in card.changes],
        "details": list(card.details),
        "how_counted": card.how_counted,
    }


def _table(table: Table, language: Language) -> dict[str, Any]:
    shown, places = table.rows[:ROWS_PRINTED_MAX], columns_printed(table)
    columns = [table.columns[place] for place in places]
    texts = [
        [_printed(row[place], table.columns[place], language) for place in places] for row in shown
    ]
    findings = [chart.title for chart in table.charts]
    headings = [_heading(column) for column in columns]
    setting = _setting(headings, columns, texts)
    left_out = len(table.rows) - len(shown)
    return {
        "caption": table.caption,
        "summary": "" if table.summary in findings else table.summary,
        "columns": [
            {"label": heading, "number": column.kind not in READ}
            for heading, column in zip(headings, columns, strict=True)
        ],
        "points": setting.points,
        "widths": setting.widths,
        "rows": texts,
        "sums": table.sums and not left_out,
        "below": [
            *([table.note] if table.note else []),
            *([_left_out(len(shown), len(table.rows), language)] if left_out else []),
        ],
        "charts": [_chart(chart, table, language) for chart in table.charts],
    }


def columns_printed(table: Table) -> list[int]:
    """Return which columns are printed: those in which something stands.

    How a figure is counted stands in one table and no other: on paper there is no room for it
    beside seven numbers, in any of the languages.
    """
    return [
        place
        for place, column in enumerate(table.columns)
        if (column.key != HOW_COUNTED or table.id == DEFINITIONS)
        and (column.kind is not Kind.TEXT or any(row[place].value for row in table.rows))
    ]


def _printed(cell: Cell, column: Column, language: Language) -> str:
    """Return a cell on paper; what stands beside a number stays in its line."""
    text = written(cell, column, language)
    return text if column.kind is Kind.TEXT else text.replace(" ", NO_BREAK)


def _heading(column: Column) -> str:
    """Return what stands above a column: with the unit, unless the words say it already."""
    label, unit = column.label, column.unit or ""
    told = unit.casefold() in label.casefold() or label.casefold() in unit.casefold()
    return label if told else f"{label} ({unit})"


def _left_out(shown: int, every: int, language: Language) -> str:
    return language.text(
        "The first {shown} of {every} rows; all of them are in the workbook and in report.json.",
        shown=language.number(shown),
        every=language.number(every),
    )


def _chart(chart: Chart, table: Table, language: Language) -> dict[str, Any]:
    return {
        "title": chart.title,
        "subtitle": chart.subtitle,
        "description": f"{chart.title.rstrip('.')}. {chart.description}",
        "source": chart.source,
        "svg": draw(chart, table, language),
        "width": CHART_PERCENT[chart.kind],
    }


@dataclass(frozen=True, slots=True)
class Setting:
    """How a table is set: the size of its letters, and how wide its columns are."""

    points: float
    widths: list[str] | list[float]


def _setting(
    headings: Sequence[str], columns: Sequence[Column], rows: Sequence[Sequence[str]]
) -> Setting:
    """Return how a table fits between the margins.

    Where all cells fit beside each other, columns are as wide as those. Else what the least of each
    leaves of the line goes to texts that want more, and the letters become smaller when that is
    next to nothing.
    """
    texts = list(zip(headings, *rows, strict=True))
    wanted = [max(map(len, each)) + GAP_CHARACTERS for each in texts]
    if sum(wanted) <= LINE_CHARACTERS:
        return Setting(POINTS, ["auto"] * len(columns))
    least = [
        _least(heading, column, each[1:]) + GAP_CHARACTERS
        for heading, column, each in zip(headings, columns, texts, strict=True)
    ]
    more = [
        max(min(many, COLUMN_MAX) - few, 0) if column.kind is Kind.TEXT else 0
        for column, few, many in zip(columns, least, wanted, strict=True)
    ]
    needed = sum(least) + min(sum(more), SPARE_CHARACTERS)
    points = max(min(POINTS, POINTS * LINE_CHARACTERS / needed), POINTS_MIN)
    left = max(LINE_CHARACTERS * POINTS / points - sum(least), 0)
    share = min(left / max(sum(more), 1), 1)
    return Setting(points, [few + many * share for few, many in zip(least, more, strict=True)])


def _least(heading: str, column: Column, cells: Sequence[str]) -> int:
    """Return how narrow a column may be: numbers and dates are whole, long words are broken."""
    words = _longest_word([heading, *cells] if column.kind is Kind.TEXT else [heading])
    whole = [] if column.kind is Kind.TEXT else cells
    return max(min(words, WORD_CHARACTERS_MAX), *map(len, whole), 0)


def _longest_word(texts: Sequence[str]) -> int:
    return max(len(word) for text in texts for word in text.split(" "))


def _printable(value: Any) -> Any:
    """Return the same with characters that the fonts lack replaced, for a PDF may have none."""
    match value:
        case str():
            return printable(value)
        case Mapping():
            return {key: each if key == "svg" else _printable(each) for key, each in value.items()}
        case list():
            return [_printable(each) for each in value]
        case _:
            return value
