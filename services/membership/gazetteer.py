"""The gazetteer: which places of the world carry a name, so that a reference can be resolved.

Reads `gazetteer.sqlite` beside this file, which `deploy/gazetteer/build.py` builds. It answers
with every place a name may mean, best first; whether one of them is meant beyond doubt is decided
by the rules of membership, not here.
"""

import re
import sqlite3
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

PATH = Path(__file__).with_name("gazetteer.sqlite")
LOOKUPS_CACHED_MAX = 16_384
NAMES_CACHED_MAX = 16_384
DEGREE = 10_000  # coordinates are kept as whole ten-thousandths of a degree, 11 metres

PlaceKind = Literal["city", "county", "region"]
KINDS: tuple[PlaceKind, ...] = ("city", "county", "region")  # kept by their position here
GOVERNED_LOCALLY: tuple[PlaceKind, ...] = ("city", "county")

# ISO 3166 gives these their own country code and a subdivision code of the US: one way is kept.
US_TERRITORIES = frozenset({"AS", "GU", "MP", "PR", "UM", "VI"})
# ISO 3166-2 has two levels here (England and Birmingham, Grand Est and Bas-Rhin) and the
# gazetteer knows the upper one, so another code says nothing against a place.
TWO_LEVELS = frozenset({"BE", "ES", "FR", "GB"})

APOSTROPHES = "'’‘`´ʻʼʽʾʿˈ′"
PLAIN_LETTERS = "æ ae, œ oe, ø o, ł l, đ d, ð d, þ th, ħ h, ŧ t, ı i, ŋ n, ə a, ǝ a, ɓ b, ɗ d"
UNDECOMPOSED = str.maketrans(
    dict(pair.split() for pair in PLAIN_LETTERS.split(", "))
    | dict.fromkeys(APOSTROPHES, "")
    | {"&": " and "}
)
BETWEEN_TOKENS = re.compile(r"[^\w]|_")
WRITTEN_OUT = MappingProxyType(
    {"st": "saint", "ste": "saint", "sainte": "saint", "ft": "fort", "mt": "mount"}
)
FORMS = r"city|town|village|borough|municipality|metropolitan municipality"
BEFORE_THE_NAME = re.compile(
    rf"^(?:the )?(?:city and county|{FORMS}|ville|ayuntamiento) (?:of|de) "
)
COUNTY_OF = re.compile(r"^(?:the )?county of (.+)$")
AFTER_THE_NAME = re.compile(r" (?:(?:metropolitan|local) )?municipality$")
COUNCIL = re.compile(r" council$")
FORM_BEFORE_COUNCIL = re.compile(r" (?:city|town|village|borough|municipal|metropolitan)$")

SELECT = """
    SELECT id, census_geoid, place.name, kind, country, subdivision, geonames_admin1,
           population, latitude, longitude, time_zone, part_of
    FROM place
"""
SELECT_BY_ID = f"{SELECT} WHERE id = ?"
SELECT_BY_GEOID = f"{SELECT} WHERE census_geoid = ?"
SELECT_CITIES = f"""{SELECT}
    WHERE kind = 0 AND part_of IS NULL AND population > 0 AND time_zone IS NOT NULL
      AND (? IS NULL OR country = ?)
    ORDER BY population DESC, id
"""
SELECT_BY_NAME = """
    SELECT id, census_geoid, place.name, kind, country, subdivision, geonames_admin1,
           population, latitude, longitude, time_zone, part_of, is_main
    FROM name JOIN place ON place.id = name.place
    WHERE name.name = ? AND place.country = ?
"""


@dataclass(frozen=True, slots=True)
class Place:
    """A place as the gazetteer knows it.

    Args:
        geonames_id: None for US counties, which have a `census_geoid` alone.
        kind: "region" is a US state or territory.
        subdivision: ISO 3166-2 without the country; None where only GeoNames' own code is known.
        geonames_admin1: that code, only where `subdivision` is None: it is no ISO code, and still
            tells places of one country apart.
        population: by GeoNames, None when GeoNames does not say.
        part_of: the GeoNames id of the city this place is a part of (Brooklyn of New York).
        main_name_matches: in an answer to `lookup`, whether the name asked for is the place's
            own name rather than an alias, an old name or a name in another language.
    """

    geonames_id: int | None
    census_geoid: str | None
    name: str
    kind: PlaceKind
    country: str
    subdivision: str | None
    geonames_admin1: str | None
    population: int | None
    latitude: float | None
    longitude: float | None
    time_zone: str | None
    part_of: int | None = None
    main_name_matches: bool = True


def normalise(name: str) -> str:
    """Return the form under which two spellings of one name are equal.

    Case, diacritics, punctuation and "Saint", "Fort", "Mount" and "and" in their short forms
    make no difference; neither do "City of …" and "… City Council". What is left of "Kansas City
    Council" is "kansas"; `spellings` has "kansas city" too.

    >>> normalise("Dąbrowa Górnicza"), normalise("City of St. Paul"), normalise("'s-Gravenhage")
    ('dabrowa gornicza', 'saint paul', 's gravenhage')
    """
    return spellings(name)[-1]


@lru_cache(maxsize=NAMES_CACHED_MAX)
def spellings(name: str) -> tuple[str, ...]:
    """Return the normalised forms a name may be filed under, the most literal one first.

    "City of Athens" is Athens, but the City of London is not London. "Cape Town Council" is the
    council of Cape Town, and "Golden Town Council" that of Golden.
    """
    plain = _plain(name)
    bare = BEFORE_THE_NAME.sub("", plain)
    bare = COUNTY_OF.sub(r"\1 county", bare)
    bare = AFTER_THE_NAME.sub("", bare)
    if not COUNCIL.search(bare):
        return tuple(dict.fromkeys((plain, bare)))
    of_the_council = COUNCIL.sub("", bare)
    without_form = FORM_BEFORE_COUNCIL.sub("", of_the_council)
    return tuple(dict.fromkeys((plain, of_the_council, without_form)))


def _plain(name: str) -> str:
    """Return a name in lower-case words without diacritics, short forms written out."""
    lower = unicodedata.normalize("NFKD", name.casefold().translate(UNDECOMPOSED)).casefold()
    letters = "".join(character for character in lower if not unicodedata.combining(character))
    words: list[str] = []
    initials = False
    for word in BETWEEN_TOKENS.sub(" ", letters).split():
        # "D.C.", "D. C." and "DC" are one word.
        if initials and len(word) == 1:
            words[-1] += word
        else:
            words.append(WRITTEN_OUT.get(word, word))
        initials = len(word) == 1
    return " ".join(words)


class Gazetteer:
    """Answers from the gazetteer file, opened read-only; one instance serves all threads."""

    def __init__(self, path: Path = PATH) -> None:
        """Open the gazetteer.

        Raises:
            FileNotFoundError: it is not there; `python -m deploy.gazetteer.build` builds it.
        """
        if not path.is_file():
            raise FileNotFoundError(f"{path} is missing: python -m deploy.gazetteer.build")
        # Immutable: nobody writes the file while it is open, so SQLite need not lock it.
        self._connection = sqlite3.connect(
            f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True, check_same_thread=False
        )
        self._zones = dict(self._connection.execute("SELECT id, name FROM time_zone"))
        self._subdivisions = {
            (country, code): name
            for country, code, name in self._connection.execute(
                "SELECT country, code, name FROM subdivision"
            )
        }
        self._countries_divided = {country for country, _ in self._subdivisions}
        self._countries = dict(self._connection.execute("SELECT code, name FROM country"))
        self._cached_lookup = lru_cache(maxsize=LOOKUPS_CACHED_MAX)(self._lookup)

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def lookup(
        self,
        name: str,
        country: str,
        subdivision: str | None = None,
        kinds: tuple[PlaceKind, ...] = GOVERNED_LOCALLY,
    ) -> list[Place]:
        """Return all the places that a name may mean in a country.

        Args:
            name: in any spelling that `normalise` levels out, or an alias.
            country: ISO 3166-1 alpha-2.
            subdivision: ISO 3166-2 without the country. It leaves out the places that are known
                to lie elsewhere; a place whose subdivision is not known stays in.
            kinds: leaves out states unless asked, for they share their names with cities.

        Returns:
            The places that have it as their own name before those that have it as an alias, and
            among them the more populous first. Two records of one place appear once.
        """
        return list(self._cached_lookup(name, country, subdivision, kinds))

    def cities(self, country: str | None = None) -> Iterator[Place]:
        """Yield the cities of a country, or of the world, the most populous first."""
        for row in self._connection.execute(SELECT_CITIES, (country, country)):
            yield self._place(row)

    def by_geonames_id(self, geonames_id: int) -> Place | None:
        """Return the place with a GeoNames id, also when that is a second record of the place."""
        kept = self._connection.execute(
            "SELECT place FROM duplicate WHERE geonames_id = ?", (geonames_id,)
        ).fetchone()
        return self._one(SELECT_BY_ID, kept[0] if kept else geonames_id)

    def by_census_geoid(self, census_geoid: str) -> Place | None:
        """Return the US state (2 digits) or county (5 digits) with a Census GEOID.

        An independent city (Baltimore, Richmond) counts as a county: its own place is returned.
        """
        return self._one(SELECT_BY_GEOID, census_geoid)

    def country_name(self, country: str) -> str | None:
        """Return the English name of a country by its ISO 3166-1 alpha-2 code."""
        return self._countries.get(country)

    def subdivision_name(self, country: str, subdivision: str) -> str | None:
        """Return the English name of a state or province, for the countries known by ISO code."""
        return self._subdivisions.get((country, subdivision))

    def source(self) -> dict[str, str]:
        """Return where the data comes from: dataset, licence, vintage, address."""
        return dict(self._connection.execute("SELECT key, value FROM source"))

    def _lookup(
        self, name: str, country: str, subdivision: str | None, kinds: tuple[PlaceKind, ...]
    ) -> tuple[Place, ...]:
        if country in US_TERRITORIES:
            country, subdivision = "US", country
        comparable = subdivision is not None and (
            (country, subdivision) in self._subdivisions
            or (country in self._countries_divided and country not in TWO_LEVELS)
        )
        for spelling in spellings(name):
            rows = self._connection.execute(SELECT_BY_NAME, (spelling, country))
            places = [
                place
                for place in map(self._place, rows)
                if place.kind in kinds
                and (not comparable or place.subdivision in (None, subdivision))
            ]
            if places:
                return tuple(sorted(places, key=lambda place: _rank(place, subdivision)))
        return ()

    def _one(self, query: str, value: int | str) -> Place | None:
        row = self._connection.execute(query, (value,)).fetchone()
        return None if row is None else self._place(row)

    def _place(self, row: tuple[Any, ...]) -> Place:
        place, geoid, name, kind, country, subdivision, admin1, population = row[:8]
        latitude, longitude, zone, part_of, *is_main = row[8:]
        return Place(
            geonames_id=place if place > 0 else None,
            census_geoid=geoid,
            name=name,
            kind=KINDS[kind],
            country=country,
            subdivision=subdivision,
            geonames_admin1=admin1,
            population=population,
            latitude=None if latitude is None else latitude / DEGREE,
            longitude=None if longitude is None else longitude / DEGREE,
            time_zone=self._zones.get(zone),
            part_of=part_of,
            main_name_matches=bool(is_main[0]) if is_main else True,
        )


def _rank(place: Place, subdivision: str | None) -> tuple[bool, bool, int, str]:
    """Return the sort key that puts the likeliest place first; the name settles a draw."""
    elsewhere_perhaps = subdivision is not None and place.subdivision != subdivision
    return (
        elsewhere_perhaps,
        not place.main_name_matches,
        -(place.population or 0),
        f"{place.subdivision}/{place.kind}/{place.geonames_id}",
    )
