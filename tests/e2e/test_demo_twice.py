"""The demo data, published in order and once more shuffled: a report says the same."""

import json
import random
from typing import Any

from deploy.demo.events import demo_events
from tests.e2e.test_golden_quarter import report
from tests.support.machine import Machine
from tests.support.system import System, structured

NOW = "2026-11-22T12:00:00Z"
QUARTERS = ["2023-Q3", "2024-Q1", "2024-Q3", "2025-Q1", "2026-Q1"]
CLOCKS = {"known_at", "data_to"}


async def publish(system: System, events: list[dict[str, Any]]) -> None:
    """Publish events as they are, and wait until the report has them."""
    await system.send([structured(event) for event in events])
    await system.settled()


async def reports(system: System) -> str:
    """Return several quarters' JSON without the times of day they were made at."""
    found = [await report(system, period=quarter) for quarter in QUARTERS]
    return json.dumps(
        [{k: v for k, v in each.items() if k not in CLOCKS} for each in found], sort_keys=True
    )


async def test_publishing_it_again_in_any_order_changes_nothing(system: System) -> None:
    await system.start()
    system.clock.set(NOW)
    events = demo_events()
    await publish(system, events)
    once = await reports(system)
    random.Random(4).shuffle(events)
    await publish(system, events)
    assert await reports(system) == once
    assert await system.value("events", "select count(*) from ledger") == 270


async def test_a_first_publication_shuffled_tells_the_same_story(
    system: System, machine: Machine
) -> None:
    await system.start()
    system.clock.set(NOW)
    events = demo_events()
    random.Random(7).shuffle(events)
    await publish(system, events)
    shuffled = await reports(system)
    await system.stop()
    await machine.empty()
    await system.start()
    await publish(system, demo_events())

    assert await reports(system) == shuffled


async def test_the_joint_webinar_of_27_march_2024_is_in_the_first_quarter(system: System) -> None:
    await system.start()
    system.clock.set(NOW)
    await publish(system, demo_events())
    first = await report(system, period="2024-Q1")
    assert first["breakdowns"]["webinars_held"]["organisers"]["joint"] == 1
    assert first["figures"]["cities_engaged"]["value"] == 4
