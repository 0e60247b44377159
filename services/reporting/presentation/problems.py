"""What went wrong, told in the language of the reader.

An error says in one English sentence what is wrong, where that is known, with the values that were
sent. Here the sentence is found again by its form, and said with these values in another language.
"""

from collections.abc import Iterator, Mapping
from functools import cache
from string import Formatter

from services.reporting.presentation.language import Language

SENTENCE_CHARACTERS_MAX = 2_000
SENTENCES = (
    (
        "{text} names no period: write 2024-Q1 for a quarter, 2024 for a year, and FY2024-Q2 or "
        "FY2024 for those of the NLC fiscal year."
    ),
    "{period} begins on {day}.",
    "{metric} is not a figure; a report lists those there are.",
    "{metric} has no rows by {dimension}: it is told apart by {dimensions}.",
    "{metric} has no rows by {dimension}: it is not told apart.",
    "{metric} counts people, who are told apart by one dimension at a time.",
    "a year is compared with the previous one.",
    "{metric} looks back by itself and has no figure a year before.",
    "No city is registered under {city}.",
    "No activity is known under {activity}.",
    "No resource is known under {resource}.",
    "No fact is known at {place}.",
    "{ledger} holds no fact {version} of {stream}.",
    "No fact is shown at {place}.",
    "This fact carries the key of a person, and is for staff.",
    "This city is counted, and is not shown by name.",
    "This address is not valid, or not any more.",
    "Send a token of this system as a bearer token.",
    "The role {role} may not {action}.",
    "publish a report",
    "read reports and what they count",
    "A request brings {most} at most.",
    "This form was sent from another site.",
    "There is no version {version} of {period}.",
    "{count} streams of {ledger} are on their way into reporting still; try again.",
    "no {kind} can be made just now.",
    "{count} readers follow reports already.",
    "lang is {languages}, not {text}.",
    "The body names another period than the address.",
    "Send a published report by POST to verify it.",
    "version is a number, not {text}.",
    "diff is written v1..v2, or v2..now.",
    "diff goes from a version to a later one.",
    "The body is no JSON object.",
    "The form holds no file.",
    "Say the length of what you send.",
    "At most {count} bytes are taken.",
    "The version of a fact is a number.",
    "There is no page {page} of these items.",
    "There is no file {name} here.",
    "A report has {tables}.",
    "No fact that a report counts has been recorded.",
    "The pages of this table are 1 to {count}.",
    "calendar is civil or nlc, not {text}.",
    "known_at is an instant with its offset, such as 2024-04-10T12:00:00Z, not {text}.",
    "known_at lies in the future: it is {now}.",
    "against is {choices}, not {text}.",
    "{period} is open still: a report is published once it is provisional.",
    "Version {version} of {period} was published meanwhile; look at it first.",
    "Version 1 of {period} revises nothing, so it takes no reason.",
    (
        "Version {version} of {period} revises version {before}: say why, by a reason (R1, R2, "
        "R3 or C) and a note."
    ),
    "It would say nothing else than version {version} of {period}.",
    "Version {version} of {period} is known at a later moment.",
    "There is nothing at {address}.",
    "{address} does not answer {method}.",
    "Something went wrong here. Whoever runs the system finds it in the log.",
)
"""Every sentence that a problem is told in, and the actions that one of them names."""


def retold(sentence: str, language: Language) -> str | None:
    """Return an English sentence in a language; None when nobody has translated its form."""
    if language.code == "en":
        return sentence
    if len(sentence) > SENTENCE_CHARACTERS_MAX:
        return None
    for form, parts in _forms():
        values = _values(parts, sentence)
        if values is not None:
            return language.text(form, **_told(values, language))
    return None


@cache
def _forms() -> tuple[tuple[str, tuple[tuple[str, str | None], ...]], ...]:
    """Return each sentence in its parts, a text and the value behind it; the longest text first."""
    forms = [
        (form, tuple((text, name) for text, name, _, _ in Formatter().parse(form)))
        for form in SENTENCES
    ]
    return tuple(sorted(forms, key=lambda form: -sum(len(text) for text, _ in form[1])))


def _values(parts: tuple[tuple[str, str | None], ...], sentence: str) -> Mapping[str, str] | None:
    """Return what stands in a sentence where its form names values; None when the form differs."""
    values, place, open_value = {}, 0, None
    for text, name in _ended(parts):
        found = sentence.find(text, place) if text or open_value is None else len(sentence)
        if found < 0 or (open_value is None and found != place):
            return None
        if open_value is not None:
            values[open_value] = sentence[place:found]
        place, open_value = found + len(text), name
    return values if place == len(sentence) else None


def _ended(parts: tuple[tuple[str, str | None], ...]) -> Iterator[tuple[str, str | None]]:
    """Yield the parts, and after a value at the end that there is nothing behind it."""
    yield from parts
    if parts[-1][1] is not None:
        yield "", None


def _told(values: Mapping[str, str], language: Language) -> Mapping[str, str]:
    """Return values as they are said; the role and the action of a refusal are words as well."""
    said = dict(values)
    if "action" in said:
        said["action"] = language.text(said["action"])
    if "role" in said:
        said["role"] = language.named("role", said["role"])
    return said
