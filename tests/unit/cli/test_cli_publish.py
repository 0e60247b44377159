"""A file of events is judged line by line, by the owner's own rules, before anything is sent."""

import json
from pathlib import Path
from typing import Any

import pytest

from shared.cli.publish import publish, schemas
from shared.embedded.credentials import add_publisher
from shared.embedded.data_directory import DataDirectory, OperatorError


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        (b"no json", "malformed"),
        (b'["a list"]', "malformed"),
        ({"type": "tandem.gardening.rose_planted.v1"}, "unknown_type"),
        ({"type": "tandem.events.city_danced.v1"}, "unknown_type"),
        ({"source": "/systems/crm"}, "source_mismatch"),
        ({"data": {"activity_id": "w1"}}, "invalid_data: $.data.city: is required"),
        ({"id": ""}, "invalid_data: $.id:"),
    ],
)
def test_a_bad_line_is_named_with_its_number_and_nothing_is_sent(
    line: bytes | dict[str, Any],
    problem: str,
    data: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    bad = line if isinstance(line, bytes) else event(**line)
    file = tmp_path / "facts.jsonl"
    file.write_bytes(b"\n".join([event(), b"", bad]))

    with pytest.raises(OperatorError, match="1 of 2 lines cannot be accepted, so nothing was sent"):
        publish(file, "demo", data)

    assert f"line 3: {problem}" in capsys.readouterr().err


def test_a_credential_that_does_not_exist_is_told_with_the_way_to_make_it(
    data: Path, tmp_path: Path
) -> None:
    with pytest.raises(OperatorError, match="credentials add crm` makes one"):
        publish(tmp_path / "facts.jsonl", "crm", data)


def test_schemas_lists_every_type_and_prints_one(capsys: pytest.CaptureFixture[str]) -> None:
    schemas(None)
    lines = capsys.readouterr().out.splitlines()
    assert "tandem.events.city_attended.v1" in [line.split()[0] for line in lines]
    assert all(len(line.split()) > 1 for line in lines)

    schemas("tandem.events.city_attended.v1")
    assert json.loads(capsys.readouterr().out)["title"] == "tandem.events.city_attended.v1"

    with pytest.raises(OperatorError, match=r"No type is named nonsense"):
        schemas("nonsense")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data directory that knows the publisher `demo`, of a system where nobody answers."""
    directory = DataDirectory.at(tmp_path / "data")
    directory.create()
    add_publisher(directory.root, "demo")
    document = {"nats": "nats://127.0.0.1:9", "http": {}, "grpc": {}, "tokens": {}}
    directory.endpoints.write_text(json.dumps(document))
    return directory.root


def event(**more: Any) -> bytes:
    document = {
        "specversion": "1.0",
        "id": "e1",
        "source": "/systems/demo",
        "type": "tandem.events.city_attended.v1",
        "time": "2024-03-27T18:00:00Z",
        "data": {"activity_id": "w1", "city": {"city_id": "athens-oh"}},
    }
    return json.dumps(document | more).encode()
