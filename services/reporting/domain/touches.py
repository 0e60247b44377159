"""Touches: each way in which a city was reached, with its date and what it rests on."""

from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum
from typing import NamedTuple

from services.reporting.domain.cities import Cities
from services.reporting.domain.dates import Dates
from services.reporting.domain.knowledge import Delivery, Downloads, Help, Sitting
from services.reporting.domain.occurrences import Occurrence


class Way(StrEnum):
    """How a city was reached; the last two never make it engaged."""

    ATTENDED = "attended"
    NAMED = "named"
    CONTRIBUTED = "contributed"
    HELPED = "helped"
    DELIVERED = "delivered"
    DOWNLOADED = "downloaded"


class Touch(NamedTuple):
    """One way in which a city was reached; `city_id` is the identity that was named."""

    city_id: str
    lineage: str
    way: Way
    on: Dates
    sitting: Sitting | None = None
    resource_id: str | None = None
    fact: tuple[str, int] | None = None


def core_touches(
    occurrences: Iterable[Occurrence], help_given: Iterable[Help], cities: Cities
) -> list[Touch]:
    """Return the touches that make a city engaged: at held occurrences, and direct help."""
    found: list[Touch] = []
    for occurrence in occurrences:
        if occurrence.held:
            found.extend(_at(occurrence, cities))
    for given in help_given:
        city_id = cities.resolve(given.city, given.on)
        if city_id is not None:
            fact = (given.stream, given.version)
            found.append(Touch(city_id, cities.lineage(city_id), Way.HELPED, given.on, fact=fact))
    return found


def broad_touches(
    deliveries: Iterable[Delivery], downloads: Iterable[Downloads], cities: Cities
) -> list[Touch]:
    """Return the attributed deliveries and downloads."""
    found: list[Touch] = []
    reached: list[tuple[Way, str | None, Dates, str]] = [
        *((Way.DELIVERED, row.city, row.on, row.resource_id) for row in deliveries),
        *((Way.DOWNLOADED, row.city, row.month, row.resource_id) for row in downloads),
    ]
    for way, pointer, on, resource_id in reached:
        city_id = cities.resolve(pointer, on)
        if city_id is not None:
            lineage = cities.lineage(city_id)
            found.append(Touch(city_id, lineage, way, on, resource_id=resource_id))
    return found


class Calendar:
    """Who was touched when; windows are looked up by date, not touch by touch."""

    def __init__(self, touches: Iterable[Touch]) -> None:
        """Sort the touches by their dates."""
        self._lineages: dict[Dates, set[str]] = {}
        for touch in touches:
            self._lineages.setdefault(touch.on, set()).add(touch.lineage)

    def within(self, window: Dates) -> frozenset[str]:
        """Return the cities touched within a window."""
        days = (cities for on, cities in self._lineages.items() if on.lies_in(window))
        return frozenset[str]().union(*days)


def last_touch(touches: Sequence[Touch], lineage: str, until: Dates) -> Touch | None:
    """Return the latest touch of a city within a window."""
    own = [touch for touch in touches if touch.lineage == lineage and touch.on.lies_in(until)]
    return max(own, key=lambda touch: (touch.on, touch.way), default=None)


def _at(occurrence: Occurrence, cities: Cities) -> Iterator[Touch]:
    seen: set[tuple[str, Way]] = set()
    for pointer, way in _named(occurrence):
        city_id = cities.resolve(pointer, occurrence.on)
        if city_id is None or (city_id, way) in seen:
            continue
        seen.add((city_id, way))
        yield Touch(city_id, cities.lineage(city_id), way, occurrence.on, occurrence.sitting)


def _named(occurrence: Occurrence) -> Iterator[tuple[str | None, Way]]:
    for group in occurrence.groups:
        if group.attended:
            yield group.city, Way.ATTENDED
        if group.contributed:
            yield group.city, Way.CONTRIBUTED
    for mention in occurrence.mentions:
        way = Way.NAMED if mention.part == "attended" else Way.CONTRIBUTED
        yield mention.city, way
