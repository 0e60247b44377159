"""Every row of the table: what it runs, beside whom, and what it should reach.

The targets are those of the design: for two cores, with everything on one machine.
"""

import os
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from tests.bench import door, limits, ours, pages, peers
from tests.bench.processor import ProcessorWatch
from tests.bench.row import MEGABYTES, Measured, Row, percentile
from tests.bench.stage import Stage
from tests.support.flow import Flow

TANDEM = "Tandem"
EVENTS_PER_SECOND, FACTS_PER_SECOND = "events/s", "facts/s"
PARTS_OF_LATENCY = (50, 99)
REBUILDS = 1
BATCHES = (100, 1_000)
REPORT_MILLISECONDS_MAX = 20
SERVICE_MEGABYTES_MAX = 150
SHOWN_MICROSECONDS_MIN = 1.0


@dataclass
class Peers:
    """What the peers reached; each is run once and serves several rows."""

    stage: Stage
    missing: Mapping[str, str] = field(default_factory=peers.missing)
    _kept: dict[str, dict[str, Measured]] = field(default_factory=dict)

    async def eventsourcing(self, *labels: str) -> tuple[Measured, ...]:
        """Return these measurements of Python's eventsourcing; none where it is not installed."""
        return await self._of("eventsourcing", peers.eventsourcing, labels)

    async def emmett(self, *labels: str) -> tuple[Measured, ...]:
        """Return these measurements of Emmett; none where there is no Node.js."""
        return await self._of("emmett", peers.emmett, labels)

    async def _of(
        self,
        name: str,
        measure: Callable[[Stage], Awaitable[dict[str, Measured]]],
        labels: tuple[str, ...],
    ) -> tuple[Measured, ...]:
        if name in self.missing:
            return ()
        if name not in self._kept:
            self.stage.say(f"measuring {name}")
            self._kept[name] = await measure(self.stage)
        return tuple(self._kept[name][label] for label in labels)


async def pipeline(stage: Stage, beside: Peers) -> list[Row]:
    """Published until in the report, sustained."""
    rounds, events = [], 0
    watch = ProcessorWatch({**stage.endpoints["processes"], "the publisher": os.getpid()})
    for number in range(stage.scale.rounds):
        flow = Flow(people=stage.scale.flow_people, name=f"round-{number}")
        passage = await ours.pipeline(stage, flow)
        rounds.append(passage.rate)
        events += passage.events
    spent, cores = watch.microseconds_each(events), os.cpu_count() or 1
    stage.say("measuring FastStream")
    others = (
        await peers.faststream(stage),
        await limits.atomic_batches(stage),
        await limits.validation(stage),
    )
    return [
        Row(
            name="pipeline",
            work="published → in the report",
            unit=EVENTS_PER_SECOND,
            ours=Measured(TANDEM, tuple(rounds)),
            peers=others,
            target=10_000,
            times={peers.FASTSTREAM: 6},
            note="each round from the first publish until the last row is committed; the FastStream"
            " pipeline does one INSERT and one publish a message, 16 messages at a time, and checks"
            f" neither cities nor people. An event takes {sum(spent.values()):,.0f} µs of the"
            f" processor in all; {cores} of them have {cores},000,000 µs a second: the bound",
        ),
        *(
            Row(
                name="pipeline",
                work=f"an event in {process}",
                unit="µs",
                ours=Measured(TANDEM, (microseconds,)),
                less_is_better=True,
            )
            for process, microseconds in spent.items()
            if microseconds >= SHOWN_MICROSECONDS_MIN
        ),
    ]


async def append(stage: Stage, beside: Peers) -> list[Row]:
    """Bulk append to a ledger."""
    rounds = await ours.appending(stage)
    others = (
        *await beside.emmett(peers.EMMETT_BULK),
        *await beside.eventsourcing(peers.ES_SINGLE, peers.ES_TENS, peers.ES_BULK),
        await limits.copy(stage),
    )
    return [
        Row(
            name="append",
            work="appended to a ledger, in thousands",
            unit=FACTS_PER_SECOND,
            ours=Measured(TANDEM, rounds),
            peers=others,
            times={peers.EMMETT_BULK: 2, peers.ES_TENS: 10},
            note="thousands of messages decided and appended, each to a stream of its own, with"
            " inbox and outbox; the peers append to one stream at a time and keep neither",
        )
    ]


async def commands(stage: Stage, beside: Peers) -> list[Row]:
    """Commands over gRPC, each durable when answered."""
    rounds = await ours.commands(stage)
    return [
        Row(
            name="commands",
            work="gRPC commands, 64 in flight",
            unit="commands/s",
            ours=Measured(TANDEM, rounds),
            peers=await beside.emmett(peers.EMMETT_WRITERS, peers.EMMETT_SINGLE),
            target=3_000,
            times={peers.EMMETT_WRITERS: 3},
            note="registrations by a client in Python, which takes its share of the processor",
        )
    ]


async def over_http(stage: Stage, beside: Peers) -> list[Row]:
    """Events over HTTP, each durable when answered."""
    singles = await door.singles(stage)
    return [
        Row(
            name="door",
            work="events over HTTP, one a request, 64 in flight",
            unit=EVENTS_PER_SECOND,
            ours=Measured(TANDEM, singles),
            note="judged, and in INTAKE when answered; the client takes its share of the processor",
        ),
        *[
            Row(
                name="door",
                work=f"events over HTTP in batches of {size:,}",
                unit=EVENTS_PER_SECOND,
                ours=Measured(TANDEM, await door.batches(stage, size)),
            )
            for size in BATCHES
        ],
    ]


async def rebuild(stage: Stage, beside: Peers) -> list[Row]:
    """All projections from the ledgers, with the longest history in them."""
    found = [await ours.rebuilding(stage) for _ in range(REBUILDS)]
    return [
        Row(
            name="rebuild",
            work=f"rebuilt from {found[0][0]:,} facts",
            unit=FACTS_PER_SECOND,
            ours=Measured(TANDEM, tuple(rate for _, rate in found)),
            peers=await beside.eventsourcing(peers.ES_READ),
            target=60_000,
            times={peers.ES_READ: 2},
        )
    ]


async def event(stage: Stage, beside: Peers) -> list[Row]:
    """One event on an idle system, until a watched figure has moved."""
    found = await ours.single_events(stage, "single", ours.watching)
    return _latencies("event", "one event → figure moved", found, {50: 50, 99: 250})


async def live(stage: Stage, beside: Peers) -> list[Row]:
    """One event on an idle system, until an open page is told of it by server-sent events."""
    found = await ours.single_events(stage, "live", pages.following)
    return _latencies("live", "one event → open page told", found, {})


async def report(stage: Stage, facts: int) -> list[Row]:
    """Reports over gRPC with a history behind them."""
    first, later = await ours.reading(stage)
    name = f"report, {facts:,} facts"
    rows = _latencies("report", name, later, {99: REPORT_MILLISECONDS_MAX})
    note = (
        f"the first report of a period, which counts it anew, took"
        f" {percentile(first, 50):,.0f} ms (median of {len(first)})"
    )
    return [*rows[:-1], replace(rows[-1], note=note)]


async def http(stage: Stage, facts: int) -> list[Row]:
    """Reports over HTTP with a history behind them: as JSON, and in every form made of that."""
    counted = await pages.counting(stage)
    rows = [
        _taken(f"{pages.JSON.name}, {facts:,} facts", counted.again, pages.JSON.milliseconds_max),
        _taken(f"{pages.JSON.name}, counted anew, {facts:,} facts", counted.anew),
    ]
    for form in pages.RENDERINGS:
        taken = await pages.rendering(stage, form)
        what = f"{form.name}, {facts:,} facts"
        rows += [
            _taken(what, taken.again, form.milliseconds_max),
            _taken(f"{form.name}, made anew, {facts:,} facts", taken.anew, form.milliseconds_max),
        ]
    return rows


def _taken(work: str, milliseconds: Sequence[float], target: float | None = None) -> Row:
    return Row(
        name="http",
        work=f"{work}, p50",
        unit="ms",
        ours=Measured(TANDEM, (percentile(milliseconds, 50),)),
        target=target,
        less_is_better=True,
        note=f"{len(milliseconds)} over HTTP, the slowest {max(milliseconds):,.0f} ms",
    )


def _latencies(
    name: str, work: str, milliseconds: list[float], targets: Mapping[int, float]
) -> list[Row]:
    return [
        Row(
            name=name,
            work=f"{work}, p{percent}",
            unit="ms",
            ours=Measured(TANDEM, (percentile(milliseconds, percent),)),
            target=targets.get(percent),
            less_is_better=True,
        )
        for percent in PARTS_OF_LATENCY
    ]


async def telemetry(stage: Stage, usual: Row | None) -> list[Row]:
    """The pipeline while no service says anything of itself, beside what is usual."""
    rounds = []
    for number in range(stage.scale.rounds):
        flow = Flow(people=stage.scale.flow_people, name=f"untold-{number}")
        rounds.append((await ours.pipeline(stage, flow)).rate)
    return [
        Row(
            name="telemetry",
            work="the same, without telemetry",
            unit=EVENTS_PER_SECOND,
            ours=Measured(TANDEM, tuple(rounds)),
            peers=() if usual is None else (Measured("with it, as usual", usual.ours.rounds),),
            note=(
                "with OTEL_SDK_DISABLED=true; as usual every service measures itself, and its spans"
                " and logs are kept by operations, which takes its share of the same cores"
            ),
        )
    ]


def memory(stage: Stage) -> list[Row]:
    """The most that each service held in all of it."""
    return [
        Row(
            name="memory",
            work=f"memory of {name}, at most",
            unit=MEGABYTES,
            ours=Measured(TANDEM, (megabytes,)),
            target=None if name == "nats" else SERVICE_MEGABYTES_MAX,
            less_is_better=True,
        )
        for name, megabytes in sorted(stage.memory.peaks().items())
    ]


RUNNING: Mapping[str, Callable[[Stage, Peers], Awaitable[list[Row]]]] = {
    "event": event,
    "live": live,
    "pipeline": pipeline,
    "append": append,
    "commands": commands,
    "door": over_http,
}
"""Rows measured while the system runs; first those for which it must have nothing to do."""
NAMES = (
    *("pipeline", "telemetry", "append", "commands", "door", "rebuild", "event", "live"),
    *("report", "http", "memory"),
)
"""All rows, in the order of the table."""
