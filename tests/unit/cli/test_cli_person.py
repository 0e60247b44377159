"""`tandem person`: who is meant, what a certificate tells, and what a scan finds."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from shared.cli.application import application
from shared.cli.erasing import fingerprint
from shared.cli.person import certificate_lines, is_clean
from shared.embedded.data_directory import OperatorError

ADDRESS = "anna.quill@stad-gent.example"
CERTIFICATE: dict[str, Any] = {
    "certificate": "c-1",
    "asked": {"at": "2024-04-02T09:00:00+00:00"},
    "finished_at": "2024-04-02T09:00:09+00:00",
    "steps": [
        {"step": "messages of events", "intake": 3, "rejected": 1, "at": "t"},
        {"step": "vault", "people": 1, "at": "t"},
    ],
    "kept": {
        "figures": 81,
        "figures_moved": [],
        "published_versions": 2,
        "published_versions_changed": [],
    },
    "scan": {"files": 1200, "texts": 3, "hits": [], "files_with_hits": 0, "files_unread": 0},
    "remains": [{"what": "backups made before this", "until": "2024-05-02"}],
    "seal": {"sha256": "ab", "key_id": "k1"},
}


def tandem(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(application(["person", "status"]), ["person", *arguments])
    return result.exit_code, result.output


def test_a_certificate_is_told_line_by_line() -> None:
    assert list(certificate_lines(CERTIFICATE)) == [
        "certificate of erasure c-1",
        "asked for 2024-04-02T09:00:00+00:00, finished 2024-04-02T09:00:09+00:00",
        "  messages of events: intake 3, rejected 1",
        "  vault: people 1",
        "81 figures compared, 0 moved; 2 published versions, 0 changed",
        "1,200 files read for 3 texts: found in 0",
        "what remains:",
        "  backups made before this: 2024-05-02",
        "sealed sha256:ab, key k1",
    ]


def test_what_was_found_or_could_not_be_read_is_not_clean() -> None:
    assert is_clean(CERTIFICATE)
    for said in ({"files_with_hits": 1}, {"files_unread": 1}):
        assert not is_clean(CERTIFICATE | {"scan": CERTIFICATE["scan"] | said})


def test_whoever_knows_the_address_recognises_the_certificate() -> None:
    salt = bytes(16)
    assert fingerprint(" Anna@Gent.example", salt) == fingerprint("anna@gent.example", salt)
    assert fingerprint("anna@gent.example", salt) != fingerprint("anna@gent.example", bytes(15))
    assert "anna" not in fingerprint("anna@gent.example", salt)


def test_a_scan_names_the_files_and_ends_with_1(tmp_path: Path) -> None:
    (tmp_path / "a.log").write_text(json.dumps({"to": ADDRESS.upper()}))
    (tmp_path / "b.log").write_text("nobody")

    code, said = tandem("scan", "--text", ADDRESS, "--data", str(tmp_path))

    assert code == 1
    assert "a.log: 1 text" in said
    assert "b.log" not in said
    assert ADDRESS not in said
    code, said = tandem("scan", "--text", "somebody else", "--data", str(tmp_path))
    assert (code, said.splitlines()[-1]) == (0, "nothing was found")


def test_a_text_that_stands_anywhere_by_chance_is_not_looked_for(tmp_path: Path) -> None:
    with pytest.raises(OperatorError, match="by chance"):
        CliRunner().invoke(
            application(["person", "status"]),
            ["person", "scan", "--text", "4711", "--data", str(tmp_path)],
            catch_exceptions=False,
        )


def test_nobody_is_described_by_a_name_alone(tmp_path: Path) -> None:
    (tmp_path / "endpoints.json").write_text("{}")
    with pytest.raises(OperatorError, match="an id, an email, or both name and organisation"):
        CliRunner().invoke(
            application(["person", "status"]),
            ["person", "erase", "--name", "Anna", "--yes", "--data", str(tmp_path)],
            catch_exceptions=False,
        )
