"""The published JSON Schemas say what the contract says."""

import copy
import json
import re
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from shared.recorded import messages_by_type
from shared.schemas import UNIONS, schemas
from tests.support.recording import documents_of

SCHEMAS = schemas()
TYPES = {name: each for union in UNIONS for name, each in messages_by_type(union).items()}


def validator(name: str) -> Draft202012Validator:
    return Draft202012Validator(SCHEMAS[name], format_checker=Draft202012Validator.FORMAT_CHECKER)


def objects_in(document: Any) -> list[dict[str, Any]]:
    """Return every object in a document, itself first."""
    if isinstance(document, list):
        return [found for each in document for found in objects_in(each)]
    if isinstance(document, dict):
        return [document, *objects_in(list(document.values()))]
    return []


def test_there_is_a_schema_for_every_message_from_outside() -> None:
    assert list(SCHEMAS) == sorted(TYPES)
    assert len(SCHEMAS) == 24


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_schema_is_one_and_carries_its_name(name: str) -> None:
    Draft202012Validator.check_schema(SCHEMAS[name])
    assert SCHEMAS[name]["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert SCHEMAS[name]["$id"] == f"urn:tandem:schema:{name}"
    assert SCHEMAS[name]["description"] == TYPES[name].__doc__
    json.dumps(SCHEMAS[name])


@pytest.mark.parametrize("name", SCHEMAS)
def test_every_sample_keeps_its_schema(name: str) -> None:
    for document in documents_of(name):
        validator(name).validate(document)


@pytest.mark.parametrize("name", SCHEMAS)
def test_an_unknown_field_breaks_the_schema_wherever_it_stands(name: str) -> None:
    for document in documents_of(name):
        for number in range(len(objects_in(document))):
            spoilt = copy.deepcopy(document)
            objects_in(spoilt)[number]["status"] = "final"
            assert not validator(name).is_valid(spoilt)


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_missing_or_wrong_field_breaks_the_schema(name: str) -> None:
    [least] = documents_of(name)[-1:]
    for field in SCHEMAS[name]["required"]:
        assert not validator(name).is_valid({k: v for k, v in least.items() if k != field})
    for field in least:
        assert not validator(name).is_valid({**least, field: {"x": [1.5]}})


@pytest.mark.parametrize("name", SCHEMAS)
def test_patterns_are_ones_that_other_languages_read_too(name: str) -> None:
    patterns = re.findall(r'"pattern": ("(?:[^"\\]|\\.)*")', json.dumps(SCHEMAS[name]))
    assert patterns
    for pattern in map(json.loads, patterns):
        # In ECMAScript's unicode mode only a character of its syntax may be escaped.
        assert not re.search(r"\\[^sdwSDWbBnrtux^$.*+?()\[\]{}|/\\-]", pattern), pattern
        assert not re.search(r"\(\?[^:=!<]|[*+?}]\+", pattern), pattern
