"""What codes are called: places, languages, kinds, themes, and the rows of every breakdown."""

from collections.abc import Iterable
from datetime import date
from functools import lru_cache

from services.reporting.domain.dates import stated_dates
from services.reporting.presentation.language import Language
from services.reporting.presentation.regions import region
from services.reporting.presentation.sheet import Cell

UNKNOWN, UNATTRIBUTED = "unknown", "unattributed"
LAST = (UNKNOWN, UNATTRIBUTED)
OTHER = "other:"
"""Before the slug of an organisation that is neither network."""
SLUG_MARK = "_"
"""No name holds it; a slug that no code list knows may."""
KINDS = {
    "activities_held": "activity_kind",
    "attendance": "activity_kind",
    "registrations": "activity_kind",
    "webinars_held": "activity_kind",
    "cities_engaged": "city_kind",
    "resources_shared": "resource_kind",
}
"""Which code list the kinds of a figure belong to."""

NAMES_KEPT_MAX = 10_000
"""A long report says the same few names thousands of times."""
_kept = lru_cache(maxsize=NAMES_KEPT_MAX)


def capital(text: str) -> str:
    """Return a text that begins with a capital letter."""
    return text[:1].upper() + text[1:]


@_kept
def called(language: Language, kind: str, key: str) -> str:
    """Return what a code is called, to begin a line with; an unknown slug stays as it is."""
    name = language.named(kind, key)
    return name if SLUG_MARK in name else capital(name)


@_kept
def country(language: Language, code: str) -> str:
    """Return the name of a country."""
    return str(language.locale.territories.get(code, code))


@_kept
def subdivision(language: Language, key: str) -> str:
    """Return the name of a part of a country: Ohio, Limburg (Belgium).

    Of the countries whose parts are named often our own words say it; others name the country too,
    for several have a Limburg or a Punjab. Where nobody knows a name, its code stands.
    """
    of, _, code = key.partition("-")
    if code == UNKNOWN:
        place = country(language, of)
        return language.text("{place}: part not known", place=place)
    name = language.named("subdivision", key)
    if name != key:
        return name
    return f"{region(key, language.code) or code} ({country(language, of)})"


@_kept
def tongue(language: Language, code: str) -> str:
    """Return the name of a language."""
    name = language.locale.languages.get(code)
    return str(name) if name else language.named("row", code)


def organisation(language: Language, code: str) -> str:
    """Return a network, another organisation by its slug, or a row of a partition."""
    return code.removeprefix(OTHER) if code.startswith(OTHER) else called(language, "network", code)


def row_name(language: Language, metric: str, dimension: str, key: str) -> str:
    """Return what a row of a breakdown is called."""
    if key in LAST:
        return called(language, "row", key)
    match dimension:
        case "country":
            return country(language, key)
        case "subdivision":
            return subdivision(language, key)
        case "language":
            return capital(tongue(language, key))
        case "network" | "publisher" | "shared_with":
            return organisation(language, key)
        case "kind":
            return called(language, KINDS[metric], key)
        case _:
            return called(language, dimension, key)


@_kept
def code(language: Language, kind: str, key: str) -> Cell:
    """Return a code as a cell that says what it is called."""
    known = key not in LAST
    return Cell(called(language, kind if known else "row", key), key=key)


def codes(language: Language, kind: str, keys: Iterable[str]) -> Cell:
    """Return several codes as one cell."""
    return _codes(language, kind, tuple(keys))


@_kept
def _codes(language: Language, kind: str, keys: tuple[str, ...]) -> Cell:
    names = [
        tongue(language, key) if kind == "language" else language.named(kind, key) for key in keys
    ]
    joined = ", ".join(names)
    return Cell(joined if names and SLUG_MARK in names[0] else capital(joined), key=" ".join(keys))


def stated(language: Language, text: str | None) -> Cell:
    """Return a date as it was stated: a day as a day, a month or a year in words."""
    if text is None:
        return Cell(None)
    dates = stated_dates(text)
    if dates.first == dates.last:
        return Cell(dates.first, key=text)
    return Cell(month_or_year(language, dates.first, text), key=text)


def month_or_year(language: Language, first: date, text: str) -> str:
    """Return a date that is known to the month or to the year only."""
    return language.month(first) if len(text) > len("2024") else text
