"""A rebuild killed anywhere leaves the old tables serving; the next one goes on and ends equal."""

import re
from pathlib import Path

import pytest
from tandem.reporting.v1.reporting_pb2 import GetReportRequest

from tests.support.flow import PERIOD, Flow
from tests.support.killing import run_until_killed
from tests.support.rebuilding import REPORTING, clear, rebuild, rows_of
from tests.support.system import System

ROOT = Path(__file__).parents[2]
RESUMED = {
    "rebuild.prepared": True,
    "rebuild.before_commit": True,
    "rebuild.before_commit:2": True,
    "rebuild.after_commit": True,
    "rebuild.after_commit:2": True,
    "rebuild.before_index": True,
    "rebuild.before_index:5": True,
    "rebuild.indexed": True,
    "rebuild.before_switch": True,
    "rebuild.after_switch": False,
}
"""Each place, and whether the next rebuild finds anything to go on from."""


@pytest.mark.parametrize("place", RESUMED)
async def test_a_rebuild_killed_anywhere_goes_on_and_ends_equal(system: System, place: str) -> None:
    await clear(system)
    await system.start()
    await system.send(Flow(people=60).messages())
    await system.settled()
    rows, report = await rows_of(system), await report_of(system)

    await run_until_killed(system, REPORTING, place, errand="rebuild")
    assert await rows_of(system) == rows
    assert await report_of(system) == report
    await system.send(Flow(people=10, name="meanwhile").messages())
    await system.settled()
    rows = await rows_of(system)

    outcome, _ = await rebuild(system)
    assert (outcome.resumed, outcome.tables) == (RESUMED[place], [])
    assert await rows_of(system) == rows
    await clear(system)


def test_every_place_of_a_rebuild_is_swept() -> None:
    text = (ROOT / "shared" / "rebuild.py").read_text()
    places = set(re.findall(r'failpoint\("([a-z_.]+)"\)', text))
    assert places == {place.partition(":")[0] for place in RESUMED}


async def report_of(system: System) -> bytes:
    request = GetReportRequest(period=PERIOD, known_at=system.clock().isoformat())
    answer = await system.stub(REPORTING, by="viewer").GetReport(request)
    return bytes(answer.report.SerializeToString(deterministic=True))
