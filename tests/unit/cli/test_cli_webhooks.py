"""`tandem credentials webhook` registers a platform, and never prints its secret."""

import json
import stat
from pathlib import Path

import pytest
from typer.testing import CliRunner

from shared.cli.application import application
from shared.cli.failures import sentence
from shared.embedded.catalogue import SERVICES
from shared.embedded.credentials import prepare_credentials
from shared.embedded.data_directory import DataDirectory
from shared.operator_log import OperatorLog

SECRET = "zoom-secret-token-1"


@pytest.fixture
def data(tmp_path: Path) -> DataDirectory:
    """A data directory on which a system has run."""
    directory = DataDirectory.at(tmp_path / "data")
    directory.create()
    prepare_credentials(directory, SERVICES)
    (tmp_path / "secret").write_text(f"{SECRET}\n")
    return directory


def webhook(data: DataDirectory, *words: str) -> tuple[int, str]:
    """Return the exit code, and what is said; no word of it is the secret."""
    command = ["credentials", "webhook", *words, "--data", str(data.root)]
    result = CliRunner().invoke(application(["credentials"]), command)
    said = result.output + (sentence(result.exception) if result.exception else "")
    assert SECRET not in said
    return result.exit_code, said


def test_a_platform_is_registered_and_taken_back(
    data: DataDirectory,
) -> None:
    secret = str(data.root.parent / "secret")
    code, said = webhook(
        *(data, "demo", "zoom", "--secret-file", secret),
        *("--organiser", "NLC", "--organiser", "SCN", "--kind", "training"),
        *("--activity", "812 3456 7890=spring-clinic"),
    )
    assert (code, said) == (0, "zoom may speak for demo, at POST /webhooks/zoom/demo\n")
    assert stat.S_IMODE(data.webhooks.stat().st_mode) == 0o600
    assert json.loads(data.webhooks.read_text())["demo"] == {
        "platform": "zoom",
        "secret": SECRET,
        "organisers": ["NLC", "SCN"],
        "kind": "training",
        "time_zone": "UTC",
        "activities": {"81234567890": "spring-clinic"},
    }

    assert webhook(data, "demo", "zoom", "--remove")[0] == 0
    assert json.loads(data.webhooks.read_text()) == {}
    log = OperatorLog(data.operator_log)
    acts = [entry for entry in log.read() if entry.act.startswith("webhook")]
    assert [entry.act for entry in acts] == ["webhook.registered", "webhook.removed"]
    assert SECRET not in data.operator_log.read_text()


def test_eventbrite_is_asked_at_its_own_api_unless_told_otherwise(
    data: DataDirectory,
) -> None:
    secret = str(data.root.parent / "secret")
    arguments = ("demo", "eventbrite", "--secret-file", secret, "--organiser", "NLC")
    assert webhook(data, *arguments)[0] == 0
    assert json.loads(data.webhooks.read_text())["demo"]["api_host"] == "www.eventbriteapi.com"
    assert webhook(data, *arguments, "--api-host", "https://x")[0] == 1


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("demo", "zoom", "--organiser", "NLC"), "--secret-file names"),
        (("demo", "zoom", "--secret-file", "secret"), "--organiser says"),
        (("demo", "zoom", "--secret-file", "nowhere", "--organiser", "NLC"), "cannot be read"),
        (("nobody", "zoom", "--secret-file", "secret", "--organiser", "NLC"), "No credential"),
        (("demo", "teams", "--secret-file", "secret", "--organiser", "NLC"), "Platform Input"),
        (("demo", "zoom", "--secret-file", "secret", "--organiser", "XYZ"), "organisers"),
        (("demo", "zoom", "--secret-file", "short", "--organiser", "NLC"), "The secret is not"),
        (("demo", "zoom", "--remove"), "No webhook is named demo"),
    ],
)
def test_what_cannot_be_registered_is_told_in_a_sentence(
    data: DataDirectory,
    monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[str, ...],
    why: str,
) -> None:
    monkeypatch.chdir(data.root.parent)
    Path("short").write_text("x")
    code, said = webhook(data, *arguments)
    assert code == 1
    assert why in said
    assert "\n" not in said
    assert not data.webhooks.exists() or json.loads(data.webhooks.read_text()) == {}
