"""What changed, as text; and verification without a running system."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from services.reporting.signing import Signer
from shared.cli.application import application
from shared.cli.publications import change_lines
from shared.sealing import canonical

SIGNER = Signer(bytes(range(32)))
REPORT = {"period": {"id": "2024-Q1"}, "version": 1, "figures": {"cities_engaged": {"value": 5}}}
CAME = "from webinar-platform, recorded 2024-04-20T09:00:00Z"
CHANGE: dict[str, Any] = {
    "period": {"name": "2024-Q1"},
    "from": {"version": 1},
    "to": {"version": 2},
    "reason": "R1",
    "note": "The file came in",
    "titles": {"attendance": {"en": "Attendance"}, "coverage": {"en": "Countries"}},
    "cells": [
        {
            "cell": "figures.attendance.value",
            "from": 1004,
            "to": 1006,
            "status_from": "P",
            "status_to": "A",
        },
        {
            "cell": "breakdowns.attendance.kind.webinar",
            "from": 12,
            "to": None,
            "status_from": None,
            "status_to": "Q",
        },
        {
            "cell": "figures.coverage.detail.countries",
            "from": None,
            "to": ["NL", "US"],
            "status_from": None,
            "status_to": None,
        },
    ],
    "causes": {
        "attendance": {
            "arrived": [
                {
                    "ledger": "events",
                    "stream": "activity-w2",
                    "version": 3,
                    "type": "events.attendance_recorded.v1",
                    "source": "webinar-platform",
                    "recorded_at": "2024-04-20T09:00:00Z",
                }
            ],
            "left": [],
            "facts_withheld": 2,
        },
        "coverage": {"arrived": [], "left": [], "facts_withheld": 0},
    },
}


def test_a_change_is_told_with_its_reason_its_cells_and_its_causes() -> None:
    assert list(change_lines(CHANGE)) == [
        "2024-Q1: from version 1 to version 2",
        "R1: The file came in",
        "  figures.attendance.value: 1,004 [p] -> 1,006",
        "  breakdowns.attendance.kind.webinar: 12 -> [c]",
        '  figures.coverage.detail.countries: - -> ["NL", "US"]',
        "Attendance, because of",
        f"  events/activity-w2/3 events.attendance_recorded.v1, {CAME}: came in",
        "  2 facts about single people",
        "Countries, because of",
        "  no fact of its own: it follows from others, or from how it is counted",
    ]


def test_that_nothing_changed_is_told() -> None:
    nothing = {**CHANGE, "to": None, "reason": None, "note": None, "cells": [], "causes": {}}

    assert list(change_lines(nothing)) == [
        "2024-Q1: from version 1 to what is known now",
        "nothing changed",
    ]


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """A published report, the same with another digit, and the keys."""
    content = canonical(SIGNER.seal(REPORT))
    (tmp_path / "report.json").write_bytes(content)
    (tmp_path / "forged.json").write_bytes(content.replace(b'"value":5', b'"value":6'))
    (tmp_path / "keys.json").write_text(json.dumps(SIGNER.keys.to_json()))
    other = Signer(bytes(32)).keys
    (tmp_path / "others.json").write_text(json.dumps(other.to_json()))
    return tmp_path


@pytest.mark.parametrize(
    ("file", "keys", "code", "words"),
    [
        ("report.json", "keys.json", 0, "Yes: this is the published report, unchanged."),
        ("forged.json", "keys.json", 1, "No: its content was changed"),
        ("report.json", "others.json", 1, "a key that is not known here"),
        ("keys.json", "keys.json", 1, "carries no seal"),
    ],
)
def test_a_file_is_verified_offline_with_saved_keys(
    files: Path, file: str, keys: str, code: int, words: str
) -> None:
    arguments = ["verify", str(files / file), "--keys", str(files / keys)]
    result = CliRunner().invoke(application(["verify", "status"]), arguments)

    assert result.exit_code == code
    assert words in result.output


def test_a_file_that_holds_no_keys_is_named(files: Path) -> None:
    arguments = ["verify", str(files / "report.json"), "--keys", str(files / "report.json")]
    result = CliRunner().invoke(application(["verify", "status"]), arguments)

    assert "holds no public keys" in str(result.exception)
