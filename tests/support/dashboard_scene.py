"""A system with something to see on the dashboard: the demo data, and three events gone astray.

One is poisoned (a field has another name), those of one source are delayed (the service that takes
them is held still), and one was rejected because it came too early, and can be replayed.
"""

import json
import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from anyio.from_thread import BlockingPortal, start_blocking_portal

from deploy.demo.events import demo_events
from shared.contracts.envelope import STRUCTURED
from tests.support.real_processes import RealProcesses, real_processes
from tests.support.settling import until
from tests.support.system import said, structured
from tests.support.telling import came, published, registered, scheduled

DELAYED = 12
LATE_SECONDS = 62.0
SECONDS_MAX = 120.0
TRACE_SECONDS = 10.0
EVENTS_MAX = 8


@dataclass
class Scene:
    """The system as it stands, and what is to be looked at."""

    real: RealProcesses
    portal: BlockingPortal
    trace_id: str = ""
    poisoned: str = ""
    early: str = ""

    @property
    def address(self) -> str:
        """Where the dashboard is."""
        return str(self.real.endpoints["http"]["operations"])

    @property
    def token(self) -> str:
        """What an operator logs in with."""
        return self.real.system.token("operator")

    def get(self, path: str) -> str:
        """Return a page as its text."""
        headers = {"Authorization": f"Bearer {self.token}", "Accept": "text/html"}
        return httpx.get(self.address + path, headers=headers, timeout=SECONDS_MAX).text

    def until(self, path: str, *words: str, seconds_max: float = SECONDS_MAX) -> str:
        """Return a page once it holds all words."""

        async def there() -> str:
            async with httpx.AsyncClient(timeout=SECONDS_MAX) as client:
                headers = {"Authorization": f"Bearer {self.token}", "Accept": "text/html"}
                text = (await client.get(self.address + path, headers=headers)).text
            return text if all(word in text for word in words) else ""

        async def wait() -> str:
            return await until(there, f"{path} says {words}", seconds_max)

        return self.portal.call(wait)


@contextmanager
def scene() -> Iterator[Scene]:
    """Set the scene; it is taken down when left."""
    with pytest.MonkeyPatch.context() as patch, start_blocking_portal() as portal:
        patch.delenv("OTEL_EXPORTER_OTLP_ENDPOINT", raising=False)
        patch.setenv("OTEL_BSP_SCHEDULE_DELAY", "200")
        with portal.wrap_async_context_manager(real_processes("webinar-platform")) as real:
            set_up = Scene(real, portal)
            still = int(real.endpoints["processes"]["resources"])
            try:
                _happen(set_up, still)
                yield set_up
            finally:
                os.kill(still, signal.SIGCONT)


def _happen(scene: Scene, still: int) -> None:
    system, call = scene.real.system, scene.portal.call
    call(system.send, [structured(event) for event in demo_events()])
    call(system.settled)
    soon = datetime.now(UTC) + timedelta(days=1, seconds=8)  # a day ahead is still believed
    events = [
        registered("gent"),
        scheduled("w1", starts_at=f"{soon:%Y-%m-%dT%H:%M}", time_zone="UTC"),
        came("w1", "gent"),
    ]
    call(_publish, scene, *events)
    scene.trace_id = _whole_trace(scene)
    call(_publish, scene, _held(soon, "held-too-early"))
    call(
        _publish, scene, said("events.activity_held", "poisoned", activity_id="w1", heldon="today")
    )

    async def both() -> bool:
        return len(await system.rejected("events")) == 2

    call(until, both, "two rejected messages")
    for row in call(system.rejected, "events"):
        if row["reason"] == "refused":
            scene.early = str(row["rejection_id"])
        else:
            scene.poisoned = str(row["rejection_id"])
    os.kill(still, signal.SIGSTOP)
    call(_publish, scene, *(published(f"toolkit-{n}") for n in range(DELAYED)))
    began = time.monotonic()

    async def late() -> bool:
        return time.monotonic() - began > LATE_SECONDS

    call(until, late, "a minute", SECONDS_MAX)
    scene.until("/behind", "late")


def _held(at: datetime, id_: str) -> dict[str, Any]:
    ended = at + timedelta(seconds=1)
    moments = {"started_at": (at - timedelta(hours=1)).isoformat(), "ended_at": ended.isoformat()}
    return said("events.activity_held", id_, activity_id="w1", **moments) | {
        "time": datetime.now(UTC).isoformat()
    }


async def _publish(scene: Scene, *events: dict[str, Any]) -> None:
    await scene.real.system.publish(*events, by="webinar-platform")


def _whole_trace(scene: Scene) -> str:
    """Return the trace of an event that every service told its part of.

    Spans are dropped while the dashboard has no time to take them, so it may take another event.
    """
    for _ in range(EVENTS_MAX):
        trace_id = _over_http(scene, came("w1", "athens-oh"))
        try:
            scene.until(f"/traces/{trace_id}", "reporting.derive", seconds_max=TRACE_SECONDS)
        except AssertionError:
            continue
        return trace_id
    raise AssertionError(f"no trace of {EVENTS_MAX} events is whole")


def _over_http(scene: Scene, event: dict[str, Any]) -> str:
    """Send an event through the gateway, and return its trace."""
    answer = httpx.post(
        f"{scene.real.endpoints['http']['gateway']}/events",
        content=json.dumps({"source": "/systems/webinar-platform"} | event),
        headers={
            "Authorization": f"Bearer {scene.real.system.token('webinar-platform')}",
            "Content-Type": STRUCTURED,
        },
        timeout=SECONDS_MAX,
    )
    assert answer.status_code == 202, answer.text
    return str(answer.headers["traceresponse"].split("-")[1])
