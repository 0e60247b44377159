"""The broker's files put back from an old copy: its sequence numbers come again for other facts."""

import shutil
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from shared.messaging import FACTS
from shared.publishing import Outgoing
from tests.support.completeness import complete, exactly_this_flow
from tests.support.flow import Flow
from tests.support.machine import Machine
from tests.support.settling import until
from tests.support.system import System

FLOW = Flow(people=400)
MESSAGES = FLOW.messages()
NEVER_SECONDS = 3600.0


@asynccontextmanager
async def snapshot(machine: Machine) -> AsyncIterator[Path]:
    """Yield a copy of the broker's store as it is now."""
    with TemporaryDirectory(prefix="tandem-snapshot-") as folder:
        copy = Path(folder) / "jetstream"
        async with machine.nats_down() as store:
            shutil.copytree(store, copy)
        yield copy


async def roll_back(machine: Machine, copy: Path) -> None:
    """Stop the broker, put the copy in the place of its store, and start it again."""
    async with machine.nats_down() as store:
        shutil.rmtree(store)
        shutil.copytree(copy, store)


async def test_numbers_and_messages_that_come_again_hide_and_double_no_fact(
    system: System, machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.auditor.COMPARE_SECONDS", NEVER_SECONDS)  # the wire must do it
    first, second, third = MESSAGES[:300], MESSAGES[300:600], MESSAGES[600:]
    await system.send(first)
    async with snapshot(machine) as copy:  # in which nothing of the first third is taken yet
        await system.start("membership", "events", "reporting")
        await spoken(system, second)
        await system.settled()
        last = await last_number(system)
        await roll_back(machine, copy)
    await spoken(system, third)
    await system.settled()

    assert await last_number(system) < last, "the broker gave out no number a second time"
    await complete(system)
    await exactly_this_flow(system, FLOW)


async def test_facts_that_the_old_copy_lacks_are_read_from_the_ledgers(
    system: System, machine: Machine
) -> None:
    await system.start("membership", "events")
    await spoken(system, MESSAGES[:300])
    await system.settled()
    async with snapshot(machine) as copy:
        await spoken(system, MESSAGES[300:])
        await system.settled()
        await roll_back(machine, copy)
    await system.start("reporting")
    await system.settled()

    await complete(system)
    await exactly_this_flow(system, FLOW)


async def spoken(system: System, messages: Sequence[Outgoing]) -> None:
    """Publish once the broker takes messages again; a batch of unknown fate is sent again."""

    async def taken() -> bool:
        try:
            await system.send(messages)
        except (TimeoutError, ConnectionError):
            return False
        return True

    await until(taken, "a broker that takes messages")


async def last_number(system: System) -> int:
    """Return the sequence number of the newest message in FACTS."""
    jetstream = (await system.nats("provision")).jetstream()
    return int((await jetstream.stream_info(FACTS)).state.last_seq)
