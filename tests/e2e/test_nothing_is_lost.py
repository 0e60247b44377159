"""The real processes: each killed while facts flow, the broker wiped; every figure ends right."""

import asyncio
import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from shared.database import TRANSIENT
from shared.embedded import postgres
from shared.embedded.data_directory import DataDirectory
from shared.embedded.supervisor import running_system
from shared.messaging import NatsAddress, connect
from shared.publishing import publish_batches
from tests.support.flow import ACTIVITIES, CITIES, PERIOD, Flow
from tests.support.machine import free_port_base
from tests.support.settling import until

FLOW = Flow(people=4_980)
SECONDS_MAX = 120.0
PROCESSES = ["membership", "events", "resources", "reporting", "nats", "postgres"]


@pytest.fixture
def directory() -> Iterator[DataDirectory]:
    """A data directory that PostgreSQL's user may pass through, which pytest's own is not."""
    with tempfile.TemporaryDirectory(prefix="tandem-survives-") as folder:
        yield DataDirectory.at(Path(folder) / "data")


async def report(endpoints: dict[str, Any]) -> Any:
    """Return the report of the flow's quarter."""
    headers = {"authorization": f"Bearer {endpoints['tokens']['viewer']}"}
    base = endpoints["http"]["reporting"]
    async with httpx.AsyncClient(base_url=base, headers=headers, timeout=SECONDS_MAX) as client:
        return (await client.get(f"/reports/{PERIOD}.json")).json()


async def projected(directory: DataDirectory) -> int:
    """Return how many facts the projections hold; 0 while PostgreSQL is away."""
    try:
        connection = await postgres.connect(directory, database="reporting")
    except TRANSIENT:
        return 0
    try:
        return int(await connection.fetchval("select count(*) from fact"))
    finally:
        await connection.close()


async def kill_each(endpoints: dict[str, Any], directory: DataDirectory) -> None:
    """Kill -9 one process after the other, each once the one before lives again."""
    for name in PROCESSES:
        before = endpoints["processes"][name]
        os.kill(before, signal.SIGKILL)

        async def lives_again(name: str = name, before: int = before) -> bool:
            now = endpoints["processes"].get(name)
            return now not in (None, before) and await projected(directory) >= 0

        await until(lives_again, f"{name} lives again", SECONDS_MAX)


def figures(report_: Any) -> dict[str, tuple[float, str]]:
    """Return each figure with its status."""
    return {
        name: (figure["value"], figure["status"]) for name, figure in report_["figures"].items()
    }


@pytest.mark.timeout(400)
async def test_every_process_killed_while_10000_facts_flow_and_the_broker_wiped(
    directory: DataDirectory,
) -> None:
    port_base = free_port_base()
    total = FLOW.facts_of_events + CITIES
    async with running_system(directory.root, port_base) as endpoints:
        seed = Path(endpoints["credentials"]["demo"]["nkey_seed_file"])
        publisher = await connect(NatsAddress(endpoints["nats"], "demo", seed))
        killing = asyncio.create_task(kill_each(endpoints, directory))
        messages = FLOW.messages()
        for start in range(0, len(messages), 500):
            await publish_batches(publisher, messages[start : start + 500])
            # A fortieth of the way between two kills at least: the flow outlasts them all.
            await asyncio.wait([killing], timeout=0.25)
        await killing

        async def all_there() -> bool:
            return await projected(directory) >= total

        async def told() -> Any:
            ended = await report(endpoints)
            return ended if sum(ended["provenance"]["ledgers"].values()) >= total else None

        await until(all_there, f"{total} facts are projected", SECONDS_MAX)
        await publisher.close()
        ended = await until(told, "the report tells of all of them", SECONDS_MAX)
        connection = await postgres.connect(directory, database="events")
        recorded = await connection.fetchval("select count(*) from ledger")
        await connection.close()

    assert recorded == FLOW.facts_of_events
    counted = {"membership": CITIES, "events": recorded, "resources": 0}
    assert ended["provenance"]["ledgers"] == counted
    assert ended["figures"]["attendance"]["value"] == FLOW.people
    assert ended["figures"]["attendees_unique"]["value"] == FLOW.people
    assert ended["figures"]["webinars_held"]["value"] == ACTIVITIES
    assert ended["figures"]["cities_engaged"]["value"] == CITIES

    shutil.rmtree(directory.root / "nats" / "jetstream")
    async with running_system(directory.root, port_base) as endpoints:
        assert figures(await report(endpoints)) == figures(ended)
        assert await projected(directory) == total
