"""One publisher floods: its own lag moves, the memory does not, and others hardly wait.

Run with `-s` to see the table of what the others felt.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import pytest
from rich.console import Console
from rich.table import Table

from shared.publishing import publish_batches
from tests.support.completeness import complete
from tests.support.flow import CITIES, Flow
from tests.support.quiet import QUIET, Quiet, lag_of, parts
from tests.support.real_processes import RealProcesses, real_processes
from tests.support.settling import until
from tests.support.telling import published, scheduled

FLOOD = Flow(people=15_000)
FLOODED, ANOTHER = "events", "resources"
SERVICES = ("membership", "events", "resources", "reporting")
MEMORY_MEGABYTES_MAX = 150.0
GROWTH_MEGABYTES_MAX = 40.0
LOOK_SECONDS = 0.02
CALM_EVENTS = 20
TAKEN_SECONDS_MAX = 90.0
OTHERS_SHARE_MAX = 0.2
"""So much of the flood's time others may wait typically; behind all of it, it would be half."""


@dataclass
class Watched:
    """The most that was seen."""

    lag: int = 0
    memory: dict[str, float] = field(default_factory=dict)

    async def look(self, real: RealProcesses) -> int:
        """Look once, and return the lag: messages that the flooded service has not acknowledged."""
        lag = await lag_of(real, FLOODED)
        self.lag = max(self.lag, lag)
        for name, held in real.memory(*SERVICES).items():
            self.memory[name] = max(held, self.memory.get(name, 0.0))
        return lag


@pytest.mark.timeout(300)
async def test_a_flooding_publisher_moves_the_lag_and_never_the_memory(
    record_property: Callable[[str, object], None],
) -> None:
    async with real_processes(QUIET) as real:
        quiet = [
            Quiet(real, FLOODED, lambda id_: scheduled(f"quiet-{id_}")),
            Quiet(real, ANOTHER, lambda id_: published(f"quiet-{id_}")),
        ]
        stop, watched = asyncio.Event(), Watched()
        speaking = [asyncio.create_task(each.speak(stop)) for each in quiet]
        watching = asyncio.create_task(watched_for_ever(quiet))

        async def calm() -> bool:
            return all(len(each.seconds) >= CALM_EVENTS for each in quiet)

        await until(calm, "the quiet source is heard")
        before, memory = [each.taken() for each in quiet], real.memory(*SERVICES)

        began, flooding = time.monotonic(), asyncio.create_task(flood(real))

        async def over() -> bool:
            return await watched.look(real) < 100 and flooding.done()

        await until(over, "the flood is taken", TAKEN_SECONDS_MAX)
        lasted = time.monotonic() - began
        stop.set()
        await asyncio.gather(flooding, *speaking)

        async def all_taken() -> bool:
            return await lag_of(real, FLOODED) == 0 and not any(each.waiting for each in quiet)

        await until(all_taken, "everything is taken", TAKEN_SECONDS_MAX)
        during = [each.taken() for each in quiet]
        watching.cancel()
        report(quiet, before, during, watched, record_property)
        for each, seconds in zip(quiet, during, strict=True):
            waited = parts(seconds)[0]
            assert waited < OTHERS_SHARE_MAX * lasted, (
                f"{each.service} let others wait {waited:.1f} of {lasted:.0f} s"
            )

        said = sum(len(each) for each in (*before, *during)) + CITIES + FLOOD.facts_of_events

        async def all_projected() -> bool:
            return await watched.look(real) == 0 and await real.projected() >= said

        await until(all_projected, f"{said} facts are projected", TAKEN_SECONDS_MAX)
        await complete(real.system)
        assert await real.projected() == said
        assert watched.lag > FLOOD.people, "no flood: the service kept up with it"
        for name, held in watched.memory.items():
            assert held < MEMORY_MEGABYTES_MAX, f"{name} holds {held:.0f} MB"
            assert held - memory[name] < GROWTH_MEGABYTES_MAX, (
                f"{name} grew from {memory[name]:.0f}"
            )


async def flood(real: RealProcesses) -> None:
    """Publish the flood as fast as the broker takes it."""
    await publish_batches(await real.system.nats("demo"), FLOOD.outgoing())


async def watched_for_ever(quiet: Sequence[Quiet]) -> None:
    while True:
        for each in quiet:
            await each.watch()
        await asyncio.sleep(LOOK_SECONDS)


def report(
    quiet: Sequence[Quiet],
    before: Sequence[list[float]],
    during: Sequence[list[float]],
    watched: Watched,
    record_property: Callable[[str, object], None],
) -> None:
    """Print what the quiet source felt, and put it on record with the test's result."""
    table = Table("quiet source to", "when", "events", "p50 ms", "p99 ms")
    for each, *phases in zip(quiet, before, during, strict=True):
        for when, seconds in zip(("before", "flood"), phases, strict=True):
            p50, p99 = (1000 * part for part in parts(seconds))
            table.add_row(each.service, when, str(len(seconds)), f"{p50:.0f}", f"{p99:.0f}")
            record_property(f"{each.service} {when} p50, p99 ms", (round(p50), round(p99)))
    console = Console()
    console.print(table)
    held = ", ".join(f"{name} {held:.0f} MB" for name, held in watched.memory.items())
    console.print(f"lag at most {watched.lag} messages; memory at most: {held}")
