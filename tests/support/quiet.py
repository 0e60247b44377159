"""A source that behaves, beside one that does not: how soon is what it says recorded?"""

import asyncio
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import count

from shared.jetstream import untaken
from tests.support.real_processes import RealProcesses
from tests.support.system import structured
from tests.support.telling import Event

QUIET = "crm"
EVERY_SECONDS = 0.1


@dataclass
class Quiet:
    """A source that says something ten times a second, and sees how soon it is recorded."""

    real: RealProcesses
    service: str
    build: Callable[[str], Event]
    seconds: list[float] = field(default_factory=list)
    waiting: dict[str, float] = field(default_factory=dict)

    async def speak(self, stop: asyncio.Event) -> None:
        """Publish until told to stop; an event that comes late does not hold up the next one."""
        for number in count():
            if stop.is_set():
                return
            id_ = f"{self.service}-{number}"
            event = self.build(id_) | {"id": id_}
            self.waiting[id_] = time.monotonic()
            await self.real.system.send([structured(event, QUIET)], QUIET)
            await asyncio.sleep(EVERY_SECONDS)

    async def watch(self) -> None:
        """Note what was recorded since the last look."""
        known = "select id from inbox where source = $1 and id = any ($2)"
        asked = list(self.waiting)
        for row in await self.real.system.rows(self.service, known, QUIET, asked):
            self.seconds.append(time.monotonic() - self.waiting.pop(row["id"]))

    def taken(self) -> list[float]:
        """Return the seconds that were noted since this was called last, ascending."""
        noted, self.seconds = sorted(self.seconds), []
        return noted


async def lag_of(real: RealProcesses, owner: str) -> int:
    return await untaken((await real.system.nats("provision")).jetstream(), owner)


def parts(seconds: Sequence[float]) -> tuple[float, float]:
    """Return the 50th and the 99th percentile."""
    percentiles = statistics.quantiles(seconds, n=100, method="inclusive")
    return percentiles[49], percentiles[98]
