"""Touches: each way in which a city was reached, with its date and what it rests on."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from typing import NamedTuple

from services.reporting.domain.cities import Cities
from services.reporting.domain.dates import Dates
from services.reporting.domain.knowledge import CityPresence, Delivery, Downloads, Help, Sitting


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
    presences: Iterable[CityPresence], help_given: Iterable[Help], cities: Cities
) -> list[Touch]:
    """Return the touches that make a city engaged: at held occurrences, and direct help.

    A city that is given under several pointers touches an occurrence once in each way.
    """
    found: dict[tuple[object, ...], Touch] = {}
    for presence in presences:
        city_id = cities.resolve(presence.city, presence.on)
        if city_id is not None:
            for way in _ways(presence):
                found.setdefault(
                    (city_id, way, presence.on, presence.sitting),
                    Touch(city_id, cities.lineage(city_id), way, presence.on, presence.sitting),
                )
    touches = list(found.values())
    for given in help_given:
        city_id = cities.resolve(given.city, given.on)
        if city_id is not None:
            fact = (given.stream, given.version)
            touches.append(Touch(city_id, cities.lineage(city_id), Way.HELPED, given.on, fact=fact))
    return touches


def core_days(
    presences: Mapping[Dates, Iterable[CityPresence]], help_given: Iterable[Help], cities: Cities
) -> Iterator[tuple[Dates, str]]:
    """Yield when cities were touched so that they are engaged: `core_touches`, and nothing else."""
    for on, those in presences.items():
        for each in those:
            if each.attended or each.named or each.contributed:
                city_id = cities.resolve(each.city, on)
                if city_id is not None:
                    yield on, cities.lineage(city_id)
    for given in help_given:
        city_id = cities.resolve(given.city, given.on)
        if city_id is not None:
            yield given.on, cities.lineage(city_id)


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

    def __init__(self, touched: Iterable[tuple[Dates, str]]) -> None:
        """Sort cities by the dates on which they were touched."""
        self._lineages: dict[Dates, set[str]] = {}
        for on, lineage in touched:
            self._lineages.setdefault(on, set()).add(lineage)

    def within(self, window: Dates) -> frozenset[str]:
        """Return the cities touched within a window."""
        days = (cities for on, cities in self._lineages.items() if on.lies_in(window))
        return frozenset[str]().union(*days)

    def last(self, window: Dates) -> dict[str, Dates]:
        """Return the last date within a window on which each city was touched."""
        days = sorted(on for on in self._lineages if on.lies_in(window))
        return {lineage: on for on in days for lineage in self._lineages[on]}


def last_touch(touches: Sequence[Touch], lineage: str, until: Dates) -> Touch | None:
    """Return the latest touch of a city within a window."""
    own = [touch for touch in touches if touch.lineage == lineage and touch.on.lies_in(until)]
    return max(own, key=lambda touch: (touch.on, touch.way), default=None)


def _ways(presence: CityPresence) -> Iterator[Way]:
    if presence.attended:
        yield Way.ATTENDED
    if presence.named:
        yield Way.NAMED
    if presence.contributed:
        yield Way.CONTRIBUTED
