"""One thing that a figure counts, and the question that names all of them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from services.reporting.domain.dates import Dates
from services.reporting.domain.figures import Value
from services.reporting.domain.ground import Ground
from services.reporting.domain.knowledge import Sitting
from services.reporting.domain.numbers import percent
from services.reporting.domain.period import Period
from services.reporting.domain.registry import Definition
from services.reporting.domain.touches import Touch

Json = Mapping[str, Any]


POPULATION_UNKNOWN = "no population known"
INSIDE_ANOTHER = "lies inside another engaged jurisdiction"
"""Why a city adds no residents."""
PEOPLE = frozenset(
    {
        "registrations",
        "attendance",
        "attendees_unique",
        "walk_ins",
        "late_viewers",
        "attendance_rate",
        "attribution_rate",
    }
)
"""Figures that count people, whose small counts are not shown to everybody."""

COUNTED_ONCE = ("attendees_unique", "walk_ins", "late_viewers")
"""Figures in which a person counts once, at the first occurrence where they are met."""

OF_REACH = ("cities_engaged_broad", "resource_deliveries")
"""Figures under which stand the works that reached cities."""


@dataclass(frozen=True, slots=True)
class FirstMet:
    """People met at an occurrence for the first time in a period."""

    attendees: int = 0
    walk_ins: int = 0
    late_viewers: int = 0


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that a figure counts.

    Args:
        key: what it is, the same in every period.
        said: what it is, as printed.
        counted: what it adds to the figure, or to its numerator.
        of: what it adds to the denominator of a percentage.
        rows: in which rows of the breakdowns it stands, by dimension.
        parts: what it adds to each row of a dimension, where it is split among several.
        wholes: counts printed elsewhere of which this one is a part.
        touches, occurrences, resources: what it rests on; the facts are found by these.
        lineage: the city it is, so that only that city's facts are listed under it.
    """

    key: str
    said: Json
    counted: int
    of: int | None = None
    rows: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    parts: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    wholes: tuple[int, ...] = ()
    touches: tuple[Touch, ...] = ()
    occurrences: tuple[Sitting, ...] = ()
    resources: tuple[str, ...] = ()
    lineage: str | None = None


def recount(definition: Definition, items: Iterable[Item], member_base_min: int) -> Value:
    """Count the items again: their sum, or the percentage of both sums."""
    counted = list(items)
    numerator = sum(item.counted for item in counted)
    left_out = [item.said.get("left_out") for item in counted]
    if POPULATION_UNKNOWN in left_out and None not in left_out:
        return None
    if definition.unit != "percent":
        return numerator
    denominator = sum(item.of or 0 for item in counted)
    if definition.id == "member_share" and denominator < member_base_min:
        return None
    return percent(numerator, denominator)


def looks_at(metric: str, period: Period, span: Dates) -> Dates:
    """Return the days whose occurrences stand one by one under a figure of a period.

    `span` are all the days that the report of the period looks at.
    """
    match metric:
        case "reactivated":
            return span
        case "lapsed":
            return Dates(period.four_quarters_before.first, period.dates.last)
        case "returning" | "not_repeated" | "left" | "retention":
            return Dates(period.previous().dates.first, period.dates.last)
        case _:
            return period.dates


@dataclass(frozen=True)
class Question:
    """Which figure of which period is asked about, and the ground it stands on."""

    ground: Ground
    period: Period
    first_met: Mapping[Sitting, FirstMet] = field(default_factory=dict)

    @property
    def end(self) -> date:
        """The last day of the period: identities and memberships are those of that day."""
        return self.period.dates.last
