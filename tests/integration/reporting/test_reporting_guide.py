"""The lines by which an outsider verifies a report do what the guide says."""

import json
import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from reporting_book import golden_quarter
from reporting_desk import Desk

from services.reporting import publishing as module
from services.reporting.domain.period import parse_period
from services.reporting.publishing import request_to_publish
from shared.contracts.messages.reporting import PublishReport

GUIDE = Path(__file__).parents[3] / "docs" / "publishing-reports.md"


async def test_an_outsider_verifies_a_report_with_the_lines_of_the_guide(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "COMMIT_SECONDS", 0.0)
    await desk.take(*golden_quarter().facts)
    desk.now = datetime(2024, 6, 1, tzinfo=UTC)
    publishing = desk.publishing()
    await publishing.keep_keys()
    await publishing.publish(
        request_to_publish(PublishReport(period="2024-Q1"), "staff", "once", desk.now)
    )
    content = await publishing.published(parse_period("2024-Q1"), 1)
    (tmp_path / "keys.json").write_text(json.dumps((await publishing.keys()).to_json()))

    genuine = by_hand(tmp_path, content)
    forged = by_hand(tmp_path, content.replace(b'"value":2435000', b'"value":2435001'))

    assert genuine.stdout.strip() == "genuine: 2024-Q1 version 1"
    assert forged.returncode == 1
    assert "it was changed" in forged.stderr


def by_hand(folder: Path, content: bytes) -> subprocess.CompletedProcess[str]:
    """Run the lines of the guide in a folder that holds this report."""
    [lines] = re.findall(r"```python\n(.+?)```", GUIDE.read_text("utf-8"), re.DOTALL)
    (folder / "report.json").write_bytes(content)
    return subprocess.run(
        [sys.executable, "-c", lines], cwd=folder, capture_output=True, text=True, check=False
    )
