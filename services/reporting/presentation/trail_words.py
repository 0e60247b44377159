"""What pages of figures, cities, activities, resources and facts call the codes of the documents.

The English texts are the keys of the translations.
"""

import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from babel.dates import format_skeleton

from services.reporting.domain.absence import CHANGES, SAYS, Rule
from services.reporting.presentation.language import Language

WORDS: Mapping[str, str] = {
    # ways in which a city is reached
    "attended": "attended",
    "named": "named as taking part",
    "contributed": "spoke or hosted",
    "helped": "was given help",
    "delivered": "was handed a resource",
    "downloaded": "downloaded a resource",
    # what a quarter of a city did to the figures
    "new": "new",
    "returning": "returning",
    "reactivated": "reactivated",
    "not_repeated": "not seen again",
    "left": "left",
    # parts of evidence
    "announced": "announcement",
    "held": "held",
    "cancelled": "cancelled",
    "roll": "attendance list",
    "mention": "city named",
    "merged": "counted as another",
    "passage": "joined or left",
    "registration": "registration",
    "help": "help given",
    "work": "publication",
    "share": "share",
    "delivery": "delivery",
    "download": "download",
    # states of an occurrence
    "scheduled": "scheduled",
    "not_counted": "broke off or empty: not counted",
    # kinds of cities, activities, resources
    "city": "city",
    "town": "town",
    "village": "village",
    "county": "county",
    "province": "province",
    "region": "region",
    "other": "other",
    "webinar": "webinar",
    "workshop": "workshop",
    "training": "training",
    "cohort_module": "cohort module",
    "office_hours": "office hours",
    "convening": "convening",
    "conference_session": "conference session",
    "summit": "summit",
    "roundtable": "roundtable",
    "toolkit": "toolkit",
    "guide": "guide",
    "policy_brief": "policy brief",
    "report": "report",
    "case_study": "case study",
    "recording": "recording",
    "activity": "activity",
    "resource": "resource",
    "online": "online",
    "in_person": "in person",
    "hybrid": "hybrid",
    # rows of breakdowns
    "joint": "joint",
    "both": "both networks",
    "neither": "neither network",
    "unknown": "unknown",
    "unattributed": "no city known",
    "prevention": "prevention",
    "response": "response",
    "recovery": "recovery",
    "elected": "elected",
    "police": "police",
    "civil_society": "civil society",
    "rural": "rural",
    # successions
    "merger": "merger",
    "split": "split",
    "rename": "rename",
    "duplicate": "second entry",
    # roles
    "attendee": "attendee",
    "panelist": "panelist",
    "host": "host",
    "staff": "staff",
    "test": "test account",
}

DIMENSIONS: Mapping[str, str] = {
    "network": "Networks",
    "country": "Country",
    "subdivision": "State or region",
    "size_class": "Size",
    "urban": "Urban or rural",
    "kind": "Kind",
    "organisers": "Organisers",
    "theme": "Theme",
    "phase": "Phase",
    "delivery": "Online or in person",
    "language": "Language",
    "position": "Position",
    "shared_with": "Shared with",
    "publisher": "Publisher",
}

COMPARISONS: Mapping[str, str] = {
    "previous": "the period before",
    "year-before": "the same quarter a year before",
}

MONTH = re.compile(r"[0-9]{4}-[0-9]{2}")
YEAR = re.compile(r"[0-9]{4}")


def words_of(language: Language) -> dict[str, Any]:
    """Return what the templates of these pages call: word, stated, moment, says, changes."""

    def word(code: str) -> str:
        return language.text(WORDS[code]) if code in WORDS else code

    def said(reason: Mapping[str, Any]) -> dict[str, Any]:
        values = dict(reason["said"])
        if "on" in values:
            values["on"] = stated(language, values["on"])
        if values.get("roles"):
            values["roles"] = language.listed([word(role) for role in values["roles"].split(", ")])
        if Rule(reason["rule"]) is Rule.OTHER_PERIOD:
            quarters = values["names"].split(", ")
            values["names"] = language.listed([language.quarter(each) for each in quarters])
        return values

    return {
        "word": word,
        "stated": lambda text: stated(language, text),
        "moment": datetime.fromisoformat,
        "says": lambda reason: language.text(SAYS[Rule(reason["rule"])], **said(reason)),
        "changes": lambda reason: language.text(CHANGES[Rule(reason["rule"])], **said(reason)),
    }


def stated(language: Language, text: str) -> str:
    """Return a date as it was stated, in words: 27 March 2024, March 2024, 2024."""
    if YEAR.fullmatch(text):
        return text
    if MONTH.fullmatch(text):
        first = date.fromisoformat(f"{text}-01")
        return str(format_skeleton("yMMMM", first, locale=language.locale))
    return language.day(date.fromisoformat(text))
