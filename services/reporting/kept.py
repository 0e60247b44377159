"""The reports that were read last, kept as they leave: so many of them, and so many bytes."""

import hashlib
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import orjson
from tandem.reporting.v1 import reporting_pb2 as pb

from services.reporting.domain.period import Period

KEPT_REPORTS_MAX = 50
KEPT_BYTES_MAX = 16_000_000
"""Together; whole, the report of a quarter with 2,000 cities has half a million."""

STATE_CHARACTERS = 16


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which report is wanted: of a period its figures, or the whole with all that it lists."""

    period: Period
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Composed:
    """A report as it leaves, in bytes: as objects it would take several times the room.

    Args:
        written: its message.
        json: its document.
        told: of that what it says of its figures, to tell whether one has moved.
        asked, at, facts: the level (standing.Level) that it rests on.
        day: the day on which its status holds.
    """

    written: bytes
    json: bytes
    told: bytes
    asked: int
    at: float
    facts: Mapping[str, int]
    day: date

    @property
    def message(self) -> pb.Report:
        """Its message, read anew: that takes as long as copying one."""
        return pb.Report.FromString(self.written)

    @property
    def figures(self) -> Mapping[str, Any]:
        """What it says of its figures."""
        figures: Mapping[str, Any] = orjson.loads(self.told)
        return figures

    @property
    def state(self) -> str:
        """A name for what it says of its figures: the same when all are the same."""
        return hashlib.sha256(self.told).hexdigest()[:STATE_CHARACTERS]

    @property
    def size(self) -> int:
        """How many bytes it takes."""
        return len(self.written) + len(self.json) + len(self.told)


def told_of(figures: Mapping[str, Any]) -> bytes:
    """Return what figures say: the same bytes when all are the same, in whatever order."""
    return orjson.dumps(figures, option=orjson.OPT_SORT_KEYS)


class KeptReports:
    """The reports read last; what is watched stays as long as it is, within their number."""

    def __init__(
        self, reports_max: int = KEPT_REPORTS_MAX, bytes_max: int = KEPT_BYTES_MAX
    ) -> None:
        """Begin with none."""
        self._reports_max, self._bytes_max = reports_max, bytes_max
        self._kept: dict[Wanted, Composed] = {}
        self._read_at: dict[Wanted, float] = {}
        self.watched = Counter[Wanted]()

    @property
    def size(self) -> int:
        """How many bytes all of them take."""
        return sum(report.size for report in self._kept.values())

    def get(self, wanted: Wanted) -> Composed | None:
        """Return a report as it was composed last; None when it is not kept."""
        return self._kept.get(wanted)

    def items(self) -> Iterator[tuple[Wanted, Composed]]:
        """Yield what is kept."""
        yield from self._kept.items()

    def remember(self, wanted: Wanted) -> None:
        """Remember that a report was read, and forget which was read longest ago."""
        self._read_at.pop(wanted, None)
        self._read_at[wanted] = time.monotonic()
        while len(self._read_at) > self._reports_max:
            self._forget(next(iter(self._read_at)))

    def read_within(self, seconds: float) -> list[Wanted]:
        """Return the reports that were read in the last seconds, the last first."""
        since = time.monotonic() - seconds
        return [wanted for wanted, at in reversed(self._read_at.items()) if at >= since]

    def keep(self, wanted: Wanted, report: Composed) -> None:
        """Keep a report that is still remembered; what was read longest ago makes room for it."""
        if wanted not in self._read_at:
            return
        self._kept[wanted] = report
        # What is watched would be composed again at once, and push out what pushed it out.
        others = [each for each in self._read_at if each != wanted and not self.watched[each]]
        for forgotten in others:
            if self.size <= self._bytes_max:
                return
            self._forget(forgotten)

    def drop(self, wanted: Wanted) -> None:
        """Keep a report no longer; whoever reads it has it composed again."""
        self._kept.pop(wanted, None)

    def _forget(self, wanted: Wanted) -> None:
        del self._read_at[wanted]
        self.drop(wanted)
