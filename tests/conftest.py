"""What every test may ask for: the servers of the session, and a system of its own on them."""

from collections.abc import AsyncIterator, Iterator

import pytest
from hypothesis import HealthCheck, settings

from tests.support.machine import Machine, running_machine
from tests.support.system import PAUSES, System, running_system

# How fast a machine is decides no test: it may have other things to do.
settings.register_profile(
    "any-machine",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
settings.load_profile("any-machine")


@pytest.fixture(scope="session")
def machine() -> Iterator[Machine]:
    """NATS and PostgreSQL, started when the first test needs them."""
    with running_machine() as machine:
        yield machine


@pytest.fixture
async def system(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[System]:
    """Tandem on empty servers, in this process; start what the test is about."""
    for name, seconds in PAUSES.items():
        monkeypatch.setattr(name, seconds)
    await machine.empty()
    async with running_system(machine.servers) as system:
        yield system
