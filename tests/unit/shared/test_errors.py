"""An error says what is wrong, where, and with which value; briefly."""

import json

import pytest
from pydantic import ValidationError

from shared.contracts.messages.resources import PublishResource
from shared.errors import (
    SHOWN_CHARACTERS_MAX,
    IdReused,
    InvalidData,
    VersionConflict,
    Violation,
    violations_of,
)
from tests.support.speaking import TOOLKIT


def violation_of(change: dict[str, object], prefix: str = "") -> Violation:
    with pytest.raises(ValidationError) as error:
        PublishResource.model_validate_json(json.dumps({**TOOLKIT, **change}))
    [violation] = violations_of(error.value, prefix)
    return violation


@pytest.mark.parametrize(
    ("change", "violation"),
    [
        ({"status": "final"}, Violation("status", "is not a field of this type")),
        ({"on": "2024-13"}, Violation("on", "month must be in 1..12, got '2024-13'")),
        ({"title": 7}, Violation("title", "Input should be a valid string, got 7")),
        ({"title": {"a": "secret"}}, Violation("title", "Input should be a valid string")),
        ({"title": ["a"]}, Violation("title", "Input should be a valid string")),
    ],
)
def test_a_violation_says_what_is_wrong_and_shows_the_value(
    change: dict[str, object], violation: Violation
) -> None:
    assert violation_of(change) == violation


def test_a_violation_of_a_part_begins_with_the_path_of_the_whole() -> None:
    assert violation_of({"languages": ["en", 7]}, "events.3").field == "events.3.languages.1"


@pytest.mark.parametrize(("length", "whole"), [(78, True), (79, False), (5000, False)])
def test_a_long_value_is_shown_by_its_beginning(length: int, whole: bool) -> None:
    description = violation_of({"kind": "x" * length}).description
    shown = description.partition(", got ")[2]
    quoted = repr("x" * length)
    assert shown == (quoted if whole else quoted[:SHOWN_CHARACTERS_MAX] + "…")


@pytest.mark.parametrize(("length", "whole"), [(80, True), (81, False)])
def test_a_long_path_is_shown_by_its_beginning(length: int, whole: bool) -> None:
    field = violation_of({"k" * length: 1}).field
    assert field == ("k" * length if whole else "k" * 80 + "…")


def test_the_text_of_invalid_data_names_the_first_problems() -> None:
    many = [Violation(f"f{n}", "is required") for n in range(5)]
    error = InvalidData(many)
    assert str(error) == "f0: is required; f1: is required; f2: is required"
    assert error.violations == tuple(many)


@pytest.mark.parametrize(
    ("actual", "text"),
    [
        (None, "city-gent: expected version 3; load and decide again"),
        (5, "city-gent: expected version 3, found 5; load and decide again"),
    ],
)
def test_a_conflict_names_the_versions(actual: int | None, text: str) -> None:
    assert str(VersionConflict("city-gent", 3, actual)) == text


def test_an_id_used_twice_is_named_with_its_source() -> None:
    assert str(IdReused("crm", "m-1")) == (
        "id 'm-1' of source 'crm' was used before with other content"
    )
