"""A report to look at, before it is a page, a PDF, a workbook or a CSV: its sections and tables.

Numbers stand here as numbers, dates as dates, with the SDMX status of each; how they are written is
left to the language and to who renders them. Texts are already in the language of the sheet.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

Value = str | int | float | date | datetime | None


class Status(StrEnum):
    """SDMX OBS_STATUS, and how a cell without a number is printed."""

    NORMAL = "A"
    PROVISIONAL = "P"
    ESTIMATED = "E"
    MISSING = "O"
    SUPPRESSED = "Q"
    REVISED = "R"
    """Not SDMX: normal, and another than in the version before."""
    NOT_APPLICABLE = "-"


class Kind(StrEnum):
    """What a column holds; of a date known to the month or the year only, its text."""

    TEXT = "text"
    COUNT = "count"
    CHANGE = "change"
    PERCENT = "percent"
    DATE = "date"
    INSTANT = "instant"


@dataclass(frozen=True, slots=True)
class Cell:
    """A value of a table.

    Args:
        value: None where there is none to print; the status says why.
        status: of a number; None for text.
        href: where on this site its evidence stands, from the root.
        lower_bound: the true number may be higher.
        key: what a text stands for in the document, such as "prevention"; tidy files carry it.
    """

    value: Value
    status: Status | None = None
    href: str | None = None
    lower_bound: bool = False
    key: str | None = None


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its key in tidy files, its heading, what it holds."""

    key: str
    label: str
    kind: Kind = Kind.TEXT
    unit: str | None = None


@dataclass(frozen=True, slots=True)
class Chart:
    """A drawing of some rows of the table it belongs to.

    Args:
        kind: bars; steps, where the first row is a level and the others lead to the last one;
            map_us or map_world, tinted where a value is named, by rows whose labels have codes
            such as US-OH or NL as their keys.
        title: the finding, as a sentence.
        subtitle: unit and period.
        description: what it shows, for those who do not see it.
        source: the line below it.
        label, value: the columns of the table that are drawn.
        places: of a map, the points to draw; map_us counts those that lie beside it.
    """

    kind: str
    title: str
    subtitle: str
    description: str
    source: str
    label: str = ""
    value: str = ""
    places: Sequence["Place"] = ()


@dataclass(frozen=True, slots=True)
class Place:
    """A city on a map."""

    name: str
    latitude: float
    longitude: float
    subdivision: str | None = None
    href: str | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """Rows that can be read on their own; `id` is unique in the sheet and the same in any language.

    Args:
        caption: what the rows are.
        summary: a sentence with what they say.
        note: what must be known to read them, such as that rows overlap.
        sums: the rows add up to the last one, the total.
        shown: how many rows a page prints before it folds the rest away.
    """

    id: str
    caption: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[Cell]]
    summary: str = ""
    note: str = ""
    charts: Sequence[Chart] = ()
    sums: bool = False
    shown: int = 25


@dataclass(frozen=True, slots=True)
class Card:
    """One of the six figures at the top.

    Args:
        metric: its id.
        title, unit: in words.
        value: with status and evidence.
        changes: against what, and by how much: a label and a cell each.
        details: short sentences, such as "8 sessions of 6 webinars".
        how_counted: the formula in words.
    """

    metric: str
    title: str
    unit: str
    value: Cell
    changes: Sequence[tuple[str, Cell]]
    details: Sequence[str]
    how_counted: str


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the sheet under a heading; `id` is its anchor, the same in any language."""

    id: str
    title: str
    paragraphs: Sequence[str] = ()
    cards: Sequence[Card] = ()
    tables: Sequence[Table] = ()


@dataclass(frozen=True, slots=True)
class Sheet:
    """A whole report in one language.

    Args:
        language: en, fr or es.
        period: its id.
        title: of the report.
        strip: what it is: label and text, in order: period, dates, status, version, data to ...
        headline: the sentence everybody reads.
    """

    language: str
    period: str
    title: str
    strip: Sequence[tuple[str, str]]
    headline: str
    sections: Sequence[Section] = field(default_factory=list)

    def tables(self) -> Iterator[Table]:
        """Yield every table in order."""
        for section in self.sections:
            yield from section.tables
