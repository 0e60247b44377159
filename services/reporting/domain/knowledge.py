"""What reporting knows at a moment, as rows: all that the rules of the figures may look at."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from services.reporting.domain.dates import Dates

Sitting = tuple[str, str]
"""An occurrence by its keys: (activity_id, occurrence)."""


@dataclass(frozen=True, slots=True)
class City:
    """A city as last described."""

    city_id: str
    name: str
    kind: str
    country: str
    subdivision: str | None = None
    within: str | None = None
    population: int | None = None
    latitude: float | None = None
    longitude: float | None = None
    urban: str | None = None
    named: bool = True


@dataclass(frozen=True, slots=True)
class CityPopulation:
    """The population of a city in one source and vintage."""

    city_id: str
    source: str
    year: int
    population: int


@dataclass(frozen=True, slots=True)
class Succession:
    """The last word on what a city went over into, unless revoked."""

    city_id: str
    successors: tuple[str, ...]
    reason: str
    on: Dates


@dataclass(frozen=True, slots=True)
class MembershipChange:
    """A city joined (`active`) or left a network; `version` orders the changes of one stream."""

    city_id: str
    network: str
    active: bool
    on: Dates
    stream: str
    version: int


@dataclass(frozen=True, slots=True)
class Activity:
    """An activity as last announced, with the leads of everybody who claimed it."""

    activity_id: str
    announced_by: str
    kind: str
    title: str
    organisers: frozenset[str]
    delivery: str | None = None
    themes: tuple[str, ...] = ()
    phase: str | None = None
    languages: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class OccurrenceState:
    """The latest state of one sitting.

    Args:
        began, ended: the actual window, when it is known.
        held_on: the date it was held, when only that is known.
        bare_count: attendance of which only the number is known.
        counted_at, final_roll_at: when a bare count and a final roll were first recorded.
    """

    activity_id: str
    occurrence: str
    time_zone: str
    planned_on: date | None = None
    planned_at: datetime | None = None
    outcome: str | None = None
    began: datetime | None = None
    ended: datetime | None = None
    held_on: Dates | None = None
    bare_count: int | None = None
    registrations_stated: int | None = None
    counted_at: datetime | None = None
    final_roll_at: datetime | None = None

    @property
    def sitting(self) -> Sitting:
        """Its keys."""
        return (self.activity_id, self.occurrence)


@dataclass(frozen=True, slots=True)
class Turnout:
    """Who came to an occurrence and who had registered, in numbers.

    Args:
        people: in any role.
        attended: those who met the attendance rule; `attended_registered` of these had registered,
            `erased` of these asked to be forgotten.
        positions: those who attended, by their position in the city's service.
        named: in how many ways a city was named as having taken part.
    """

    people: int = 0
    attended: int = 0
    attended_registered: int = 0
    erased: int = 0
    positions: Sequence[tuple[str | None, int]] = ()
    named: int = 0
    registrations: int = 0


@dataclass(frozen=True, slots=True)
class CityPresence:
    """How a city pointer was there, at a held occurrence or at all those of some days together.

    Args:
        city: the pointer; None for people of whom no city was given.
        on: the date of the occurrence, or the days (`period.stretch_of`) that were put together.
        attended: people who met the attendance rule.
        contributed: people who spoke or hosted, and mentions that say so.
        named: mentions as having taken part, without people.
    """

    city: str | None
    on: Dates
    attended: int
    contributed: int
    named: int
    sitting: Sitting | None = None


@dataclass(frozen=True, slots=True)
class Uniques:
    """Distinct people over a window."""

    attendees: int = 0
    weak: int = 0
    walk_ins: int = 0
    late_viewers: int = 0


@dataclass(frozen=True, slots=True)
class Help:
    """Direct technical help to a city."""

    city: str
    network: str
    on: Dates
    stream: str
    version: int


@dataclass(frozen=True, slots=True)
class Work:
    """A resource as last described."""

    resource_id: str
    title: str
    kind: str
    publisher: str
    on: Dates
    languages: tuple[str, ...]
    themes: tuple[str, ...] = ()
    withdrawn_on: Dates | None = None


@dataclass(frozen=True, slots=True)
class Edition:
    """A translation or a revision of a work."""

    resource_id: str
    language: str | None
    edition: str | None
    on: Dates


@dataclass(frozen=True, slots=True)
class Share:
    """A work was made available to a network's members."""

    resource_id: str
    shared_with: str
    on: Dates


@dataclass(frozen=True, slots=True)
class Delivery:
    """How often a work was handed to a city on a stated date."""

    resource_id: str
    city: str
    on: Dates
    times: int


@dataclass(frozen=True, slots=True)
class Downloads:
    """How often a work was downloaded for a city in a month; the city may be unknown."""

    resource_id: str
    city: str | None
    month: Dates
    times: int


@dataclass(frozen=True, slots=True)
class Supply:
    """How often works were handed to a city pointer, and downloaded for it, in some days together.

    Args:
        city: the pointer; None for downloads of which no city is known.
        on: the days that were put together, which no window tells apart.
    """

    city: str | None
    on: Dates
    deliveries: int
    downloads: int


@dataclass(frozen=True, slots=True)
class Knowledge:
    """Everything a report is made of.

    Args:
        references: the city that each answered question of the work queue means, or None.
        occurrences: those that the windows of the report may hold.
        turnouts: who came to these, where anybody is known.
        presences: of cities at held occurrences, as far back as any figure looks.
        uniques: distinct people, by window.
        dismissed: pairs of activities of which a person said that they are two.
        deliveries, downloads: of the pointers that `supplies` does not count, and of those that are
            wanted one by one.
        supplies: of the pointers that can be counted together.
        handed: to how many of these each work was handed, by window.
        facts: how many facts of each ledger are known.
    """

    cities: Sequence[City] = ()
    populations: Sequence[CityPopulation] = ()
    successions: Sequence[Succession] = ()
    memberships: Sequence[MembershipChange] = ()
    references: Mapping[str, str | None] = field(default_factory=dict)
    activities: Mapping[str, Activity] = field(default_factory=dict)
    occurrences: Sequence[OccurrenceState] = ()
    turnouts: Mapping[Sitting, Turnout] = field(default_factory=dict)
    presences: Sequence[CityPresence] = ()
    uniques: Mapping[Dates, Uniques] = field(default_factory=dict)
    dismissed: frozenset[tuple[str, str]] = frozenset()
    help: Sequence[Help] = ()
    works: Sequence[Work] = ()
    editions: Sequence[Edition] = ()
    shares: Sequence[Share] = ()
    deliveries: Sequence[Delivery] = ()
    downloads: Sequence[Downloads] = ()
    supplies: Sequence[Supply] = ()
    handed: Mapping[Dates, Mapping[str, int]] = field(default_factory=dict)
    facts: Mapping[str, int] = field(default_factory=dict)
    data_to: datetime | None = None
