"""Faults need a broker that soon sends again what a killed process left unacknowledged."""

from collections.abc import AsyncIterator

import pytest

from tests.support.completeness import order_recorded
from tests.support.machine import Machine
from tests.support.system import PAUSES, System, running_system

ACK_WAIT_SECONDS = 1.0
AFTER_THE_FLOW = "2026-04-01T09:00:00+00:00"


@pytest.fixture
async def system(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[System]:
    """Tandem on empty servers, as everywhere, with a broker of little patience."""
    for name, seconds in PAUSES.items():
        monkeypatch.setattr(name, seconds)
    await machine.empty(ACK_WAIT_SECONDS)
    async with running_system(machine.servers) as system, order_recorded(system):
        system.clock.set(AFTER_THE_FLOW)
        yield system
