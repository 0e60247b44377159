"""`make million`: a long flow through real processes that are killed at random, and its end.

Each of the four services dies three times by SIGKILL, NATS and PostgreSQL once each, at moments
that follow from the seed. At the end the projections are compared with the ledgers stream by
stream, and the figures with those that follow from the flow; then they are rebuilt while a client
reads reports. `--clean` also runs the same flow without a kill and compares the whole report.
"""

import argparse
import asyncio
import logging
import os
import random
import signal
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import nats.errors
from rich.console import Console
from rich.table import Table

from shared.chunks import chunks
from shared.database import TRANSIENT
from shared.messaging import OWNERS
from shared.publishing import PublishRefused, publish_batches
from tests.faults.reading_meanwhile import Reading, rebuilt_meanwhile
from tests.support.completeness import expected_figures, report
from tests.support.flow import PERIOD, Flow
from tests.support.real_processes import RealProcesses, real_processes
from tests.support.settling import until

SERVICES = ("membership", "events", "resources", "reporting")
DEATHS = {**dict.fromkeys(SERVICES, 3), "nats": 1, "postgres": 1}
MESSAGES_AT_ONCE = 5_000
POLL_SECONDS = 0.25
STALLED_SECONDS_MAX = 120.0
RETRY_SECONDS = 0.5
SHOWN_EVERY = 0.05
READ = (PERIOD, "2025-Q4", "2025-Q3")
REBUILT_EQUAL = "every figure is the same"
"""What `tandem rebuild` says when old and new tables hold the same rows."""
AWAY: tuple[type[BaseException], ...] = (nats.errors.Error, PublishRefused, *TRANSIENT)
"""What is said by a part that was just killed."""

SUMMED = """
select count(*) as facts, count(distinct stream) as streams,
       coalesce(sum(hashtextextended(concat(stream, ' ', version, ' ', fact_id), 0)), 0) as sum
  from {table}
"""
"""How many facts in how many streams, and a sum that tells whether they are the same."""
GAPS = "select count(*) from (select from ledger group by stream having max(version) <> count(*)) g"
SUMMED_PROJECTION = SUMMED.format(table="fact") + " where ledger = $1"
HEADS = "select stream, max(version) as version from ledger group by stream"
HEADS_PROJECTED = (
    "select stream, max(version) as version from fact where ledger = $1 group by stream"
)
DISORDER = """
select count(*) from (
    select version, row_number() over (partition by ledger, stream order by n) as place
      from applied where ledger = $1
) each where version <> place
"""


@dataclass
class Run:
    """One run of the flow: what it is to do, and what was seen."""

    real: RealProcesses
    flow: Flow
    console: Console
    deaths: dict[str, int] = field(default_factory=dict)
    memory: dict[str, float] = field(default_factory=dict)
    started: float = field(default_factory=time.monotonic)
    published: int = 0
    projected: int = 0
    reading: Reading = field(default_factory=Reading)
    rebuilt: str = ""

    def say(self, what: str) -> None:
        """Print a line of progress."""
        seconds = time.monotonic() - self.started
        share = self.projected / self.flow.facts
        self.console.print(f"{seconds:6.0f} s  {share:4.0%}  {self.projected:>9,} facts  {what}")

    async def publish(self) -> None:
        """Publish the flow; what a killed broker did not confirm is sent again."""
        connection = await self.real.system.nats("demo")
        for messages in chunks(self.flow.outgoing(), MESSAGES_AT_ONCE):
            while True:
                try:
                    await publish_batches(connection, messages)
                    break
                except AWAY as error:
                    self.say(f"publishing waits: {error or type(error).__name__}")
                    await asyncio.sleep(RETRY_SECONDS)
            self.published += len(messages)

    async def look(self) -> None:
        """See how far the projections are; not at all while PostgreSQL is away."""
        try:
            self.projected = await self.real.projected()
        except TRANSIENT:
            return
        for name, held in self.real.memory(*SERVICES).items():
            self.memory[name] = max(held, self.memory.get(name, 0.0))

    async def watch(self, deaths: Sequence[tuple[float, str]]) -> None:
        """Kill at the moments given, as shares of the way, and return when all is projected.

        Raises:
            TimeoutError: for STALLED_SECONDS_MAX nothing moved.
        """
        left, shown, moved = list(deaths), 0.0, time.monotonic()
        while self.projected < self.flow.facts:
            before = self.projected
            await self.look()
            if self.projected > before:
                moved = time.monotonic()
            if time.monotonic() - moved > STALLED_SECONDS_MAX:
                raise TimeoutError(f"{self.projected} of {self.flow.facts} facts, and no more came")
            share = self.projected / self.flow.facts
            while left and left[0][0] <= share and self._kill(left[0][1]):
                left.pop(0)
            if share >= shown:
                self.say(f"{self.published:,} published")
                shown = share + SHOWN_EVERY
            await asyncio.sleep(POLL_SECONDS)

    async def whole_report(self) -> Any:
        """Return the report once all of the flow is in it: until then it tells how far it is.

        Raises:
            AssertionError: for STALLED_SECONDS_MAX it was not.
        """

        async def whole() -> Any:
            document = await report(self.real.system)
            held = sum(document["provenance"]["ledgers"].values())
            self.say(f"the report holds {held:,} facts")
            return document if held >= self.projected else None

        return await until(whole, "the report of everything", STALLED_SECONDS_MAX)

    def _kill(self, name: str) -> bool:
        """Kill a process, if it lives just now."""
        pid = self.real.endpoints["processes"].get(name)
        if pid is None:
            return False
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            return False
        self.deaths[name] = self.deaths.get(name, 0) + 1
        self.say(f"{name} killed, the {ordinal(self.deaths[name])} time")
        return True


def flow_of(facts: int) -> Flow:
    """Return a flow of so many facts, a tenth of them about works."""
    works = facts // 10
    return Flow(people=(facts - works - Flow(people=0).facts) // 2, works=works)


def ordinal(number: int) -> str:
    """Return the first, second, third or later in figures."""
    return {1: "1st", 2: "2nd", 3: "3rd"}.get(number, f"{number}th")


def drawn(seed: int) -> list[tuple[float, str]]:
    """Return who dies at which share of the way, the earliest first."""
    chance = random.Random(seed)
    return sorted(
        (chance.uniform(0.02, 0.95), name) for name, times in DEATHS.items() for _ in range(times)
    )


async def compared(run: Run) -> tuple[Table, bool]:
    """Compare each ledger with its projection, stream by stream."""
    system, well = run.real.system, True
    table = Table("ledger", "facts", "streams", "heads behind", "gaps", "out of order", "equal")
    for ledger in OWNERS:
        [recorded] = await system.rows(ledger, SUMMED.format(table="ledger"))
        [projected] = await system.rows("reporting", SUMMED_PROJECTION, ledger)
        behind = await heads_behind(run, ledger)
        gaps = await system.value(ledger, GAPS)
        disorder = await system.value("reporting", DISORDER, ledger)
        equal = recorded == projected and not (behind or gaps or disorder)
        well = well and equal
        numbers = (recorded["facts"], recorded["streams"], behind, gaps, disorder)
        table.add_row(ledger, *(f"{number:,}" for number in numbers), "yes" if equal else "NO")
    return table, well


async def heads_behind(run: Run, ledger: str) -> int:
    """Return how many streams of a ledger end elsewhere in the projections."""
    system = run.real.system
    heads = await system.rows(ledger, HEADS)
    projected = await system.rows("reporting", HEADS_PROJECTED, ledger)
    ends = {row["stream"]: row["version"] for row in projected}
    return sum(ends.get(row["stream"]) != row["version"] for row in heads)


def figures_table(
    found: Mapping[str, Any], expected: Mapping[str, Any], whose: str
) -> tuple[Table, bool]:
    """Set the figures beside those that should be."""
    table = Table("figure", "after the kills", whose, "equal")
    for name, value in expected.items():
        equal = "yes" if found[name] == value else "NO"
        table.add_row(name, str(found[name]), str(value), equal)
    return table, all(found[name] == value for name, value in expected.items())


async def run_flow(
    flow: Flow, deaths: Sequence[tuple[float, str]], port_base: int | None, console: Console
) -> tuple[Run, dict[str, Any], Table, bool]:
    """Run the flow; return the run, its figures and the comparison with the ledgers."""
    async with real_processes(port_base=port_base) as real:
        run = Run(real, flow, console)
        publishing = asyncio.create_task(run.publish())
        await run.watch(deaths)
        await publishing
        figures = (await run.whole_report())["figures"]
        table, well = await compared(run)
        if deaths:
            run.say("rebuilding, while a client reads")
            run.rebuilt, run.reading = await rebuilt_meanwhile(real, READ)
    found = {name: figure["value"] for name, figure in figures.items()}
    return run, found, table, well


async def main(facts: int, seed: int, port_base: int | None, clean: bool) -> int:
    """Print what happened; returns 1 unless everything is equal."""
    console = Console()
    # It tells at length of every attempt to connect to a PostgreSQL that was just killed.
    logging.getLogger("asyncpg").setLevel(logging.CRITICAL)
    flow = flow_of(facts)
    run, found, table, complete = await run_flow(flow, drawn(seed), port_base, console)
    expected: Mapping[str, Any] = expected_figures(flow)
    whose = "what was said"
    if clean:
        console.print("the same flow without a kill")
        _, expected, _, _ = await run_flow(flow, [], port_base, console)
        whose = "that of a clean run"
    figures, equal = figures_table(found, expected, whose)
    console.print(table)
    console.print(figures)
    processes = Table("process", "killed", "memory at most, MB")
    for name, times in DEATHS.items():
        held = run.memory.get(name)
        killed = f"{run.deaths.get(name, 0)} of {times}"
        processes.add_row(name, killed, f"{held:.0f}" if held else "")
    console.print(processes)
    console.print(run.rebuilt.strip())
    console.print(f"meanwhile {run.reading.told}")
    verdicts = {
        "every process died as planned": run.deaths == DEATHS,
        "the projections hold what the ledgers hold": complete,
        f"every figure is {whose}": equal,
        "rebuilt, every row is the same": REBUILT_EQUAL in run.rebuilt,
        "and no reader noticed": run.reading.undisturbed,
    }
    for what, true in verdicts.items():
        console.print(f"{'yes' if true else 'NO':>4}  {what}")
    return int(not all(verdicts.values()))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--facts", type=int, default=1_000_000, help="how many (1000000)")
    parser.add_argument("--seed", type=int, default=1, help="chooses the moments (1)")
    parser.add_argument("--port-base", type=int, help="the first of the ports (any free ones)")
    parser.add_argument("--clean", action="store_true", help="also run it without a kill")
    asked = parser.parse_args()
    sys.exit(asyncio.run(main(asked.facts, asked.seed, asked.port_base, asked.clean)))
