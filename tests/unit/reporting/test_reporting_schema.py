"""The JSON Schema of the report: every document keeps it, and none that is broken does."""

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from tests.support.documents import golden, rich

SCHEMA = json.loads(
    (Path(__file__).parents[3] / "services/reporting/report.schema.json").read_text("utf-8")
)
VALIDATOR = jsonschema.Draft202012Validator(
    SCHEMA, format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER
)


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("document", [golden, rich])
def test_every_document_keeps_it(document: Callable[[], dict[str, Any]]) -> None:
    assert [error.message for error in VALIDATOR.iter_errors(document())] == []


@pytest.mark.parametrize("document", [golden, rich])
def test_every_member_of_a_document_is_described(document: Callable[[], dict[str, Any]]) -> None:
    assert set(document()) <= set(SCHEMA["properties"])
    assert set(document()["lists"]) == set(SCHEMA["$defs"]["lists"]["properties"])
    assert set(document()["data_quality"]) == set(SCHEMA["$defs"]["quality"]["properties"])
    for figure in document()["figures"].values():
        assert set(figure) <= set(SCHEMA["$defs"]["figure"]["properties"])


@pytest.mark.parametrize(
    ("place", "broken"),
    [
        (("figures", "cities_engaged", "value"), "5"),
        (("figures", "cities_engaged", "status"), "X"),
        (("figures", "attendance", "definition"), "attendance"),
        (("breakdowns", "cities_engaged", "country", "US"), -1),
        (("lists", "cities", 0, "network"), "NATO"),
        (("lists", "occurrences", 0, "on"), "27 March"),
        (("period", "start"), "2024-1-1"),
        (("known_at",), "yesterday"),
        (("version",), 0),
        (("headline",), {"en": "Only English."}),
    ],
)
def test_a_broken_document_does_not(place: tuple[Any, ...], broken: Any) -> None:
    document = copy.deepcopy(rich())
    inner: Any = document
    for step in place[:-1]:
        inner = inner[step]
    inner[place[-1]] = broken

    assert not VALIDATOR.is_valid(document)


def test_a_document_without_a_promised_member_does_not() -> None:
    for member in SCHEMA["required"]:
        document = {name: value for name, value in rich().items() if name != member}
        assert not VALIDATOR.is_valid(document), member
