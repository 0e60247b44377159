"""Hostile events: each is accounted for, none holds up anybody, none makes a service stumble.

Run with `-s` to see the table; `make hostile` sends 100,000.
"""

import pytest
from rich.console import Console

from tests.faults.hostile import WIDTH, run, tables
from tests.support.hostile import SOURCE, hostile
from tests.support.quiet import QUIET, parts
from tests.support.real_processes import real_processes

EVENTS = 3_000
OTHERS_SHARE_MAX = 0.2
"""So much of the attack's time others may wait typically; behind all of it, it would be half."""


@pytest.mark.timeout(240)
async def test_hostile_events_are_all_accounted_for_and_hold_up_nobody() -> None:
    async with real_processes(QUIET, SOURCE) as real:
        outcome = await run(real, EVENTS)

    for each in tables(outcome):
        Console(width=WIDTH).print(each)
    assert outcome.lost == 0
    assert outcome.failures == []
    assert outcome.against == []
    assert outcome.unexplained == 0
    assert outcome.hintless == 0
    for seconds in outcome.during.values():
        assert parts(seconds)[0] < OTHERS_SHARE_MAX * outcome.seconds


def test_the_same_seed_makes_the_same_messages() -> None:
    once, again = list(hostile(200)), list(hostile(200))

    assert once == again
    assert len({(each.message.body, *each.message.headers.items()) for each in once}) == 200
