"""Tandem with the demo data, for tests that are not coroutines, such as those with a browser.

It lives on an event loop in a thread of its own: `site.call(site.system.publish, event)`.
"""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

import pytest
from anyio.from_thread import BlockingPortal, start_blocking_portal

from deploy.demo.events import demo_events
from tests.support.machine import Machine
from tests.support.system import PAUSES, System, running_system, structured

NOW = "2026-11-22T12:00:00Z"

T = TypeVar("T")


@dataclass(frozen=True)
class Site:
    """A system that has taken the demo data."""

    system: System
    portal: BlockingPortal

    @property
    def address(self) -> str:
        """Where its pages stand."""
        return self.system.http("reporting")

    def call(self, function: Callable[..., Awaitable[T]], *arguments: object) -> T:
        """Return what a coroutine of the system returns."""
        return self.portal.call(function, *arguments)


@contextmanager
def running_site(machine: Machine) -> Iterator[Site]:
    """Run every service on empty servers, with the demo data published and counted."""

    async def filled(system: System) -> None:
        await system.start()
        system.clock.set(NOW)
        await system.send([structured(event) for event in demo_events()])
        await system.settled()

    with pytest.MonkeyPatch.context() as patch, start_blocking_portal() as portal:
        for name, seconds in PAUSES.items():
            patch.setattr(name, seconds)
        portal.call(machine.empty)
        with portal.wrap_async_context_manager(running_system(machine.servers)) as system:
            portal.call(filled, system)
            yield Site(system, portal)
