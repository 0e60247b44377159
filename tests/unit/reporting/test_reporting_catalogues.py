"""The catalogues: every text is translated, nothing is left over, and proper names stay."""

from collections import defaultdict
from functools import cache
from pathlib import Path
from string import Formatter
from typing import get_args

import pytest
from babel.messages.catalog import Catalog
from babel.messages.catalog import Message as Entry
from babel.messages.pofile import read_po

from services.reporting.domain.registry import Unit
from services.reporting.presentation.language import CATALOGUES, LOCALES, language_of
from shared.contracts.values import (
    ActivityKind,
    CityKind,
    Delivery,
    Phase,
    Position,
    ResourceKind,
    Urban,
)
from tests.support.messages import (
    REPORTING,
    Message,
    in_python,
    in_template,
    messages,
    spoken,
)

TRANSLATED = [name for code, name in LOCALES.items() if code != "en"]
CODE_LISTS = {
    "activity_kind": get_args(ActivityKind),
    "city_kind": get_args(CityKind),
    "delivery": get_args(Delivery),
    "phase": get_args(Phase),
    "position": get_args(Position),
    "resource_kind": get_args(ResourceKind),
    "unit": get_args(Unit),
    "unit_of_one": get_args(Unit),
    "urban": get_args(Urban),
}
"""What the contracts and the registry may say, by the name of the code list."""


@cache
def entries(locale: str) -> list[tuple[Path, Entry]]:
    """Return the messages of every catalogue of a locale, with their file."""
    found: list[tuple[Path, Entry]] = []
    for file in sorted((CATALOGUES / locale / "LC_MESSAGES").glob("*.po")):
        with file.open("rb") as source:
            found += ((file, entry) for entry in read_po(source, locale) if entry.id)
    return found


def asked(entry: Entry) -> Message:
    """Return the text, or its two forms, that an entry is the translation of."""
    if isinstance(entry.id, str):
        return entry.id
    one, many = entry.id
    return one, many


def said(entry: Entry) -> list[str]:
    """Return the translation, or each of its forms."""
    assert entry.string is not None
    return [entry.string] if isinstance(entry.string, str) else list(entry.string)


def blanks(text: str) -> set[str]:
    """Return what a text names in braces."""
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


def texts(locale: str) -> dict[Message, Entry]:
    """Return the entries of texts; those of code lists have a context."""
    return {asked(entry): entry for _, entry in entries(locale) if not entry.context}


@pytest.mark.parametrize("locale", TRANSLATED)
def test_every_text_that_people_read_is_translated(locale: str) -> None:
    translated = texts(locale)

    missing = {message: file for message, file in messages().items() if message not in translated}
    empty = [message for message, entry in translated.items() if not all(said(entry))]

    assert missing == {}
    assert empty == []


@pytest.mark.parametrize("locale", TRANSLATED)
def test_no_translation_is_left_over_from_a_text_that_went(locale: str) -> None:
    wanted = messages().keys() | spoken()

    assert [message for message in texts(locale) if message not in wanted] == []


@pytest.mark.parametrize("locale", LOCALES.values())
def test_no_translation_is_a_guess(locale: str) -> None:
    assert [entry.id for _, entry in entries(locale) if entry.fuzzy] == []


@pytest.mark.parametrize("locale", TRANSLATED)
def test_a_translation_names_the_same_values_as_the_english_text(locale: str) -> None:
    for message, entry in texts(locale).items():
        forms = [message] if isinstance(message, str) else list(message)
        wanted = set().union(*map(blanks, forms))
        for form in said(entry):
            assert blanks(form) == wanted, (message, form)


@pytest.mark.parametrize("locale", TRANSLATED)
def test_a_count_has_a_form_for_one_and_for_many(locale: str) -> None:
    forms = Catalog(locale=locale).num_plurals

    for message, entry in texts(locale).items():
        assert len(said(entry)) == (1 if isinstance(message, str) else forms), message


@pytest.mark.parametrize("locale", LOCALES.values())
def test_two_catalogues_never_say_the_same_thing_in_two_ways(locale: str) -> None:
    ways: dict[tuple[str | None, Message], dict[str, str]] = defaultdict(dict)
    for file, entry in entries(locale):
        ways[entry.context, asked(entry)][file.name] = str(entry.string)

    assert {key: said for key, said in ways.items() if len(set(said.values())) > 1} == {}


def test_every_code_has_a_name_in_every_language() -> None:
    codes = {
        locale: {(entry.context, entry.id) for _, entry in entries(locale) if entry.context}
        for locale in LOCALES.values()
    }
    known = {(kind, code) for kind, listed in CODE_LISTS.items() for code in listed}

    assert known <= codes["en"]
    assert codes["fr"] == codes["es_419"]
    assert codes["en"] <= codes["fr"], "a code whose English name is the code needs no entry in en"


def test_every_code_list_is_looked_up_somewhere() -> None:
    sources = "".join(
        file.read_text("utf-8") for suffix in ("*.py", "*.html") for file in REPORTING.rglob(suffix)
    )

    lists = {entry.context for _, entry in entries("en") if entry.context}

    assert [
        name for name in lists if f'"{name}"' not in sources and f"'{name}'" not in sources
    ] == []


@pytest.mark.parametrize("locale", TRANSLATED)
@pytest.mark.parametrize("name", ["NLC", "SCN", "Tandem", "ISO 3166-1", "SHA-256"])
def test_proper_names_are_never_translated(locale: str, name: str) -> None:
    names = {(entry.context, entry.id): said(entry)[0] for _, entry in entries("en")}

    for _, entry in entries(locale):
        text = asked(entry) if isinstance(entry.id, str) else asked(entry)[0]
        english = names.get((entry.context, entry.id), text) if entry.context else text
        for form in said(entry):
            assert form.count(name) == english.count(name), (english, form)


def test_the_networks_keep_the_names_they_gave_themselves() -> None:
    own = {"fr": "Réseau des villes fortes", "es_419": "Strong Cities Network"}

    for locale, name in own.items():
        for _, entry in entries(locale):
            if "Strong Cities Network" in str(entry.id):
                assert all(name in form for form in said(entry)), entry.id
            if "National League of Cities" in str(entry.id):
                assert all("National League of Cities" in form for form in said(entry)), entry.id


@pytest.mark.parametrize(
    ("code", "sentence"),
    [("en", "1,234 cities"), ("fr", "1\u202f234 villes"), ("es", "1,234 ciudades")],
)
def test_a_text_comes_out_in_its_language(code: str, sentence: str) -> None:
    language = language_of(code)

    assert language.counted("{count} city", "{count} cities", 1234) == sentence


def test_none_is_one_in_french_and_many_elsewhere() -> None:
    counted = {
        code: language_of(code).counted("{count} city", "{count} cities", 0) for code in LOCALES
    }

    assert counted == {"en": "0 cities", "fr": "0 ville", "es": "0 ciudades"}


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ('language.text("A {b}", b=1)', ["A {b}"]),
        ('counted("{count} x", "{count} xs", 3)', [("{count} x", "{count} xs")]),
        ('raise Problem(404, "No such thing", "detail")', ["No such thing"]),
        ("language.text(variable)", []),
    ],
)
def test_texts_are_found_in_python(source: str, found: list[Message]) -> None:
    assert list(in_python(source)) == found


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("<p>{{ _('Hello') }}</p>", ["Hello"]),
        ("{{ counted('{count} x', '{count} xs', n) }}", [("{count} x", "{count} xs")]),
        ("{% if a %}{{ language.text('Inside') }}{% endif %}{{ _(said) }}", ["Inside"]),
    ],
)
def test_texts_are_found_in_templates(source: str, found: list[Message]) -> None:
    assert list(in_template(source)) == found
