"""Two attendance files of one occurrence beside each other: who came in, went out, or changed."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class RollChange:
    """How many people are told otherwise; nobody is named."""

    same: int
    added: int
    removed: int
    changed: int

    def __str__(self) -> str:
        """Return it in words."""
        if not (self.added or self.removed or self.changed):
            return f"the same {self.same} people, told alike"
        parts = {"added": self.added, "no more": self.removed, "changed": self.changed}
        told = ", ".join(f"{count} {what}" for what, count in parts.items() if count)
        return f"{self.same} people as before, {told}"


def by_person(
    before: Sequence[Mapping[str, Any]], after: Sequence[Mapping[str, Any]]
) -> RollChange:
    """Return what changed between two recorded files, in which people are keys of the vault."""
    old, new = ({row["person"]: _told(row) for row in rows} for rows in (before, after))
    both = old.keys() & new.keys()
    same = sum(old[person] == new[person] for person in both)
    return RollChange(
        same, len(new.keys() - old.keys()), len(old.keys() - new.keys()), len(both) - same
    )


def by_presence(
    before: Sequence[Mapping[str, Any]], after: Sequence[Mapping[str, Any]]
) -> RollChange:
    """Return what would change, of files whose people nobody can compare.

    Only the vault knows who somebody is, so that this goes by roles and times: somebody whose
    times were corrected counts as one who is no more and one who is added.
    """
    old, new = (Counter(_seen(row) for row in rows) for rows in (before, after))
    same = (old & new).total()
    return RollChange(same, new.total() - same, old.total() - same, 0)


def _seen(row: Mapping[str, Any]) -> str:
    return f"{row['role']} {_times(row)}"


def _told(row: Mapping[str, Any]) -> str:
    city = {name: value for name, value in (row.get("city") or {}).items() if value is not None}
    return f"{_seen(row)} {sorted(city.items())} {row.get('position')}"


def _times(row: Mapping[str, Any]) -> str:
    """Return the times in one form, whichever offset they are written with."""
    moments = [
        datetime.fromisoformat(str(end)).astimezone(UTC).isoformat()
        for interval in row["intervals"]
        for end in interval
    ]
    return " ".join(moments)
