"""Somebody follows the guide for publishers word by word, on a system of their own."""

import asyncio
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.demo.importer import publish_demo
from shared.embedded.data_directory import DataDirectory
from shared.embedded.supervisor import running_system
from tests.support.following import Step, follow, steps
from tests.support.machine import free_port_base

ROOT = Path(__file__).parents[2]
GUIDE = ROOT / "docs" / "publishing.md"
FIVE_MINUTES = 300.0
NATS_BY_HAND = f"""#!/bin/sh
exec {sys.executable} -m tests.support.nats_by_hand "$@"
"""


@pytest.fixture
def folder(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A clone, as far as the guide needs it; `nats` is spoken by hand."""
    with tempfile.TemporaryDirectory(prefix="tandem-guide-") as name:
        folder = Path(name)
        (folder / ".venv").symlink_to(Path(sys.executable).parents[1])
        (folder / "docs").symlink_to(ROOT / "docs")
        (folder / "bin").mkdir()
        (folder / "bin" / "nats").write_text(NATS_BY_HAND)
        (folder / "bin" / "nats").chmod(0o755)
        monkeypatch.setenv("PATH", f"{folder / 'bin'}:{os.environ['PATH']}")
        monkeypatch.setenv("PYTHONPATH", str(ROOT))
        yield folder


async def printed_by(folder: Path, command: str) -> str:
    return await asyncio.to_thread(follow, Step(command, ""), folder)


@pytest.mark.slow
@pytest.mark.timeout(400)
async def test_the_guide_for_publishers_does_what_it_says(folder: Path) -> None:
    data = DataDirectory.at(folder / ".tandem")
    async with running_system(data.root, free_port_base()) as endpoints:
        await publish_demo(endpoints)
        began, followed = time.monotonic(), 0
        for step in steps(GUIDE.read_text("utf-8"), folder):
            printed = await asyncio.to_thread(follow, step, folder)
            assert step.as_said(printed), f"$ {step.command}\n{printed}"
            followed += 1
        assert followed == 6
        assert time.monotonic() - began < FIVE_MINUTES

        # Each example through the other door, and the one for which nothing is printed there.
        published = await printed_by(folder, ".venv/bin/python docs/examples/publish.py http")
        assert "in the report" in published
        refused = await printed_by(folder, ".venv/bin/python docs/examples/refused.py http")
        assert [line.split(":")[0] for line in refused.splitlines()] == [
            "not sent",
            "rejected",
            "waiting",
        ]
        answer = await printed_by(folder, f"docs/examples/nats.sh {endpoints['nats']}")
        assert '"stream":"INTAKE"' in answer
        told = await printed_by(
            folder,
            f"curl -sS '{endpoints['http']['gateway']}/events/clinic-10?report=10' "
            '-H "Authorization: Bearer $(cat .tandem/secrets/webinar-platform.token)"',
        )
        assert '"reported":true' in told
