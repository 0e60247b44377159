"""Which cities a history takes place in: real ones, of the United States and of the world."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from services.membership.gazetteer import Gazetteer, Place, normalise

US_PERCENT = 70
PER_COUNTRY_MAX = 12
NOT_IN_A_SLUG = re.compile(r"[^a-z0-9]+")
SLUG_LENGTH_MAX = 50


@dataclass(frozen=True, slots=True)
class City:
    """A city of the gazetteer, under an id of this history's own."""

    city_id: str
    place: Place

    @property
    def is_american(self) -> bool:
        """Whether it may belong to the National League of Cities."""
        return self.place.country == "US"


def cities(count: int, prefix: str) -> tuple[City, ...]:
    """Return so many cities, most populous first, with ids that begin with the prefix."""
    gazetteer = Gazetteer()
    try:
        american = list(islice(gazetteer.cities("US"), count * US_PERCENT // 100))
        abroad = list(islice(_spread(gazetteer.cities()), count - len(american)))
    finally:
        gazetteer.close()
    places = sorted([*american, *abroad], key=lambda place: -(place.population or 0))
    seen: set[str] = set()
    return tuple(City(f"{prefix}-{_slug(place, seen)}", place) for place in places)


def _spread(places: Iterator[Place]) -> Iterator[Place]:
    """Yield the places abroad, a few of each country, so that no country outweighs the others."""
    taken: Counter[str] = Counter()
    for place in places:
        if place.country != "US" and taken[place.country] < PER_COUNTRY_MAX:
            taken[place.country] += 1
            yield place


def _slug(place: Place, seen: set[str]) -> str:
    """Return name and state or country in the letters of an id, told apart where they meet."""
    where = place.subdivision if place.country == "US" else place.country
    words = NOT_IN_A_SLUG.sub("-", f"{normalise(place.name)} {where}".lower()).strip("-")
    slug = words[:SLUG_LENGTH_MAX]
    if slug in seen:
        slug = f"{slug}-{place.geonames_id}"
    seen.add(slug)
    return slug
