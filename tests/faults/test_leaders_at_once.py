"""Two of a kind at work at once, one of them killed again and again: who leads is no matter."""

import random

import pytest

from shared.chunks import chunks
from tests.support.completeness import complete, exactly_this_flow, on_wire_once_and_in_order
from tests.support.flow import Flow
from tests.support.killing import as_process
from tests.support.settling import until
from tests.support.system import System

FLOW = Flow(people=1_000)
LIVES = 3
SEED = 11


@pytest.mark.parametrize("service", ["events", "reporting"])
async def test_one_of_two_is_killed_again_and_again_while_facts_flow(
    system: System, service: str
) -> None:
    chance = random.Random(SEED)
    messages = FLOW.messages()
    await system.start("membership", "events", "reporting")
    for part in chunks(messages, len(messages) // LIVES + 1):
        async with as_process(system, service, beside=True):
            projected = await system.value("reporting", "select count(*) from fact")
            await system.send(part)
            await until_projected(system, projected + chance.randrange(1, len(part)))
    await system.settled()

    await exactly_this_flow(system, FLOW)
    await complete(system)
    await on_wire_once_and_in_order(system, "membership", "events")


async def until_projected(system: System, facts: int) -> None:
    async def reached() -> bool:
        return bool(await system.value("reporting", "select count(*) from fact") >= facts)

    await until(reached, f"{facts} facts are projected")
