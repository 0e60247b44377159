"""`make growth`: what an event and a report cost as the history behind them grows.

    python -m tests.bench.growth [--facts 10000000] [--keep]

An invented history goes into the ledgers by COPY, reporting projects it, and then the same 20,000
further events and the same reports are measured at each size: some ten minutes up to one million
facts, and over an hour up to ten, most of it for filling and projecting. The full run is written to
docs/benchmarks.md; `--keep` writes any other too.
"""

import argparse
import asyncio
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import uvloop
from rich.console import Console

from deploy.history.history import History
from shared.embedded.supervisor import servers
from tests.bench import machine, ours
from tests.bench.document import keep
from tests.bench.filling import fill
from tests.bench.processor import DATABASES, ProcessorWatch
from tests.bench.row import MEGABYTES, Measured, Results, Row, percentile
from tests.bench.rows import (
    REPORT_MILLISECONDS_MAX,
    SERVICE_MEGABYTES_MAX,
    SHOWN_MICROSECONDS_MIN,
)
from tests.bench.stage import FULL, LEDGERS, Stage
from tests.bench.table import show
from tests.support.flow import Flow

PORT_BASE = 27_400
SIZES = (100_000, 1_000_000, 10_000_000)
MICROSECONDS = 1_000_000


@dataclass(frozen=True, slots=True)
class Size:
    """What was measured with so many facts behind it."""

    facts: int
    passages: tuple[ours.Passage, ...]
    first: tuple[float, ...]
    idle: tuple[float, ...]
    busy: tuple[float, ...]
    filled: float
    projected: float
    processor: dict[str, float]
    memory: dict[str, float]

    @property
    def label(self) -> str:
        """How it is called in table and chart."""
        return f"{self.facts:,} facts"

    @property
    def told(self) -> str:
        """What was found, in a line, for whoever cannot wait for the table."""
        spent = sorted(each.projected_seconds / each.events for each in self.passages)
        return (
            f"{self.label}: {MICROSECONDS * spent[len(spent) // 2]:,.0f} µs an event; report p99"
            f" {percentile(self.idle, 99):,.1f} ms idle, {percentile(self.busy, 99):,.0f} ms while"
            f" events flow, {percentile(self.first, 50):,.0f} ms the first of a period; reporting"
            f" held {self.memory.get('reporting', 0):,.0f} MB"
        )


async def measure(stage: Stage, sizes: Sequence[int]) -> list[Size]:
    """Return what is measured at each size; each history stands on the one before."""
    async with stage.system():
        stage.say("the databases are made")  # a filled ledger needs its tables
    found: list[Size] = []
    reached = 0
    for seed, facts in enumerate(sizes, start=1):
        stage.say(f"filling the ledgers with {facts - reached:,} facts")
        started = time.perf_counter()
        async with servers(stage.root, stage.port_base):
            await fill(stage.root, History(facts - reached, seed))
        filled = (facts - reached) / (time.perf_counter() - started)
        stage.say(f"filled, {filled:,.0f} facts/s; now reporting projects them")
        async with stage.system(services=LEDGERS):
            projected = await ours.projecting(stage)
            await _vacuum(stage)
        stage.say(f"projected, {projected:,.0f} facts/s; measuring")
        stage.memory.reset()
        async with stage.system():
            found.append(await _measured(stage, facts, filled, projected))
        stage.say(found[-1].told)
        reached = facts
    return found


async def _vacuum(stage: Stage) -> None:
    """Do what autovacuum has long done where a history grew over years, before it begins to."""
    for name in DATABASES:
        connection = await stage.database(name)
        await connection.execute("set transaction_timeout = 0")
        await connection.execute("vacuum (analyze)")
        await connection.close()


async def _measured(stage: Stage, facts: int, filled: float, projected: float) -> Size:
    first, idle = await ours.reading(stage)
    flows = [
        Flow(people=stage.scale.flow_people, name=f"at-{facts}-{number}")
        for number in range(stage.scale.rounds + 1)
    ]
    watch = ProcessorWatch(stage.endpoints["processes"])
    passages = [await ours.pipeline(stage, flow) for flow in flows[1:]]
    processor = watch.microseconds_each(sum(each.events for each in passages))
    over = asyncio.Event()
    reading = asyncio.create_task(ours.reading_meanwhile(stage, over))
    await ours.pipeline(stage, flows[0])
    over.set()
    busy = await reading
    return Size(
        facts,
        tuple(passages),
        tuple(first),
        tuple(idle),
        tuple(busy),
        filled,
        projected,
        processor,
        stage.memory.peaks(),
    )


def rows_of(sizes: Sequence[Size]) -> list[Row]:
    """Return the table: of each measure the largest history, beside the smaller ones."""

    def row(
        work: str,
        unit: str,
        rounds: Callable[[Size], tuple[float, ...]],
        target: float | None = None,
        times: float | None = None,
        note: str = "",
    ) -> Row:
        smaller = tuple(Measured(size.label, rounds(size)) for size in sizes[:-1])
        largest = sizes[-1]
        return Row(
            name="growth",
            work=work,
            unit=unit,
            ours=Measured(largest.label, rounds(largest)),
            peers=smaller,
            target=target,
            times={smaller[0].what: times} if times and smaller else {},
            less_is_better=True,
            grows=True,
            note=note,
        )

    return [
        row(
            "an event, published → in the report",
            "µs",
            lambda size: tuple(
                MICROSECONDS * each.projected_seconds / each.events for each in size.passages
            ),
            note="reports of twelve quarters were read just before, and whatever was read in the"
            " last minute is composed again while events flow, for half of a core at most: that"
            " grows with what a report counts, and recording does not",
        ),
        row(
            "an event, published → recorded",
            "µs",
            lambda size: tuple(
                MICROSECONDS * each.recorded_seconds / each.events for each in size.passages
            ),
        ),
        *(
            row(
                f"an event in {process}",
                "µs",
                lambda size, process=process: (size.processor.get(process, 0.0),),  # type: ignore[misc]
            )
            for process, microseconds in sizes[-1].processor.items()
            if microseconds >= SHOWN_MICROSECONDS_MIN
        ),
        row("report, idle, p50", "ms", lambda size: (percentile(size.idle, 50),)),
        row(
            "report, idle, p99",
            "ms",
            lambda size: (percentile(size.idle, 99),),
            target=REPORT_MILLISECONDS_MAX,
            times=0.5,
        ),
        row("report, while events flow, p99", "ms", lambda size: (percentile(size.busy, 99),)),
        row("first report of a period, median", "ms", lambda size: (percentile(size.first, 50),)),
        *(
            row(
                f"memory of {name}, at most",
                MEGABYTES,
                lambda size, name=name: (size.memory.get(name, 0.0),),  # type: ignore[misc]
                target=None if name == "nats" else SERVICE_MEGABYTES_MAX,
            )
            for name in sorted(sizes[-1].memory)
        ),
    ]


async def main(facts: int, port_base: int, *, kept: bool) -> None:
    """Measure at each size up to this one, print the table, and keep it where asked."""
    console = Console()
    started = time.perf_counter()
    sizes = [size for size in SIZES if size < facts] + [facts]
    with tempfile.TemporaryDirectory(prefix="tandem-growth-") as folder:
        stage = Stage(Path(folder), port_base, FULL, console)
        found = await measure(stage, sizes)
        stage.memory.stop()
    minutes = (time.perf_counter() - started) / 60
    notes = (
        *(
            f"{size.label}: written into the ledgers at {size.filled:,.0f} facts/s, projected from"
            f" them at {size.projected:,.0f} facts/s"
            for size in found
        ),
        f"the whole run took {minutes:,.0f} minutes",
    )
    results = Results("growth", machine.describe(), tuple(rows_of(found)), notes)
    show(results, console)
    if kept:
        keep(results)
        console.print("written to docs/benchmarks.md", style="dim")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Measure Tandem as its history grows.")
    parser.add_argument("--facts", type=int, default=SIZES[-1], help="the largest history")
    parser.add_argument("--keep", action="store_true", help="write docs/benchmarks.md all the same")
    parser.add_argument("--port-base", type=int, default=PORT_BASE, help="the first port it uses")
    options = parser.parse_args()
    whole = options.facts >= SIZES[-1]
    uvloop.run(main(options.facts, options.port_base, kept=options.keep or whole))
