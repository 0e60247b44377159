"""What came of a file: drafts of events, counts and notes; or where it cannot be read."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from pydantic import ValidationError

from shared.errors import TandemError, violations_of
from shared.importing.drafting import Draft

PROBLEMS_KEPT_MAX = 1000


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong and where; row 0 is the file as a whole."""

    row: int
    column: str
    said: str

    def __str__(self) -> str:
        """Return it in a line: `row 14, Join Time: …`."""
        where = ", ".join(filter(None, [f"row {self.row}" if self.row else "", self.column]))
        return f"{where}: {self.said}" if where else self.said


class FileRefused(TandemError):
    """The file cannot be imported; each problem names its place."""

    def __init__(self, *problems: Problem | str) -> None:
        """Keep the problems, and say the first in the text."""
        self.problems = tuple(
            Problem(0, "", each) if isinstance(each, str) else each for each in problems
        )
        super().__init__(str(self.problems[0]))


@dataclass(frozen=True, slots=True)
class Reading:
    """What a reader found.

    Args:
        drafts: the events that follow, in the order in which they are best recorded.
        rows: how many rows of data the file has.
        ignored: why rows do not matter -> how many.
        people: who was found, in words -> how many.
        notes: what somebody should know -> how often it happened; 0 for a remark about the file.
    """

    drafts: tuple[Draft, ...]
    rows: int
    ignored: Mapping[str, int] = field(default_factory=dict)
    people: Mapping[str, int] = field(default_factory=dict)
    notes: Mapping[str, int] = field(default_factory=dict)

    @property
    def used(self) -> int:
        """How many rows stand behind the drafts."""
        return self.rows - sum(self.ignored.values())


@dataclass(slots=True)
class Tally:
    """Counts that a reader keeps while it goes through the rows, and the problems it meets."""

    rows: int = 0
    ignored: Counter[str] = field(default_factory=Counter)
    people: Counter[str] = field(default_factory=Counter)
    notes: Counter[str] = field(default_factory=Counter)
    problems: list[Problem] = field(default_factory=list)

    def remark(self, text: str) -> None:
        """Note something about the file as a whole."""
        self.notes[text] = 0

    def problem(self, row: int, column: str, said: str) -> None:
        """Remember a problem, so that all of them can be told at once."""
        if len(self.problems) < PROBLEMS_KEPT_MAX:
            self.problems.append(Problem(row, column, said))

    @contextmanager
    def at(self, row: int, column: str = "") -> Iterator[None]:
        """Remember as a problem of this row what a value inside refuses."""
        try:
            yield
        except ValidationError as error:
            for violation in violations_of(error):
                self.problem(row, column or violation.field, violation.description)
        except ValueError as error:
            self.problem(row, column, str(error))

    def result(self, drafts: Sequence[Draft]) -> Reading:
        """Return the reading.

        Raises:
            FileRefused: there were problems.
        """
        if self.problems:
            raise FileRefused(*self.problems)
        return Reading(
            drafts=tuple(drafts),
            rows=self.rows,
            ignored=dict(self.ignored),
            people={what: count for what, count in self.people.items() if count},
            notes=dict(self.notes),
        )
