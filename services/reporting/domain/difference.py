"""Two documents of one report cell by cell: what changed from the one to the other.

A cell is a value with a path of names, such as `figures.cities_engaged.value`,
`breakdowns.attendance.subdivision.US-OH` or `lists.occurrences.w2~1.attendance`. What a document
says around its cells (headline, notes, how a figure is counted) follows from them.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Json = Mapping[str, Any]

SECTIONS = ("figures", "breakdowns", "lists", "data_quality")
FIGURES = "figures"
NO_CELLS = frozenset({"unit", "status", "evidence", "title", "titles", "how_counted", "revised"})
"""What a figure says beside its numbers."""
BESIDE = frozenset({"previous", "change", "year_before", "year_change", "rolling_four"})
"""Numbers of a figure about other windows: when they move, the figure itself was not revised."""
ROW_IDS = {"occurrences": ("activity_id", "occurrence"), "works": ("resource_id",)}
CITY_ID = ("city_id",)
STATUS_SUFFIX = "_status"
SUPPRESSED = "Q"


@dataclass(frozen=True, slots=True)
class Cell:
    """A value of a document, with its SDMX status where it has one."""

    value: Any
    status: str | None = None


@dataclass(frozen=True, slots=True)
class Difference:
    """A cell that is not the same; None where a document has no such cell."""

    path: str
    before: Cell | None
    after: Cell | None

    @property
    def metric(self) -> str | None:
        """The figure that the cell belongs to."""
        section, _, rest = self.path.partition(".")
        return rest.partition(".")[0] if section in ("figures", "breakdowns") else None

    @property
    def revises(self) -> bool:
        """Whether it is a change of what the figure itself counts in its period."""
        section, _, rest = self.path.partition(".")
        return section == FIGURES and rest.split(".")[1] not in BESIDE

    def to_json(self) -> dict[str, Any]:
        """Return it as printed."""
        return {
            "cell": self.path,
            "section": self.path.partition(".")[0],
            "metric": self.metric,
            "from": self.before.value if self.before else None,
            "to": self.after.value if self.after else None,
            "status_from": self.before.status if self.before else None,
            "status_to": self.after.status if self.after else None,
        }


def differences(before: Json, after: Json) -> list[Difference]:
    """Return the cells that differ, in the order of the document.

    A row that only one of them lists is one difference, not one for each of its cells.
    """
    old, new = cells(before), cells(after)
    come_and_gone = {path for path in old.keys() ^ new.keys() if path.count(".") == 2}

    def told_with_its_row(path: str) -> bool:
        row = _row_of(path)
        return row != path and row in come_and_gone

    return [
        Difference(path, old.get(path), new.get(path))
        for path in sorted(old.keys() | new.keys(), key=_place)
        if old.get(path) != new.get(path) and not told_with_its_row(path)
    ]


def cells(document: Json) -> dict[str, Cell]:
    """Return the cells of a document by path."""
    return dict(_cells(document))


def _cells(document: Json) -> Iterator[tuple[str, Cell]]:
    for metric, figure in document["figures"].items():
        numbers = {name: value for name, value in figure.items() if name not in NO_CELLS}
        for path, value in _leaves(f"figures.{metric}", numbers):
            own = path == f"figures.{metric}.value"
            yield path, Cell(value, figure["status"] if own else None)
    for path, value in _leaves("breakdowns", document["breakdowns"]):
        yield path, Cell(value, SUPPRESSED if value is None else None)
    for name, rows in document.get("lists", {}).items():
        if isinstance(rows, Mapping):
            yield from ((path, Cell(value)) for path, value in _leaves(f"lists.{name}", rows))
            continue
        for row in rows:
            path = f"lists.{name}.{row_id(name, row)}"
            yield path, Cell("listed")
            for field, value in row.items():
                if not field.endswith(STATUS_SUFFIX):
                    yield f"{path}.{field}", Cell(value, row.get(f"{field}{STATUS_SUFFIX}"))
    for path, value in _leaves("data_quality", document["data_quality"]):
        yield path, Cell(value)


def row_id(name: str, row: Json) -> str:
    """Return what tells a row of a list from the others."""
    return "~".join(str(row[field]) for field in ROW_IDS.get(name, CITY_ID))


def _leaves(path: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping):
        for name, each in value.items():
            yield from _leaves(f"{path}.{name}", each)
    else:
        yield path, value


def _place(path: str) -> tuple[int, str]:
    return SECTIONS.index(path.partition(".")[0]), path


def _row_of(path: str) -> str:
    """Return the path of the row that a cell of a list stands in."""
    return ".".join(path.split(".")[:3]) if path.startswith("lists.") else path
