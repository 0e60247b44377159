"""What Tandem knows of an activity already: a reader compares with it and asks nobody."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

from shared.contracts.values import SOLE_OCCURRENCE
from shared.importing.reading import FileRefused

CHOICES_SHOWN_MAX = 8


@dataclass(frozen=True, slots=True)
class KnownOccurrence:
    """One sitting as it stands; times are local to its zone, instants are not."""

    name: str
    state: Literal["planned", "held", "cancelled"]
    starts_at: str | None = None
    time_zone: str | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    on: str | None = None

    @property
    def day(self) -> str | None:
        """The day it is planned for, or was held on when no start was planned."""
        return self.starts_at[:10] if self.starts_at else self.on


@dataclass(frozen=True, slots=True)
class KnownActivity:
    """An activity as it stands; the first of `sources` announced it."""

    activity_id: str
    kind: str
    title: str
    organisers: tuple[str, ...]
    time_zone: str
    duration_minutes: int | None = None
    sources: tuple[str, ...] = ()
    occurrences: Mapping[str, KnownOccurrence] = field(default_factory=dict)

    def zone_of(self, occurrence: str) -> str:
        """Return the time zone of an occurrence."""
        sitting = self.occurrences.get(occurrence)
        return (sitting.time_zone if sitting else None) or self.time_zone


def occurrence_of(known: KnownActivity | None, told: str | None, on: date | None) -> str:
    """Return the occurrence that a file speaks of: the one told, the only one, the one of its day.

    Raises:
        FileRefused: there are several, and none or more than one of them lies on that day.
    """
    if told is not None:
        return told
    if known is None or not known.occurrences:
        return SOLE_OCCURRENCE
    if len(known.occurrences) == 1:
        return next(iter(known.occurrences))
    same_day = [
        each.name for each in known.occurrences.values() if on and each.day == on.isoformat()
    ]
    if len(same_day) == 1:
        return same_day[0]
    choices = [f"{each.name} ({each.day})" for each in known.occurrences.values()]
    raise FileRefused(
        f"{known.activity_id} has {len(known.occurrences)} occurrences, and "
        f"{len(same_day) or 'none'} of them on the day of the file: name one with --occurrence, "
        f"such as {', '.join(choices[:CHOICES_SHOWN_MAX])}"
    )
