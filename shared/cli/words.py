"""What text reports say around the figures, and how numbers look, in each language.

The names of the figures and the headline come with the report.
"""

from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum


class Language(StrEnum):
    """A language that reports can be read in."""

    EN = "en"
    FR = "fr"
    ES = "es"


NARROW_SPACE = "\u202f"
THOUSANDS = {Language.EN: ",", Language.FR: NARROW_SPACE, Language.ES: ","}
DECIMAL = {Language.EN: ".", Language.FR: ",", Language.ES: "."}

WORDS: Mapping[Language, Mapping[str, str]] = {
    Language.EN: {
        "to": "to",
        "also": "also",
        "data_to": "data to",
        "no_data": "no data yet",
        "as_known_at": "as known at",
        "published": "version {number}, as published",
        "next": "next: {status} on {on}",
        "previous": "before",
        "change": "change",
        "cities": "Cities",
        "activities": "Activities",
        "people": "People",
        "resources": "Resources",
        "quality": "Completeness",
        "others": "Other figures",
        "where": "Cities engaged, by",
        "network": "network",
        "country": "country",
        "state": "US state",
        "size_class": "residents",
        "organisers": "Who organised",
        "webinars_held": "webinars",
        "activities_held": "activities",
        "members": "Members engaged",
        "of": "of",
        "joint": "joint",
        "other": "other",
        "both": "both",
        "neither": "neither",
        "unknown": "unknown",
        "notes": "Notes",
        "marks": "[p] provisional   [x] missing   [c] not printed: few people   - not applicable",
        "how": "How each figure is counted, and from which facts:",
        "open": "open",
        "provisional": "provisional",
        "final": "final",
        "revised": "revised",
    },
    Language.FR: {
        "to": "au",
        "also": "aussi",
        "data_to": "données jusqu’au",
        "no_data": "aucune donnée",
        "as_known_at": "tel que connu au",
        "published": "version {number}, telle que publiée",
        "next": "ensuite : {status} le {on}",
        "previous": "avant",
        "change": "écart",
        "cities": "Villes",
        "activities": "Activités",
        "people": "Personnes",
        "resources": "Ressources",
        "quality": "Complétude",
        "others": "Autres chiffres",
        "where": "Villes mobilisées, par",
        "network": "réseau",
        "country": "pays",
        "state": "État américain",
        "size_class": "habitants",
        "organisers": "Qui a organisé",
        "webinars_held": "webinaires",
        "activities_held": "activités",
        "members": "Membres mobilisés",
        "of": "sur",
        "joint": "conjoint",
        "other": "autres",
        "both": "les deux",
        "neither": "aucun",
        "unknown": "inconnu",
        "notes": "Remarques (en anglais)",
        "marks": "[p] provisoire   [x] manquant   [c] masqué : peu de personnes   - sans objet",
        "how": "Comment chaque chiffre est compté, et sur quels faits :",
        "open": "ouvert",
        "provisional": "provisoire",
        "final": "définitif",
        "revised": "révisé",
    },
    Language.ES: {
        "to": "a",
        "also": "también",
        "data_to": "datos hasta",
        "no_data": "sin datos",
        "as_known_at": "según lo conocido el",
        "published": "versión {number}, tal como se publicó",
        "next": "después: {status} el {on}",
        "previous": "antes",
        "change": "cambio",
        "cities": "Ciudades",
        "activities": "Actividades",
        "people": "Personas",
        "resources": "Recursos",
        "quality": "Integridad",
        "others": "Otras cifras",
        "where": "Ciudades participantes, por",
        "network": "red",
        "country": "país",
        "state": "estado de EE. UU.",
        "size_class": "habitantes",
        "organisers": "Quién organizó",
        "webinars_held": "seminarios web",
        "activities_held": "actividades",
        "members": "Miembros participantes",
        "of": "de",
        "joint": "conjunto",
        "other": "otros",
        "both": "ambas",
        "neither": "ninguna",
        "unknown": "desconocido",
        "notes": "Notas (en inglés)",
        "marks": "[p] provisional   [x] falta   [c] no impreso: pocas personas   - no aplicable",
        "how": "Cómo se cuenta cada cifra, y con qué hechos:",
        "open": "abierto",
        "provisional": "provisional",
        "final": "definitivo",
        "revised": "revisado",
    },
}

MONTHS = {
    Language.EN: "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(),
    Language.FR: "janv. févr. mars avr. mai juin juil. août sept. oct. nov. déc.".split(),
    Language.ES: "ene feb mar abr may jun jul ago sep oct nov dic".split(),
}


def word(key: str, language: Language) -> str:
    """Return the word for a key; a code that we have no word for stands as it is."""
    return WORDS[language].get(key, key)


def number(value: float, language: Language) -> str:
    """Return 1234.5 as 1,234.5 or as the language has it; whole numbers without decimals."""
    text = f"{value:,.1f}".removesuffix(".0") if value % 1 else f"{value:,.0f}"
    whole, _, fraction = text.partition(".")
    whole = whole.replace(",", THOUSANDS[language])
    return f"{whole}{DECIMAL[language]}{fraction}" if fraction else whole


def day(on: date, language: Language) -> str:
    """Return a date with the month as a word, so that nobody mistakes its parts."""
    return f"{on.day} {MONTHS[language][on.month - 1]} {on.year}"


def instant(moment: datetime, language: Language) -> str:
    """Return a moment to the minute, with its zone."""
    return f"{day(moment.date(), language)}, {moment:%H:%M} {moment.tzname()}"
