"""What of a fact may be shown to whom: no person, no small number, no city that is not named."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from services.reporting.domain.cities import Cities
from services.reporting.domain.dates import FOREVER, on_day

Json = Mapping[str, Any]

STREAMS_OF_PEOPLE = frozenset({"participation", "person"})
"""Nouns of streams whose very name carries the key of a person."""
STREAMS_OF_CITIES = frozenset({"city", "help", "reference"})
"""Nouns of streams whose very name tells the city."""
OF_PEOPLE = frozenset({"participants", "person", "people", "attendance", "registrations"})
"""Fields that carry keys of people, or counts of them at one occurrence."""
NAMING_CITIES = frozenset({"city_id", "reference_id", "within", "successors"})


@dataclass(frozen=True, slots=True)
class Disclosed:
    """A payload as somebody may see it.

    Args:
        payload: None when none of it may be seen.
        withheld: the fields that were left out.
    """

    payload: Json | None
    withheld: tuple[str, ...] = ()


class NotDisclosed(LookupError):
    """The fact carries the key of a person, and is for staff."""


def names_hidden_city(cities: Cities, payload: Json) -> bool:
    """Tell whether a payload points to a city that is not to be named."""
    return any(not _named(cities, city_id) for city_id in _city_ids(payload, cities))


def disclosed(payload: Json, cities: Cities, *, everything: bool) -> Disclosed:
    """Return what somebody may see of a payload."""
    if everything:
        return Disclosed(payload)
    kept = {name: value for name, value in payload.items() if name not in OF_PEOPLE}
    if names_hidden_city(cities, kept):
        return Disclosed(None, tuple(payload))
    # An empty field, or none, tells nothing of anybody.
    withheld = [name for name, value in payload.items() if name in OF_PEOPLE and value is not None]
    return Disclosed(kept, tuple(withheld))


def _named(cities: Cities, city_id: str) -> bool:
    described = cities.described(cities.lineage(city_id), FOREVER.date())
    return described is None or described.named


def _city_ids(value: Any, cities: Cities, name: str = "") -> Iterator[str]:
    match value:
        case Mapping():
            for key, each in value.items():
                yield from _city_ids(each, cities, key)
        case list() | tuple():
            for each in value:
                yield from _city_ids(each, cities, name)
        case str() if name == "reference_id":
            meant = cities.resolve(f"?{value}", on_day(FOREVER.date()))
            if meant is not None:
                yield meant
        case str() if name in NAMING_CITIES:
            yield value
        case _:
            return
