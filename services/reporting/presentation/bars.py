"""Bars from zero, with their words and numbers beside them and no axis to read.

Each row of a table is a bar. In `steps` the bars stand where the one before ends: the first row is
a level, the last the level that the rows between lead to.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from services.reporting.presentation.cartography import WIDTH
from services.reporting.presentation.drawing import (
    TEXT_SIZE,
    box,
    line,
    lines_of,
    picture,
    text,
    width_of,
)
from services.reporting.presentation.language import Language
from services.reporting.presentation.sheet import Cell, Chart, Column, Kind, Status, Table

BARS_MAX = 15
LABEL_WIDTH_MAX = 150.0
"""Longer labels are broken, so that bars have half of the width."""
LINE_HEIGHT = 16.0
BAR_HEIGHT = 15.0
GAP = 8.0
SPACE = 6.0
STUB_WIDTH = 24.0

LEVEL, RISE, FALL = "#2b6cb0", "#0f766e", "#c2410c"
CLASSES = {LEVEL: "bar", RISE: "bar bar-rise", FALL: "bar bar-fall"}
MARKS = {
    Status.MISSING: "[x]",
    Status.SUPPRESSED: "[c]",
    Status.NOT_APPLICABLE: "-",
    Status.PROVISIONAL: "[p]",
    Status.ESTIMATED: "[e]",
    Status.REVISED: "[r]",
}
"""Behind a number, or in place of one; "-" where none can be."""


@dataclass(frozen=True, slots=True)
class Bar:
    """A row to draw: its label in lines, a bar from start to end, and what is written beside it."""

    label: Sequence[str]
    start: float
    end: float
    words: str
    fill: str
    hidden: bool

    @property
    def height(self) -> float:
        """Return how high its row is."""
        return max(len(self.label) * LINE_HEIGHT, BAR_HEIGHT) + GAP


def bars(chart: Chart, table: Table, language: Language, name: str) -> Markup:
    """Return a bar for each row but the total, up to BARS_MAX, and how many more there are."""
    rows = table.rows[:-1] if table.sums else table.rows
    kind = _column(chart.value, table)[1].kind
    writing = Writing(chart, table, language)
    drawn = [writing.bar(row, 0.0, kind) for row in rows[:BARS_MAX]]
    more = len(rows) - len(drawn)
    rest = language.counted("and {count} more", "and {count} more", more) if more else ""
    return _picture(chart, name, drawn, rest)


def steps(chart: Chart, table: Table, language: Language, name: str) -> Markup:
    """Return a bar for each row of a table that leads from one level to another."""
    writing = Writing(chart, table, language)
    drawn: list[Bar] = []
    for number, row in enumerate(table.rows):
        between = 0 < number < len(table.rows) - 1
        start, kind = (drawn[-1].end, Kind.CHANGE) if between else (0.0, Kind.COUNT)
        drawn.append(writing.bar(row, start, kind))
    return _picture(chart, name, drawn, "")


class Writing:
    """Makes bars of the rows of a table."""

    def __init__(self, chart: Chart, table: Table, language: Language) -> None:
        """Look up what is drawn.

        What is true of every number, such as that it is provisional, is said above the chart; a
        mark stands beside numbers only where they differ in it.
        """
        self._language = language
        self._label, self._value = _column(chart.label, table)[0], _column(chart.value, table)[0]
        cells = [row[self._value] for row in table.rows]
        self._marked = len({cell.status for cell in cells if cell.value is not None}) > 1

    def bar(self, row: Sequence[Cell], start: float, kind: Kind) -> Bar:
        """Return the bar of a row, from where it starts."""
        cell = row[self._value]
        number = float(cell.value) if isinstance(cell.value, int | float) else 0.0
        return Bar(
            label=lines_of(str(row[self._label].value or ""), LABEL_WIDTH_MAX),
            start=start,
            end=start + number,
            words=self._words(cell, kind),
            fill=FALL if number < 0 else RISE if kind is Kind.CHANGE else LEVEL,
            hidden=cell.status is Status.SUPPRESSED,
        )

    def _words(self, cell: Cell, kind: Kind) -> str:
        mark = MARKS.get(cell.status, "") if cell.status else ""
        if not isinstance(cell.value, int | float):
            return mark
        match kind:
            case Kind.PERCENT:
                number = self._language.percent(cell.value)
            case Kind.CHANGE:
                number = self._language.change(cell.value)
            case _:
                number = self._language.number(cell.value)
        bound = "≥ " if cell.lower_bound else ""
        return f"{bound}{number} {mark if self._marked else ''}".rstrip()


def _column(key: str, table: Table) -> tuple[int, Column]:
    """Return a column and where it stands.

    Raises:
        KeyError: the table has no such column.
    """
    return {column.key: (place, column) for place, column in enumerate(table.columns)}[key]


def _picture(chart: Chart, name: str, drawn: Sequence[Bar], rest: str) -> Markup:
    """Lay the bars out: labels, the room for numbers on each side, and the bars between."""
    low = min((min(bar.start, bar.end) for bar in drawn), default=0)
    high = max((max(bar.start, bar.end) for bar in drawn), default=0)
    label_width = max((width_of(part) for bar in drawn for part in bar.label), default=0)
    words_width = max((width_of(bar.words) for bar in drawn), default=0) + SPACE
    left = label_width + SPACE + (words_width if low < 0 else 0)
    scale = (WIDTH - left - words_width) / ((high - low) or 1)
    zero = left - low * scale
    parts: list[str] = []
    if any(bar.hidden for bar in drawn):
        parts.append(_hatch(name))
    y = 0.0
    for bar in drawn:
        parts.extend(_row(bar, name, y, zero, scale))
        y += bar.height
    parts.append(line(zero, 0, zero, y - GAP, "zero"))
    if rest:
        y += TEXT_SIZE
        parts.append(text(0, y, rest, "rest"))
    return picture(chart, name, y + SPACE, parts)


def _row(bar: Bar, name: str, y: float, zero: float, scale: float) -> Iterator[str]:
    baseline = y + TEXT_SIZE - 1
    for number, part in enumerate(bar.label):
        yield text(0, baseline + number * LINE_HEIGHT, part, "label")
    first, last = sorted((zero + bar.start * scale, zero + bar.end * scale))
    if bar.hidden:
        first, last = zero, zero + STUB_WIDTH
        yield box(first, y, STUB_WIDTH, BAR_HEIGHT, "bar-hidden", f"url(#{name}-hatch)")
    elif last > first:
        yield box(first, y, last - first, BAR_HEIGHT, CLASSES[bar.fill], bar.fill)
    if first < zero:
        yield text(first - SPACE, baseline, bar.words, "value", anchor="end")
    else:
        yield text(last + SPACE, baseline, bar.words, "value")


def _hatch(name: str) -> str:
    """Return the pattern of a bar whose length is not printed."""
    return (
        f'<defs><pattern id="{name}-hatch" width="5" height="5" patternUnits="userSpaceOnUse"'
        ' patternTransform="rotate(45)"><path d="M0,0V5" stroke="currentColor" stroke-width="2"'
        ' stroke-opacity="0.6"/></pattern></defs>'
    )
