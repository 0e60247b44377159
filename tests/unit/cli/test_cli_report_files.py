"""`tandem report` writes a report to a file of any kind."""

import json
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from cli_document import report as document

from shared.cli.application import main

FILE = b"%PDF-1.7 \xff\x00 bytes"


@pytest.fixture
def asked(tmp_path: Path) -> Iterator[list[str]]:
    """The addresses that a stand-in for reporting was asked for; it answers each."""
    seen: list[str] = []

    class Answering(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            seen.append(self.path)
            self.send_response(200)
            self.end_headers()
            known = self.path.partition("?")[0].endswith(".json")
            self.wfile.write(json.dumps(document()).encode() if known else FILE)

        def log_message(self, *arguments: Any) -> None:
            """Stay silent."""

    server = HTTPServer(("127.0.0.1", 0), Answering)
    Thread(target=server.serve_forever, daemon=True).start()
    endpoints = {
        "http": {"reporting": f"http://127.0.0.1:{server.server_port}"},
        "grpc": {},
        "tokens": {"viewer": "v"},
        "credentials": {},
    }
    (tmp_path / "endpoints.json").write_text(json.dumps(endpoints))
    yield seen
    server.shutdown()
    server.server_close()


def tandem(monkeypatch: pytest.MonkeyPatch, data: Path, *arguments: str) -> int:
    monkeypatch.setattr(sys, "argv", ["tandem", "report", *arguments, "--data", str(data)])
    with pytest.raises(SystemExit) as exit_:
        main()
    return int(exit_.value.code or 0)


@pytest.mark.parametrize("kind", ["pdf", "xlsx", "csv"])
def test_a_file_is_written_byte_by_byte_in_the_language_that_is_asked_for(
    asked: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    file = tmp_path / f"report.{kind}"

    code = tandem(
        monkeypatch, tmp_path, "2024-Q1", "--format", kind, "--lang", "fr", "--output", str(file)
    )

    assert code == 0
    assert file.read_bytes() == FILE
    assert asked == [f"/reports/2024-Q1.{kind}?calendar=civil&lang=fr"]


def test_a_published_version_is_asked_for_at_its_own_address(
    asked: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "report.csv"

    tandem(monkeypatch, tmp_path, "2024-Q1", "--version", "2", "--format", "csv", "-o", str(file))

    assert asked == ["/reports/2024-Q1/v2.csv?calendar=civil&lang=en"]


def test_json_and_text_are_written_to_a_file_too(
    asked: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for kind in ("json", "text"):
        file = tmp_path / kind
        assert tandem(monkeypatch, tmp_path, "2024-Q1", "--format", kind, "-o", str(file)) == 0

    assert json.loads((tmp_path / "json").read_text("utf-8")) == document()
    text = (tmp_path / "text").read_text("utf-8")
    assert document()["headline"]["en"].split(".")[0][:40] in text
    assert "\x1b" not in text


def test_a_workbook_is_not_thrown_at_a_terminal(
    asked: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)

    code = tandem(monkeypatch, tmp_path, "2024-Q1", "--format", "xlsx")

    assert code == 1
    assert capsys.readouterr().err == ("XLSX is not for the terminal: name a file with --output.\n")
    assert asked == []
