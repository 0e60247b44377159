"""Pages: templates filled in, in a language; the files they need, named by what is in them."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from services.reporting.presentation.charts import draw
from services.reporting.presentation.language import LOCALES, Language, language_of
from services.reporting.presentation.sheet import Cell, Column, Kind
from services.reporting.presentation.writing import MARKS, written
from shared.site.files import Files

ROWS_PRINTED_MAX = 100
"""How many rows of a table a page prints; a longer table has a page of its own."""
ROWS_SPARED = 5
"""So few rows are not folded away."""
COLUMNS_AIRY_MAX = 7
"""A table with more columns is set closer."""
LETTERS_BIG_MAX = 6
"""A longer number is written smaller."""

HERE = Path(__file__).parent
FILES = Files(HERE / "static")

_templates = Environment(
    loader=FileSystemLoader(HERE / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    auto_reload=False,
)
_templates.globals |= {
    "ROWS_PRINTED_MAX": ROWS_PRINTED_MAX,
    "ROWS_SPARED": ROWS_SPARED,
    "COLUMNS_AIRY_MAX": COLUMNS_AIRY_MAX,
    "LETTERS_BIG_MAX": LETTERS_BIG_MAX,
    "COUNT": Column("", "", Kind.COUNT),
    "CHANGE": Column("", "", Kind.CHANGE),
}


def address(path: str, question: Mapping[str, object]) -> str:
    """Return a path with what is asked of it; a part of the question that is None is left out."""
    asked = {name: value for name, value in question.items() if value is not None}
    return f"{path}?{urlencode(asked)}" if asked else path


def page(
    template: str,
    language: Language,
    path: str,
    /,
    question: Mapping[str, str] | None = None,
    **values: Any,
) -> str:
    """Return a page, or a part of one.

    In templates `_` translates, `counted` chooses a form for a count, and `language` writes numbers
    and dates; `static("style.css")` is where a file is served, `here(lang="fr")` is the page itself
    with another question, `said(cell, column)` a cell in words and digits without its mark,
    `mark(cell)` that mark, and `drawn(chart, table)` a chart.
    """

    def here(**other: object) -> str:
        return address(path, {**(question or {}), **other})

    return _templates.get_template(template).render(
        {
            "principal": None,
            "language": language,
            "languages": [language_of(code) for code in LOCALES],
            "_": language.text,
            "counted": language.counted,
            "static": FILES.address,
            "path": path,
            "here": here,
            "address": address,
            "said": lambda cell, column: said(cell, column, language),
            "mark": mark,
            "drawn": lambda chart, table: draw(chart, table, language),
            **values,
        }
    )


def said(cell: Cell, column: Column, language: Language) -> str:
    """Return the value of a cell as it is written; nothing where its mark alone stands."""
    if cell.value is None and cell.status in MARKS:
        return ""
    return written(replace(cell, status=None), column, language)


def mark(cell: Cell) -> str | None:
    """Return the mark that the status of a cell puts beside its value, or in its place."""
    return MARKS.get(cell.status) if cell.status is not None else None
