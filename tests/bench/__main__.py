"""`make bench`: every row of the table in one run.

    python -m tests.bench [--quick] [--only ROW]

A quick run takes under two minutes, the full one under fifteen. Only the full one, of all rows, is
written to docs/benchmarks.md; `--keep` writes any other too.
"""

import argparse
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import uvloop
from rich.console import Console

from deploy.history.history import History
from shared.embedded.supervisor import servers
from tests.bench import machine, ours, rows
from tests.bench.document import keep
from tests.bench.filling import fill
from tests.bench.row import Results, Row
from tests.bench.stage import FULL, LEDGERS, QUICK, Scale, Stage
from tests.bench.table import show

PORT_BASE = 27_400


async def measure(stage: Stage, wanted: Sequence[str]) -> Results:
    """Return what these rows show; one system after the other on one data directory."""
    beside = rows.Peers(stage)
    found: list[Row] = []
    running = [name for name in rows.RUNNING if name in wanted]
    if running:
        async with stage.system():
            for name in running:
                stage.say(f"measuring {name}")
                found += await rows.RUNNING[name](stage, beside)
    if "telemetry" in wanted:
        stage.say("measuring telemetry")
        usual = next((row for row in found if row.name == "pipeline"), None)
        async with stage.system({"OTEL_SDK_DISABLED": "true"}):
            found += await rows.telemetry(stage, usual)
    if {"report", "http", "rebuild"} & set(wanted):
        found += await behind_histories(stage, beside, wanted)
    if "memory" in wanted:
        found += rows.memory(stage)
    found.sort(key=lambda row: rows.NAMES.index(row.name))
    notes = tuple(beside.missing.values())
    return Results("bench", machine.describe(), tuple(found), notes)


async def behind_histories(stage: Stage, beside: rows.Peers, wanted: Sequence[str]) -> list[Row]:
    """Return the rows of reports with ever longer histories, of rebuilding with the longest."""
    async with stage.system():
        stage.say("the databases are made")  # a filled ledger needs its tables
    found: list[Row] = []
    reached = 0
    for seed, facts in enumerate(stage.scale.histories, start=1):
        stage.say(f"filling the ledgers with {facts - reached:,} facts")
        async with servers(stage.root, stage.port_base):
            await fill(stage.root, History(facts - reached, seed))
        reached = facts
        async with stage.system(services=LEDGERS):
            stage.say(f"projected, {await ours.projecting(stage):,.0f} facts/s")
        async with stage.system():
            if "report" in wanted:
                found += await rows.report(stage, facts)
            if "http" in wanted and facts == stage.scale.histories[-1]:
                found += await rows.http(stage, facts)
            if "rebuild" in wanted and facts == stage.scale.histories[-1]:
                found += await rows.rebuild(stage, beside)
    return found


async def main(scale: Scale, wanted: Sequence[str], port_base: int, *, kept: bool) -> None:
    """Measure, print the table, and keep it where asked."""
    console = Console()
    started = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="tandem-bench-") as folder:
        stage = Stage(Path(folder), port_base, scale, console)
        results = await measure(stage, wanted)
        stage.memory.stop()
    show(results, console)
    console.print(f"measured in {time.perf_counter() - started:,.0f} s", style="dim")
    if kept:
        keep(results)
        console.print("written to docs/benchmarks.md", style="dim")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Measure Tandem beside its peers.")
    parser.add_argument("--quick", action="store_true", help="fewer and shorter rounds")
    parser.add_argument("--only", action="append", choices=rows.NAMES, help="this row alone")
    parser.add_argument("--keep", action="store_true", help="write docs/benchmarks.md all the same")
    parser.add_argument("--port-base", type=int, default=PORT_BASE, help="the first port it uses")
    options = parser.parse_args()
    whole = not options.quick and not options.only
    uvloop.run(
        main(
            QUICK if options.quick else FULL,
            options.only or rows.NAMES,
            options.port_base,
            kept=options.keep or whole,
        )
    )
