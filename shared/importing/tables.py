"""Text as rows and records: every cell is text and nothing but text, whatever it begins with."""

import csv
import io
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from shared.importing.reading import FileRefused, Problem

ROWS_MAX = 100_000
COLUMNS_MAX = 500
SEPARATORS = (",", ";", "\t")
LINES_COMPARED = 30
LAYOUT = frozenset("\n\r\t")
LETTERS = 26


@dataclass(frozen=True, slots=True)
class Row:
    """One row, numbered from 1 as a spreadsheet shows it; cells without space around them."""

    number: int
    cells: tuple[str, ...]

    def __bool__(self) -> bool:
        """Tell whether anything stands in it."""
        return any(self.cells)

    @property
    def first(self) -> str:
        """The first cell."""
        return self.cells[0] if self.cells else ""


@dataclass(frozen=True, slots=True)
class Record:
    """A row under its headings; headings compare without case and without a colon."""

    number: int
    values: Mapping[str, str]

    def __getitem__(self, heading: str) -> str:
        """Return the cell under a heading; empty when there is none."""
        return self.values.get(heading_key(heading), "")

    def first_of(self, headings: Iterable[str]) -> str:
        """Return the first cell under any of these headings that is not empty."""
        return next((cell for each in headings if (cell := self[each])), "")


def heading_key(text: str) -> str:
    """Return a heading as it is compared: `Email:` and `email` are the same."""
    return " ".join(text.casefold().split()).rstrip(" :")


def rows_of(text: str) -> list[Row]:
    """Return the rows of a CSV text, separated by commas, semicolons or tabs.

    Raises:
        FileRefused: a limit is broken, a quotation does not end, a control character stands in it.
    """
    separator = max(SEPARATORS, key=lambda each: _cells_made(text, each))
    rows: list[Row] = []
    problems: list[Problem] = []
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    try:
        for number, cells in enumerate(reader, start=1):
            if number > ROWS_MAX:
                raise FileRefused(f"the file has more than {ROWS_MAX:,} rows")
            if len(cells) > COLUMNS_MAX:
                raise FileRefused(
                    Problem(number, "", f"has {len(cells)} cells, at most {COLUMNS_MAX} are taken")
                )
            problems += _controls(number, cells)
            rows.append(Row(number, tuple(cell.strip() for cell in cells)))
    except csv.Error as error:
        raise FileRefused(Problem(len(rows) + 1, "", f"cannot be read as CSV: {error}")) from None
    if problems:
        raise FileRefused(*problems)
    return rows


def _cells_made(text: str, separator: str) -> int:
    """Return how many cells the first lines have with this separator."""
    head = (
        text.splitlines()[:LINES_COMPARED] if len(text) < 1 << 16 else text[: 1 << 16].split("\n")
    )
    reader = csv.reader(head[:LINES_COMPARED], delimiter=separator)
    try:
        return sum(len(cells) for cells in reader)
    except csv.Error:
        return 0


def _controls(number: int, cells: Sequence[str]) -> Iterator[Problem]:
    for place, cell in enumerate(cells):
        if cell.isprintable():
            continue
        for character in cell:
            if unicodedata.category(character) == "Cc" and character not in LAYOUT:
                said = f"holds U+{ord(character):04X}, a control character"
                yield Problem(number, f"column {letters(place)}", said)
                break


def letters(place: int) -> str:
    """Return a column's letters as a spreadsheet has them: 0 is A, 26 is AA."""
    text = ""
    place += 1
    while place:
        place, rest = divmod(place - 1, LETTERS)
        text = chr(ord("A") + rest) + text
    return text


def records_of(headings: Row, rows: Iterable[Row]) -> list[Record]:
    """Return rows under their headings; rows in which nothing stands are left out.

    Raises:
        FileRefused: a heading stands twice, or a row has more cells than there are headings.
    """
    keys = [heading_key(cell) for cell in headings.cells]
    twice = next((key for key in keys if key and keys.count(key) > 1), None)
    if twice is not None:
        raise FileRefused(Problem(headings.number, "", f"the heading {twice!r} stands twice"))
    records = []
    for row in rows:
        if not row:
            continue
        if any(row.cells[len(keys) :]) or any(
            cell and not key for key, cell in zip(keys, row.cells, strict=False)
        ):
            raise FileRefused(Problem(row.number, "", "has a cell without a heading above it"))
        values = {key: cell for key, cell in zip(keys, row.cells, strict=False) if key}
        records.append(Record(row.number, values))
    return records
