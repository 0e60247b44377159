"""One flipped bit in a file of the broker: facts are healed, and a damaged intake is sent again."""

import asyncio
from pathlib import Path

import pytest

from shared.embedded import provisioning
from shared.jetstream import bytes_lost, provision
from shared.messaging import FACTS, INTAKE
from tests.support.completeness import complete, exactly_this_flow
from tests.support.flow import Flow
from tests.support.machine import Machine
from tests.support.settling import until
from tests.support.system import System

FLOW = Flow(people=400)
MESSAGES = FLOW.messages()


def flip_a_bit(store: Path, stream: str) -> None:
    """Damage the one message in the middle of a stream's file."""
    [block] = store.glob(f"*/streams/{stream}/msgs/1.blk")
    content = bytearray(block.read_bytes())
    content[len(content) // 2] ^= 1
    block.write_bytes(content)


async def damage(system: System, machine: Machine, stream: str) -> None:
    """Kill the broker, flip a bit, and return once it answers again."""
    async with machine.nats_down(killed=True) as store:
        flip_a_bit(store, stream)
    connection = await system.nats("provision")

    async def back() -> bool:
        return bool(connection.is_connected)

    await until(back, "a connection to the broker")


async def test_facts_lost_to_a_damaged_file_are_read_from_the_ledgers(
    system: System, machine: Machine
) -> None:
    await system.start("membership", "events")
    await system.send(MESSAGES)
    await system.settled()
    await damage(system, machine, FACTS)
    assert len(await system.on_wire()) < len(MESSAGES), "the broker lost nothing"

    await system.start("reporting")
    await system.settled()
    await complete(system)
    await exactly_this_flow(system, FLOW)


async def test_a_damaged_intake_is_told_and_comes_right_when_it_is_sent_again(
    system: System, machine: Machine, caplog: pytest.LogCaptureFixture
) -> None:
    await system.send(MESSAGES)
    await damage(system, machine, INTAKE)
    await the_keeper_of_streams_tells_of_it(system, caplog)
    await system.start("membership", "events", "reporting")
    await system.settled()

    taken = await system.value("events", "select count(*) from inbox")
    assert 0 < taken < FLOW.facts_of_events
    await complete(system)

    await system.send(MESSAGES)
    await system.settled()
    await complete(system)
    await exactly_this_flow(system, FLOW)


async def the_keeper_of_streams_tells_of_it(
    system: System, caplog: pytest.LogCaptureFixture
) -> None:
    """Let the keeper of streams look at the streams, and wait for its word."""
    keeping = asyncio.create_task(provisioning.keep_streams(system.servers, provision))

    async def told() -> bool:
        return "bytes of INTAKE to a damaged file" in caplog.text

    try:
        await until(told, "a word about the damage")
    finally:
        keeping.cancel()


async def test_a_message_that_a_tidy_broker_passes_over_in_silence_harms_no_other(
    system: System, machine: Machine
) -> None:
    await system.send(MESSAGES)
    async with machine.nats_down() as store:
        flip_a_bit(store, INTAKE)
    await system.start("membership", "events", "reporting")

    async def all_but_one() -> bool:
        taken = await system.value("events", "select count(*) from inbox")
        return bool(taken >= FLOW.facts_of_events - 1)

    await until(all_but_one, "the other messages are taken")
    assert await bytes_lost(await system.nats("provision")) == {}
    await system.send(MESSAGES)
    await system.settled()
    await complete(system)
    await exactly_this_flow(system, FLOW)
