"""What `tandem credentials` and `tandem log` print; no system runs on the data directory."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from shared.cli.application import application
from shared.cli.credentials import age_text, duration
from shared.embedded.catalogue import SERVICES
from shared.embedded.credentials import prepare_credentials
from shared.embedded.data_directory import DataDirectory

HELD = "tandem.events.activity_held.v1"


@pytest.fixture
def directory(tmp_path: Path) -> DataDirectory:
    directory = DataDirectory.at(tmp_path / "data")
    directory.create()
    prepare_credentials(directory, SERVICES)
    return directory


def tandem(directory: DataDirectory, *words: str) -> Result:
    return CliRunner().invoke(
        application(["credentials", "log"]), [*words, "--data", str(directory.root)]
    )


def test_a_new_credential_is_told_with_its_subjects_and_its_files(directory: DataDirectory) -> None:
    said = tandem(directory, "credentials", "add", "zoom", "--type", HELD).stdout
    assert "zoom may publish on intake.zoom.events.activity_held\n" in said
    assert str(directory.seed("zoom")) in said
    assert str(directory.token("zoom")) in said
    assert directory.token("zoom").read_text() not in said


def test_the_list_tells_scope_and_age_and_last_rotation(directory: DataDirectory) -> None:
    tandem(directory, "credentials", "add", "zoom", "--service", "events", "--service", "resources")
    tandem(directory, "credentials", "rotate", "zoom", "--overlap", "7d")

    lines = [line.split() for line in tandem(directory, "credentials", "list").stdout.splitlines()]

    assert lines[0] == "name may publish key made ends last rotated".split()
    assert lines[1] == "demo everything 1 just now - never".split()
    assert lines[2] == "zoom events, resources 2 just now - just now".split()
    assert lines[3][:3] == "1 just now".split()
    assert re.fullmatch(r"[0-9-]{10} [0-9:]{5}", " ".join(lines[3][3:]))


def test_a_rotation_says_where_the_new_secrets_are_and_when_the_old_key_ends(
    directory: DataDirectory,
) -> None:
    said = tandem(directory, "credentials", "rotate", "demo").stdout
    assert "demo has a new key, number 2" in said
    assert str(directory.seed("demo.2")) in said
    assert re.search(r"key 1 works until [0-9-]{10} [0-9:]{5} UTC", said)
    assert "rotate demo --finish" in said

    said = tandem(directory, "credentials", "rotate", "demo", "--finish").stdout
    assert "demo has one valid key, number 2" in said


def test_the_log_is_told_newest_first_and_with_reasons(directory: DataDirectory) -> None:
    tandem(directory, "credentials", "revoke", "demo", "--reason", "it was lost")
    said = tandem(directory, "log").stdout
    assert re.findall(r"  (credential\.\w+)  demo  by ", said) == [
        "credential.revoked",
        "credential.added",
    ]
    assert "reason: it was lost" in said
    assert "by the program tandem up" in said
    assert "there are more" in tandem(directory, "log", "--limit", "1").stdout


def test_a_log_that_was_changed_is_told_and_fails(directory: DataDirectory) -> None:
    tandem(directory, "credentials", "revoke", "demo", "--reason", "it was lost")
    good = tandem(directory, "log", "--verify")
    log = directory.operator_log
    log.write_bytes(log.read_bytes().replace(b"it was lost", b"it was sold"))
    bad = tandem(directory, "log", "--verify")

    assert (good.exit_code, bad.exit_code) == (0, 1)
    assert "2 lines: none was changed, moved or taken out" in good.stdout
    assert "line 2 was changed" in bad.stdout


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("30m", timedelta(minutes=30)),
        ("24h", timedelta(hours=24)),
        ("7d", timedelta(days=7)),
        ("90m", timedelta(hours=1, minutes=30)),
    ],
)
def test_a_duration_is_read(text: str, length: timedelta) -> None:
    assert duration(text) == length


@pytest.mark.parametrize("text", ["", "24", "h", "0h", "1.5h", "-1h", "1w", "9999999d"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(typer.BadParameter):
        duration(text)


@pytest.mark.parametrize(
    ("age", "told"),
    [
        (timedelta(seconds=59), "just now"),
        (timedelta(seconds=61), "1 minute ago"),
        (timedelta(hours=47), "1 day ago"),
        (timedelta(hours=23), "23 hours ago"),
    ],
)
def test_an_age_is_told_in_its_largest_unit(age: timedelta, told: str) -> None:
    assert age_text(age) == told
