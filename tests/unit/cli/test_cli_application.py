"""The command line as a whole: what it lists, and how it fails."""

import json
import re
import subprocess
import sys
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from shared.cli import main
from shared.cli.application import COMMANDS, wanted
from shared.cli.system import System
from shared.cli.up import dashboard, ready
from shared.embedded.data_directory import DataDirectory
from shared.login_codes import spend_code

TOKENS = {"viewer": "v", "staff": "s", "operator": "o"}


def test_help_lists_every_command_with_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert tandem(capsys, "--help").code == 0

    told = tandem(capsys, "--help").out
    assert [name for name in COMMANDS if f"\n  {name} " not in told] == []


def test_a_command_loads_its_own_module_alone() -> None:
    code = "import sys; from shared.cli import main; sys.argv[1:] = ['report', '--help']; main()"
    check = "import atexit, sys; atexit.register(lambda: print('grpc' in sys.modules)); "
    told = subprocess.run(
        [sys.executable, "-c", check + code], capture_output=True, text=True, check=True
    )

    assert told.stdout.endswith("False\n")
    assert list(wanted(["report", "2024-Q1"])) == ["report"]
    assert list(wanted(["no-such"])) == list(COMMANDS)


@pytest.mark.parametrize(
    "command", [["report", "2024-Q1"], ["reports"], ["login"], ["status"], ["queue", "list"]]
)
def test_without_a_running_system_one_sentence_says_so(
    command: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = tandem(capsys, *command, "--data", str(tmp_path / "nothing"))

    assert said.code == 1
    assert said.out == ""
    assert said.err.count("\n") == 1
    assert "start it with `tandem up`" in said.err


def test_a_system_that_went_away_is_told_in_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    endpoints(tmp_path, "http://127.0.0.1:9")

    said = tandem(capsys, "report", "2024-Q1", "--data", str(tmp_path))

    assert said.code == 1
    assert said.err.startswith("Reporting does not answer at http://127.0.0.1:9: is the system up?")
    assert said.err.count("\n") == 1


def test_debug_shows_where_it_failed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(Exception, match="No system runs"):
        tandem(capsys, "report", "2024-Q1", "--data", str(tmp_path), "--debug")


def test_what_reporting_refuses_is_told_in_its_own_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked: list[tuple[str, str | None]] = []

    class Refusing(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append((self.path, self.headers["Authorization"]))
            body = json.dumps({"title": "No", "detail": "2099-Q1 begins on 2099-01-01."}).encode()
            self.send_response(404)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments: Any) -> None:
            """Stay silent."""

    server = HTTPServer(("127.0.0.1", 0), Refusing)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        endpoints(tmp_path, f"http://127.0.0.1:{server.server_port}")
        said = tandem(
            capsys, "report", "2099-Q1", "--calendar", "nlc", "--known-at",
            "2024-04-10T12:00:00+02:00", "--data", str(tmp_path),
        )  # fmt: skip
    finally:
        server.shutdown()
        server.server_close()

    assert said.err == "2099-Q1 begins on 2099-01-01.\n"
    assert asked == [
        (
            "/reports/2099-Q1.json?calendar=nlc&known_at=2024-04-10T12%3A00%3A00%2B02%3A00",
            "Bearer v",
        )
    ]


@pytest.mark.parametrize(("role", "token"), [("viewer", "v"), ("staff", "s"), ("operator", "o")])
def test_an_address_to_log_in_stands_for_the_token_of_a_role_and_does_not_show_it(
    role: str, token: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    endpoints(tmp_path, "http://127.0.0.1:8080")
    folder = DataDirectory.at(tmp_path).login_codes
    folder.mkdir(parents=True)

    said = tandem(capsys, "login", "--role", role, "--data", str(tmp_path))

    found = re.fullmatch(r"(http://127\.0\.0\.1:8080/login)\?code=(\S+) \(.+\)\n", said.out)
    assert found is not None
    assert found[1].endswith("/login")
    assert spend_code(folder, found[2], datetime.now(UTC)) == token


def test_private_addresses_for_programs_are_printed_whole(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    endpoints(tmp_path, "http://127.0.0.1:8080")
    long = f"http://127.0.0.1:8080/activities.ics?lang=en&key={'k' * 300}"

    def asked(system: System, path: str, role: str) -> dict[str, str]:
        assert (path, role) == ("/subscribe.json", "viewer")
        return {"calendar": long}

    monkeypatch.setattr(System, "get", asked)
    said = tandem(capsys, "login", "--feed", "--role", "viewer", "--data", str(tmp_path))
    assert said.out == f"calendar: {long}\n"


def test_what_up_says_at_last_leads_to_where_one_logs_in(tmp_path: Path) -> None:
    folder = DataDirectory.at(tmp_path).login_codes
    folder.mkdir(parents=True)
    running = {"http": {"reporting": "http://127.0.0.1:8080"}, "tokens": TOKENS}

    said = ready(tmp_path, running, Path("elsewhere"))

    assert said.startswith("ready: http://127.0.0.1:8080/login?code=")
    assert "login --data elsewhere` prints another" in said
    code = said.split()[1].partition("=")[2]
    assert spend_code(folder, code, datetime.now(UTC)) == TOKENS["staff"]


def test_the_dashboard_is_logged_in_to_as_operator(tmp_path: Path) -> None:
    folder = DataDirectory.at(tmp_path).login_codes
    folder.mkdir(parents=True)
    running = {"http": {"operations": "http://127.0.0.1:8085"}, "tokens": TOKENS}

    said = dashboard(tmp_path, running, Path("elsewhere"))

    assert said.startswith("dashboard: http://127.0.0.1:8085/login?code=")
    assert "login --dashboard --data elsewhere` prints another" in said
    code = said.split()[1].partition("=")[2]
    assert spend_code(folder, code, datetime.now(UTC)) == TOKENS["operator"]


class Said:
    """What a command left behind."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err


def tandem(capsys: pytest.CaptureFixture[str], *arguments: str) -> Said:
    capsys.readouterr()
    before = sys.argv
    sys.argv = ["tandem", *arguments]
    try:
        with pytest.raises(SystemExit) as exit_:
            main()
    finally:
        sys.argv = before
    captured = capsys.readouterr()
    return Said(int(exit_.value.code or 0), captured.out, captured.err)


def endpoints(directory: Path, address: str) -> None:
    document = {"http": {"reporting": address}, "grpc": {}, "tokens": TOKENS, "credentials": {}}
    (directory / "endpoints.json").write_text(json.dumps(document))
