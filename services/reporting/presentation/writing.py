"""A cell of a sheet as people read it: 1,234, ≥ 5, 83.3%, +3, [c], 27 March 2024."""

from datetime import date, datetime

from services.reporting.presentation.language import Language
from services.reporting.presentation.sheet import Cell, Column, Kind, Status

MARKS = {
    Status.PROVISIONAL: "[p]",
    Status.ESTIMATED: "[e]",
    Status.MISSING: "[x]",
    Status.SUPPRESSED: "[c]",
    Status.REVISED: "[r]",
}
"""What stands beside a number, or in its place where there is none to print."""
NOT_APPLICABLE = "-"


def written(cell: Cell, column: Column, language: Language) -> str:
    """Return a cell as it is printed, with the mark of its status."""
    if cell.value is None:
        return _absent(cell, column)
    text = _value(cell.value, column.kind, language)
    if cell.lower_bound:
        text = f"≥ {text}"
    mark = MARKS.get(cell.status) if cell.status is not None else None
    return f"{text} {mark}" if mark else text


def _absent(cell: Cell, column: Column) -> str:
    """Return what stands for a value that is not there: a text may be empty, a number never."""
    if cell.status in (Status.MISSING, Status.SUPPRESSED):
        return MARKS[cell.status]
    return "" if column.kind is Kind.TEXT and cell.status is None else NOT_APPLICABLE


def _value(value: str | int | float | date | datetime, kind: Kind, language: Language) -> str:
    match value:
        case str():
            return value
        case datetime():
            return language.instant(value)
        case date():
            return language.day(value)
        case _ if kind is Kind.PERCENT:
            return language.percent(value)
        case _ if kind is Kind.CHANGE:
            return language.change(value)
        case _:
            return language.number(value)
