"""Files of platforms imported into a running system, by the command as people call it."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.guide import ROOT, plain, printed, walked
from tests.support.real_processes import RealProcesses, real_processes
from tests.support.settling import SECONDS_MAX

GUIDE = ROOT / "docs" / "importing.md"
EXAMPLES = "docs/examples/importing"
MAPPING = f"--mapping {EXAMPLES}/mapping.toml"
ANNOUNCING = "--time-zone America/New_York --organiser NLC --organiser SCN"
FIGURES = (
    "webinars_held",
    "registrations",
    "attendance",
    "attendance_rate",
    "attribution_rate",
    "cities_engaged",
)


@pytest.mark.slow
@pytest.mark.timeout(600)
async def test_the_guide_prints_what_its_commands_print() -> None:
    text = GUIDE.read_text("utf-8")
    async with real_processes() as real:
        async for step, said in walked(text, real.system.servers.directory.root):
            assert said == plain(step.output), step.command


@pytest.mark.slow
@pytest.mark.timeout(600)
async def test_a_report_counts_once_and_a_corrected_one_takes_its_place() -> None:
    async with real_processes() as real:
        data = real.system.servers.directory.root
        await printed(f"tandem import csv {EXAMPLES}/cities.csv", data)
        first = f"tandem import zoom {EXAMPLES}/webinar.csv {MAPPING} {ANNOUNCING}"
        corrected = f"tandem import zoom {EXAMPLES}/webinar-corrected.csv {MAPPING}"

        said = await printed(f"{first} --dry-run", data)
        assert "announced by this" in said
        assert "Springfield, US (named 2 times): 20 places it may mean" in said
        assert await facts(real) == 0

        said = await printed(first, data)
        assert "Published 13 events as demo." in said
        # Ana by the union of two overlapping times, Carla by two short ones that make six minutes,
        # Daan, Eve without a city, Pat of an unclear Springfield, somebody by telephone; not Ben,
        # who was there for less than the floor, no panelist, no staff.
        assert await figures(real) == [1, 9, 6, 55.6, 50.0, 3]
        assert await cities(real) == ["athens-oh", "columbus-oh", "the-hague"]

        recorded = await facts(real)
        assert "Nothing would change, nothing is sent." in await in_a_line(first, data)
        assert await facts(real) == recorded

        said = await in_a_line(corrected, data)
        assert "8 people as before, 1 added, 1 no more, 1 changed" in said
        # Pat is gone, Lea is new, and Carla no longer makes the floor: Athens goes with her.
        assert await figures(real) == [1, 10, 5, 40.0, 60.0, 3]
        assert await cities(real) == ["albuquerque-nm", "columbus-oh", "the-hague"]

        assert "a later one replaced it" in await in_a_line(first, data)
        assert await figures(real) == [1, 10, 5, 40.0, 60.0, 3]
        said = await in_a_line(f"{first} --restore", data)
        assert "8 people as before, 1 added, 1 no more, 1 changed" in said
        assert await cities(real) == ["athens-oh", "columbus-oh", "the-hague"]
        assert "@" not in said


@pytest.mark.slow
@pytest.mark.timeout(600)
async def test_nothing_is_sent_while_one_row_is_wrong(tmp_path: Path) -> None:
    async with real_processes() as real:
        data = real.system.servers.directory.root
        report = (ROOT / EXAMPLES / "webinar.csv").read_text()
        broken = tmp_path / "broken.csv"
        for wrong, problem in (
            (report.replace("Ben Cho", "Ben\x00Cho"), "row 16, column B: holds U+0000"),
            (report.replace('"03/27/2024 02:03:00 PM"', '"11/03/2024 01:30:00 AM"'), "row 16"),
        ):
            broken.write_text(wrong)
            command = f"tandem import zoom {broken} {MAPPING} {ANNOUNCING}"
            said = await in_a_line(command, data)
            assert "Nothing was sent" in said
            assert problem in said
        said = await in_a_line(f"tandem import zoom {broken} {MAPPING}", data)
        assert "give --time-zone" in said
        said = await in_a_line(f"tandem import zoom {EXAMPLES}/webinar.csv", data)
        assert "`812 3456 7890` stands in the file" in said
        assert await facts(real) == 0


async def in_a_line(command: str, data: Path) -> str:
    """Return what a command prints, without its line breaks."""
    return " ".join((await printed(command, data)).split())


async def facts(real: RealProcesses) -> int:
    return int(await real.system.value("events", "select count(*) from ledger"))


async def figures(real: RealProcesses) -> list[float]:
    document = await report(real)
    return [document["figures"][metric]["value"] for metric in FIGURES]


async def cities(real: RealProcesses) -> list[str]:
    listed = (await report(real))["lists"]["cities"]
    return sorted(each["city_id"] for each in listed)


async def report(real: RealProcesses) -> Any:
    headers = {"authorization": f"Bearer {real.endpoints['tokens']['viewer']}"}
    async with httpx.AsyncClient(
        base_url=real.endpoints["http"]["reporting"], timeout=SECONDS_MAX
    ) as client:
        answer = await client.get("/reports/2024-Q1.json", headers=headers)
        return answer.raise_for_status().json()
