"""Two reports side by side: every figure of both, and by how much they differ."""

from collections.abc import Iterable, Mapping
from typing import Any

from services.reporting.domain.numbers import difference
from services.reporting.presentation.composing.subject import Subject
from services.reporting.presentation.language import Language
from services.reporting.presentation.sheet import Cell, Column, Kind, Status, Table

PERCENT = "percent"


def comparison(
    document: Mapping[str, Any], other: Mapping[str, Any], language: Language, *, then: bool
) -> list[Table]:
    """Return the figures of two reports as tables, counts and shares apart.

    With `then` their evidence is that of the moment they are known as of.
    """
    one, two = Subject(document, language, then), Subject(other, language, then)
    metrics = [metric for metric in one.figures if metric in two.figures]
    shares = [metric for metric in metrics if one.figures[metric]["unit"] == PERCENT]
    counts = [metric for metric in metrics if metric not in shares]
    text = language.text
    return [
        _table("counts", text("Counts"), one, two, counts, Kind.COUNT),
        _table("shares", text("Shares"), one, two, shares, Kind.PERCENT),
    ]


def _table(
    name: str, caption: str, one: Subject, two: Subject, metrics: Iterable[str], kind: Kind
) -> Table:
    text = one.language.text
    rows = [
        [
            Cell(one.title(metric), key=metric),
            one.value(metric),
            two.value(metric),
            Cell(*_difference(one.value(metric), two.value(metric))),
            Cell(one.unit(metric)),
        ]
        for metric in metrics
    ]
    points = text("percentage points") if kind is Kind.PERCENT else None
    return Table(
        id=name,
        caption=caption,
        columns=[
            Column("figure", text("Figure")),
            Column("value", one.called(), kind),
            Column("other", two.called(), kind),
            Column("difference", text("Difference"), Kind.CHANGE, points),
            Column("unit", text("Unit")),
        ],
        rows=rows,
        shown=len(rows),
    )


def _difference(one: Cell, two: Cell) -> tuple[float | None, Status]:
    """Return by how much two figures differ, as certain as the less certain of them."""
    if not isinstance(one.value, int | float) or not isinstance(two.value, int | float):
        return None, Status.NOT_APPLICABLE
    provisional = Status.PROVISIONAL in (one.status, two.status)
    status = Status.PROVISIONAL if provisional else Status.NORMAL
    return difference(one.value, two.value), status
