"""What was written under an older version is read under the version in use."""

import json
from collections.abc import Mapping
from typing import Any, ClassVar

import pytest
from pydantic import ValidationError

from shared.contracts.values import Fact, Slug
from shared.upcasting import UPCASTERS, UPCASTS_MAX, UnknownType, Upcaster, read
from tests.support.samples import types


class PlaceNamed(Fact):
    TYPE: ClassVar[str] = "places.place_named.v3"
    place_id: Slug
    names: tuple[str, ...]


def _v1(data: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    return "places.place_named.v2", {"place_id": data["place"], "name": data["name"]}


def _v2(data: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    return "places.place_named.v3", {"place_id": data["place_id"], "names": [data["name"]]}


TYPES = {PlaceNamed.TYPE: PlaceNamed}
RETIRED: Mapping[str, Upcaster] = {"places.place_named.v1": _v1, "places.place_named.v2": _v2}
GENT = PlaceNamed(place_id="gent", names=("Gent",))


@pytest.mark.parametrize(
    ("version", "data"),
    [
        (1, {"place": "gent", "name": "Gent"}),
        (2, {"place_id": "gent", "name": "Gent"}),
        (3, {"place_id": "gent", "names": ["Gent"]}),
    ],
)
def test_every_version_is_read_as_the_one_in_use(version: int, data: dict[str, Any]) -> None:
    assert read(TYPES, f"places.place_named.v{version}", json.dumps(data), RETIRED) == GENT


def test_text_and_bytes_are_read_alike() -> None:
    assert read(TYPES, PlaceNamed.TYPE, GENT.model_dump_json().encode()) == GENT


@pytest.mark.parametrize("type_", ["places.place_named.v4", "places.place_named", "", "v1"])
def test_a_type_that_is_neither_in_use_nor_retired_is_unknown(type_: str) -> None:
    with pytest.raises(UnknownType, match=f"type {type_!r} is not known"):
        read(TYPES, type_, "{}", RETIRED)


def test_a_retired_type_without_its_upcaster_is_unknown() -> None:
    with pytest.raises(UnknownType, match=r"places\.place_named\.v1"):
        read(TYPES, "places.place_named.v1", "{}")


def test_an_upcaster_that_leads_nowhere_names_where_it_led() -> None:
    with pytest.raises(UnknownType, match=r"places\.place_named\.v2"):
        read(
            TYPES,
            "places.place_named.v1",
            '{"place": "a", "name": "b"}',
            {"places.place_named.v1": _v1},
        )


def test_upcasters_that_lead_in_a_circle_come_to_an_end() -> None:
    steps = []

    def round_and_round(data: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        steps.append(data)
        return "a.b.v1", data

    with pytest.raises(UnknownType):
        read(TYPES, "a.b.v1", "{}", {"a.b.v1": round_and_round})
    assert len(steps) == UPCASTS_MAX


def test_what_an_upcaster_makes_keeps_the_contract() -> None:
    with pytest.raises(ValidationError):
        read(TYPES, "places.place_named.v2", '{"place_id": "NOT A SLUG", "name": "x"}', RETIRED)


def test_a_retired_type_is_no_longer_in_use() -> None:
    assert not set(UPCASTERS) & set(types())
