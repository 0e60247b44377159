"""Wherever a process is killed, the end is that of a run without: nothing lost, nothing doubled.

The service under test is a process of its own that kills itself; the others are the test's own. It
is then started again, and what is in every table and on the wire is compared with what was said.
"""

import random
import re
from pathlib import Path

import pytest
from tandem.reporting.v1.reporting_pb2 import GetReportRequest

from shared.publishing import Outgoing
from tests.support.completeness import complete, exactly_this_flow, on_wire_once_and_in_order
from tests.support.flow import PERIOD, Flow
from tests.support.killing import run_until_killed
from tests.support.system import System

ROOT = Path(__file__).parents[2]
FLOW = Flow(people=320)
INTAKE_AND_RELAY = [
    "intake.before_execute",
    "intake.after_commit",
    "intake.after_commit:2",
    "intake.before_ack",
    "relay.before_publish",
    "relay.after_publish",
    "relay.after_delete",
]
PROJECTOR = [
    "projector.before_write",
    "projector.before_commit",
    "projector.after_commit",
]
STANDING = ["standing.before_commit", "standing.after_commit", "standing.before_commit:2"]
MODULES = {
    "intake": "shared/intake.py",
    "relay": "shared/relay.py",
    "projector": "shared/projector.py",
    "standing": "services/reporting/standing.py",
}


def shuffled() -> list[Outgoing]:
    """Return the flow in an order in which much waits for its activity."""
    messages = FLOW.messages()
    random.Random(7).shuffle(messages)
    return messages


@pytest.mark.parametrize("place", INTAKE_AND_RELAY)
async def test_events_killed_while_it_takes_and_publishes(system: System, place: str) -> None:
    await system.start("membership", "reporting")
    await system.send(shuffled())
    await run_until_killed(system, "events", place)
    await system.start("events")
    await system.settled()

    await nothing_is_lost_or_doubled(system)


@pytest.mark.parametrize("place", PROJECTOR)
async def test_reporting_killed_while_it_projects(system: System, place: str) -> None:
    await system.start("membership", "events")
    await system.send(shuffled())
    await system.settled()
    await run_until_killed(system, "reporting", place)
    await system.start("reporting")
    await system.settled()

    await nothing_is_lost_or_doubled(system)


@pytest.mark.parametrize("place", STANDING)
async def test_reporting_killed_while_it_derives(system: System, place: str) -> None:
    await system.start("membership", "events")
    await system.send(shuffled())
    await system.settled()
    await run_until_killed(system, "reporting", place)
    await system.start("reporting")
    await system.settled()

    reporting = system.stub("reporting", by="viewer")
    derived = await reporting.GetReport(GetReportRequest(period=PERIOD), timeout=20)
    known_at = system.clock.now.isoformat()
    request = GetReportRequest(period=PERIOD, known_at=known_at)
    counted = await reporting.GetReport(request, timeout=20)
    assert derived.report.figures["attendance"].value == FLOW.people
    assert derived.report.figures == counted.report.figures
    assert derived.report.breakdowns == counted.report.breakdowns


def test_every_place_of_these_modules_is_swept() -> None:
    places = {
        place
        for module in MODULES.values()
        for place in re.findall(r'failpoint\("([a-z_.]+)"\)', (ROOT / module).read_text())
    }
    swept = [*INTAKE_AND_RELAY, *PROJECTOR, *STANDING]
    assert places == {place.partition(":")[0] for place in swept}


async def nothing_is_lost_or_doubled(system: System) -> None:
    await exactly_this_flow(system, FLOW)
    await complete(system)
    await on_wire_once_and_in_order(system, "membership", "events")
