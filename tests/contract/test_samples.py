"""Every sample that was ever recorded still loads; every type has one; nothing recorded changes."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from shared.contracts.values import Contract
from shared.upcasting import UPCASTERS, read
from tests.support.samples import SAMPLES, main, sample_of, types

FILES = sorted(SAMPLES.glob("*.json"))
TYPES = types()


def type_in(file: Path) -> str:
    return file.name.removesuffix(".json")


def documents_in(file: Path) -> list[Any]:
    documents: list[Any] = json.loads(file.read_text("utf-8"))
    return documents


def test_every_type_has_a_sample() -> None:
    assert sorted(TYPES) == sorted(name for name in map(type_in, FILES) if name not in UPCASTERS)


@pytest.mark.parametrize("file", FILES, ids=type_in)
def test_every_sample_ever_written_still_loads(file: Path) -> None:
    documents = documents_in(file)
    assert documents
    for document in documents:
        read(TYPES, type_in(file), json.dumps(document))


@pytest.mark.parametrize("file", [f for f in FILES if type_in(f) in TYPES], ids=type_in)
def test_a_sample_comes_out_as_it_went_in(file: Path) -> None:
    for document in documents_in(file):
        loaded = read(TYPES, type_in(file), json.dumps(document))
        assert loaded.model_dump(mode="json", by_alias=True, exclude_unset=True) == document


@pytest.mark.parametrize("file", FILES, ids=type_in)
def test_what_was_recorded_and_is_recorded_again_is_the_same(file: Path) -> None:
    for document in documents_in(file):
        loaded = read(TYPES, type_in(file), json.dumps(document))
        again = loaded.model_dump_json(by_alias=True, exclude_none=True)
        assert type(loaded).model_validate_json(again) == loaded


@pytest.mark.parametrize("name", sorted(TYPES))
def test_a_sample_shows_every_field(name: str) -> None:
    shown = {field for document in documents_in(SAMPLES / f"{name}.json") for field in document}
    assert shown == {field.alias or each for each, field in TYPES[name].model_fields.items()}


@pytest.mark.parametrize("name", sorted(TYPES))
def test_a_sample_shows_the_least_that_may_be_said(name: str) -> None:
    required = {
        field.alias or each
        for each, field in TYPES[name].model_fields.items()
        if field.is_required()
    }
    least = documents_in(SAMPLES / f"{name}.json")[-1]
    assert required <= set(least)
    for field in required:
        with pytest.raises(ValidationError):
            read(TYPES, name, json.dumps({key: least[key] for key in least if key != field}))


@pytest.mark.parametrize("file", FILES, ids=type_in)
def test_no_unknown_field_slips_in(file: Path) -> None:
    for document in documents_in(file):
        with pytest.raises(ValidationError, match="unheard_of"):
            read(TYPES, type_in(file), json.dumps({**document, "unheard_of": "final"}))


def test_missing_samples_are_made_and_others_stay_as_they_are(tmp_path: Path) -> None:
    first, second, *_ = sorted(TYPES)
    (tmp_path / f"{first}.json").write_text("[]")
    os.utime(tmp_path / f"{first}.json", (0, 0))
    written = main(tmp_path)
    assert len(written) == len(TYPES) - 1
    assert (tmp_path / f"{first}.json").read_text() == "[]"
    assert (tmp_path / f"{first}.json").stat().st_mtime == 0
    assert documents_in(tmp_path / f"{second}.json") == sample_of(TYPES[second])
    assert main(tmp_path) == []


def test_a_field_without_a_word_is_named() -> None:
    class Odd(Contract):
        colour: str

    with pytest.raises(LookupError, match=r"no word for Odd\.colour"):
        sample_of(Odd)
