"""How much of what a history holds, and when: fixed shares, so that growth changes nothing else."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import Any

CloudEvent = dict[str, Any]

FACTS_MIN = 2_000
FIRST_DAY = date(2023, 10, 1)
QUARTERS = 12
QUARTER_STARTS = tuple(
    date(FIRST_DAY.year + (9 + 3 * n) // 12, (9 + 3 * n) % 12 + 1, 1) for n in range(QUARTERS + 1)
)
"""The first day of each quarter, and of the one behind the last."""

PARTICIPATION_PERCENT = 85
FACTS_PER_CITY = 200
CITIES_MIN, CITIES_MAX = 20, 2_000
FACTS_PER_ACTIVITY = 400
ACTIVITIES_USUAL_MAX = 6_000
FACTS_PER_ACTIVITY_MAX = 2_000
"""Beyond this, there are more activities: an attendance file must stay within 1 MiB."""
FACTS_PER_WORK = 4_000
WORKS_MIN, WORKS_MAX = 12, 600
FACTS_PER_PERSON = 12
PEOPLE_MIN = 10_000
"""More than one sitting can hold where there are few activities: nobody comes twice to one."""


@dataclass(frozen=True, slots=True)
class Shape:
    """The sizes of a history; `people` is a power of two, so that odd strides meet everybody."""

    facts: int
    cities: int
    activities: int
    works: int
    people: int

    @classmethod
    def of(cls, facts: int) -> "Shape":
        """Return the shape of a history of so many facts.

        Raises:
            ValueError: too few for every quarter to hold something.
        """
        if facts < FACTS_MIN:
            raise ValueError(f"a history has at least {FACTS_MIN:,} facts, not {facts:,}")
        usual = min(ACTIVITIES_USUAL_MAX, facts // FACTS_PER_ACTIVITY)
        return cls(
            facts=facts,
            cities=_between(CITIES_MIN, facts // FACTS_PER_CITY, CITIES_MAX),
            activities=max(QUARTERS, usual, facts // FACTS_PER_ACTIVITY_MAX),
            works=_between(WORKS_MIN, facts // FACTS_PER_WORK, WORKS_MAX),
            people=1 << max(PEOPLE_MIN, facts // FACTS_PER_PERSON).bit_length(),
        )

    @property
    def participations(self) -> int:
        """How many facts say that somebody registered, withdrew, came or went."""
        return self.facts * PARTICIPATION_PERCENT // 100


def _between(least: int, wanted: int, most: int) -> int:
    return max(least, min(wanted, most))


class Budget:
    """So many facts, dealt out by weight until none is left."""

    def __init__(self, facts: int, weight: float) -> None:
        """Take what there is to deal out, and the sum of the weights of all who will ask."""
        self._facts, self._weight = facts, weight

    def share(self, weight: float) -> int:
        """Return how many facts belong to this weight; the last who asks gets what is left."""
        part = min(1.0, weight / self._weight) if self._weight > 0 else 1.0
        facts = round(self._facts * part)
        self._facts -= facts
        self._weight = max(0.0, self._weight - weight)
        return facts


def quarter_of(number: int, count: int) -> int:
    """Return in which quarter the number-th of `count` things falls: as many in each."""
    return number * QUARTERS // count


def day_in(quarter: int, random: Random, before_the_end: int = 0) -> date:
    """Return a working day of a quarter, at least so many days before its end."""
    first, behind = QUARTER_STARTS[quarter], QUARTER_STARTS[quarter + 1]
    day = first + timedelta(days=int(random.random() * ((behind - first).days - before_the_end)))
    return day - timedelta(days=max(0, day.weekday() - 4)) if day.day > 2 else day


def at_noon(day: date) -> datetime:
    """Return noon of a day: the same civil day nearly everywhere."""
    return datetime.combine(day, time(12), UTC)


def event(id_: str, type_: str, at: datetime, /, **data: Any) -> CloudEvent:
    """Return a CloudEvent without its source; fields without a value are left out of its data."""
    return {
        "specversion": "1.0",
        "id": id_,
        "type": f"tandem.{type_}.v1",
        "time": at.isoformat(),
        "data": {field: value for field, value in data.items() if value is not None},
    }
