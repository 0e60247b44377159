"""Tandem measured: through the same doors, and with the same promises, as everybody has it."""

import asyncio
import json
import time
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import grpc.aio
from nats.js.client import JetStreamContext
from tandem.common.v1.common_pb2 import CityReference, CommandContext
from tandem.events.v1 import events_pb2 as events_pb
from tandem.events.v1.events_pb2_grpc import EventsServiceStub
from tandem.reporting.v1.reporting_pb2 import GetReportRequest, WatchReportRequest
from tandem.reporting.v1.reporting_pb2_grpc import ReportingServiceStub

from deploy.history.shape import QUARTER_STARTS, CloudEvent
from services.events.migrations import MIGRATIONS as EVENTS_MIGRATIONS
from services.reporting.app import opened_rebuild
from services.reporting.settings import Settings
from shared.chunks import chunks
from shared.draft import Task
from shared.embedded.catalogue import SERVICES, Ports
from shared.embedded.process import Program
from shared.embedded.services import Servers, errand_program
from shared.execute import Executor
from shared.jetstream import untaken
from shared.messaging import FACTS, OWNERS
from shared.publishing import publish_batches
from shared.sift import Raw, sift
from tests.bench.decided import command_of
from tests.bench.stage import PUBLISHER, Stage
from tests.support.flow import PERIOD, Flow
from tests.support.ledgers import rules_of
from tests.support.settling import until
from tests.support.speaking import outgoing

IN_FLIGHT = 64
DEADLINE_SECONDS = 30.0
APPEND_FACTS = 1_000
POLL_SECONDS = 0.01
FLOW_SECONDS_MAX = 600.0
MOVED_SECONDS_MAX = 20.0
READ_EVERY_SECONDS = 0.05
FOLLOWED = "cities_engaged"
PROJECTED = "select coalesce(sum(facts), 0)::bigint from projected"
REPORTING = next(service for service in SERVICES if service.name == "reporting")
PERIODS = tuple(f"{first.year}-Q{(first.month + 2) // 3}" for first in QUARTER_STARTS[:-1])


@dataclass(frozen=True, slots=True)
class Passage:
    """Events from the first publish: seconds until all were recorded, and until all projected."""

    events: int
    recorded_seconds: float
    projected_seconds: float

    @property
    def rate(self) -> float:
        """Events a second, all the way."""
        return self.events / self.projected_seconds


async def pipeline(stage: Stage, flow: Flow) -> Passage:
    """Send a flow through the running system, and return how long it took.

    Raises:
        AssertionError: not all of it arrived within FLOW_SECONDS_MAX.
    """
    publisher, provisioner = await stage.publisher(), await stage.provisioner()
    reporting = await stage.database("reporting")
    owners = {name: await stage.database(name) for name in OWNERS}
    messages = flow.messages()
    before = await reporting.fetchval(PROJECTED)
    jetstream = provisioner.jetstream()

    async def are_recorded() -> bool:
        await asyncio.sleep(POLL_SECONDS)
        return not any([await untaken(jetstream, name) for name in OWNERS])

    async def are_projected() -> bool:
        """Look for what is under way first: counting all facts is dear where there are many."""
        if not await are_recorded():
            return False
        for connection in owners.values():
            if await connection.fetchval("select exists (select 1 from outbox)"):
                return False
        if await _unacknowledged(jetstream, FACTS, "reporting"):
            return False
        return bool(await reporting.fetchval(PROJECTED) >= before + len(messages))

    started = time.perf_counter()
    await publish_batches(publisher, messages)
    await until(are_recorded, f"{len(messages)} events are recorded", FLOW_SECONDS_MAX)
    recorded = time.perf_counter() - started
    await until(are_projected, f"{len(messages)} events are projected", FLOW_SECONDS_MAX)
    seconds = time.perf_counter() - started
    for connection in (reporting, *owners.values()):
        await connection.close()
    await publisher.close()
    await provisioner.close()
    return Passage(len(messages), recorded, seconds)


async def _unacknowledged(jetstream: JetStreamContext, stream: str, durable: str) -> int:
    info = await jetstream.consumer_info(stream, durable)
    return (info.num_pending or 0) + (info.num_ack_pending or 0)


async def appending(stage: Stage) -> tuple[float, ...]:
    """Return, of each round, facts a second into a ledger, APPEND_FACTS in a transaction.

    All that an append promises is in it: inbox, expected versions, outbox. Parsing is not.
    """
    rounds = []
    async with stage.scratch("events", EVENTS_MIGRATIONS) as (pool, _):
        executor = Executor(pool, rules_of("events"))
        for number in range(stage.scale.rounds):
            flow = Flow(people=stage.scale.appended_facts // 2, name=f"appended-{number}")
            announced, told = _tasks(flow)
            await executor.execute(announced)
            started = time.perf_counter()
            for batch in chunks(told, APPEND_FACTS):
                await executor.execute(batch)
            rounds.append(len(told) / (time.perf_counter() - started))
    return tuple(rounds)


def _tasks(flow: Flow) -> tuple[list[Task], list[Task]]:
    """Return the tasks that announce a flow's activities, and those that tell of people."""
    events = [event for event in flow.events() if event["type"].startswith("tandem.events.")]
    tasks = list(_received(events))
    about_people = [hasattr(task.command.said, "person") for task in tasks]
    return (
        [task for task, person in zip(tasks, about_people, strict=True) if not person],
        [task for task, person in zip(tasks, about_people, strict=True) if person],
    )


def _received(events: list[CloudEvent]) -> Iterable[Task]:
    now = datetime.now(UTC)
    raws = [Raw(each.subject, each.headers, each.body, now) for each in outgoing(events)]
    received, _ = sift(raws, rules_of("events").messages, now)
    for each, event in zip(received, events, strict=True):
        yield Task(each, command_of(each.message, event))


async def commands(stage: Stage) -> tuple[float, ...]:
    """Return, of each round, registrations a second over gRPC, IN_FLIGHT callers side by side."""
    token = stage.directory.token(PUBLISHER).read_text("utf-8").strip()
    caller = (("authorization", f"Bearer {token}"),)
    rounds = []
    async with grpc.aio.insecure_channel(stage.endpoints["grpc"]["events"]) as channel:
        stub = EventsServiceStub(channel)
        for number in range(stage.scale.rounds):
            activity = f"commanded-{number}"
            await stub.ScheduleActivity(
                _announcement(activity), metadata=caller, timeout=DEADLINE_SECONDS
            )
            people = iter(range(stage.scale.appended_facts))

            async def register(activity: str, people: Iterable[int] = people) -> None:
                for person in people:
                    await stub.ReceiveRegistration(
                        _registration(activity, person), metadata=caller, timeout=DEADLINE_SECONDS
                    )

            started = time.perf_counter()
            await asyncio.gather(*(register(activity) for _ in range(IN_FLIGHT)))
            rounds.append(stage.scale.appended_facts / (time.perf_counter() - started))
    return tuple(rounds)


def _announcement(activity: str) -> events_pb.ScheduleActivityRequest:
    return events_pb.ScheduleActivityRequest(
        context=CommandContext(id=f"{activity}-announced"),
        activity_id=activity,
        kind="webinar",
        title=activity,
        organisers=["NLC"],
        starts_at="2026-01-05T10:00",
        time_zone="America/New_York",
    )


def _registration(activity: str, person: int) -> events_pb.ReceiveRegistrationRequest:
    return events_pb.ReceiveRegistrationRequest(
        context=CommandContext(id=f"{activity}-{person}", time="2026-01-02T10:00:00Z"),
        activity_id=activity,
        person=events_pb.Person(id=f"{activity}-{person}"),
        city=CityReference(city_id="flow-city-1"),
    )


async def rebuilding(stage: Stage) -> tuple[int, float]:
    """Return how many facts there are, and facts a second until they stand in tables of their own.

    By `tandem rebuild --dry-run`, beside the tables that serve; its last step compares both, which
    is left out here.
    """
    program = _rebuild(stage, "--dry-run")
    started = built = time.perf_counter()
    facts = 0
    process = await asyncio.create_subprocess_exec(
        *program.command, stdout=PIPE, env=dict(program.environment), cwd=program.directory
    )
    assert process.stdout is not None
    async for line in process.stdout:
        said = json.loads(line)
        if said.get("name") == "switch":
            built = time.perf_counter()
        facts = said.get("outcome", {}).get("facts", 0)
    assert await process.wait() == 0
    return facts, facts / (built - started)


async def projecting(stage: Stage) -> float:
    """Project what was written into the ledgers by another way; returns facts a second."""
    environment = _rebuild(stage).environment
    values: dict[str, Any] = {
        name.removeprefix("TANDEM_").lower(): each for name, each in environment.items()
    }
    async with opened_rebuild(lambda step: None, Settings(**values)) as building:
        outcome = await building.run()
        await building.drop(building.before)
    return outcome.facts / outcome.seconds


def _rebuild(stage: Stage, *options: str) -> Program:
    running = Servers(stage.directory, Ports(stage.port_base))
    return errand_program(running, REPORTING, SERVICES, "rebuild", *options)


Followed = Callable[[Stage], AbstractAsyncContextManager[AsyncIterator[float]]]
"""Gives the figure FOLLOWED of the report of PERIOD at once, and again whenever it has moved."""


@asynccontextmanager
async def watching(stage: Stage) -> AsyncIterator[AsyncIterator[float]]:
    """Follow the figure over gRPC."""
    opened = stage.channel("reporting", "reporting")
    watch: Any = ReportingServiceStub(opened).WatchReport(WatchReportRequest(period=PERIOD))

    async def values() -> AsyncIterator[float]:
        while True:
            yield (await watch.read()).report.figures[FOLLOWED].value

    yield values()
    watch.cancel()
    await opened.close()


async def single_events(stage: Stage, name: str, followed: Followed) -> list[float]:
    """Return, of each event on an idle system, the milliseconds until a followed figure moved.

    A city is named with an activity that was held, and the figure counts it.
    """
    publisher = await stage.publisher()
    flow = Flow(people=0, name=name)
    await publish_batches(publisher, flow.messages())
    found = []
    async with followed(stage) as values:
        figure = await anext(values)
        for number in range(stage.scale.single_events):
            told = outgoing([_city_attended(name, number)])
            started = time.perf_counter()
            await publish_batches(publisher, told)
            async with asyncio.timeout(MOVED_SECONDS_MAX):
                while (moved := await anext(values)) == figure:
                    continue
            figure = moved
            found.append(1_000 * (time.perf_counter() - started))
    await publisher.close()
    return found


def _city_attended(name: str, number: int) -> CloudEvent:
    return {
        "specversion": "1.0",
        "id": f"{name}-single-{number}",
        "source": f"/systems/{PUBLISHER}",
        "type": "tandem.events.city_attended.v1",
        "time": "2026-01-05T18:00:00Z",
        "data": {
            "activity_id": f"{name}-activity-1",
            "city": {"city_id": f"{name}-single-{number}"},
        },
    }


async def reading(stage: Stage) -> tuple[list[float], list[float]]:
    """Return the milliseconds of each report over gRPC: of the first of a period, of the others."""
    opened = stage.channel("reporting", "reporting")
    stub = ReportingServiceStub(opened)
    first = [await _read(stub, period) for period in PERIODS]
    later = [
        await _read(stub, PERIODS[number % len(PERIODS)])
        for number in range(stage.scale.report_calls)
    ]
    await opened.close()
    return first, later


async def reading_meanwhile(stage: Stage, over: asyncio.Event) -> list[float]:
    """Return the milliseconds of reports, one every READ_EVERY_SECONDS until something is over."""
    opened = stage.channel("reporting", "reporting")
    stub = ReportingServiceStub(opened)
    found: list[float] = []
    while not over.is_set():
        found.append(await _read(stub, PERIODS[len(found) % len(PERIODS)]))
        await asyncio.sleep(READ_EVERY_SECONDS)
    await opened.close()
    return found


async def _read(stub: Any, period: str) -> float:
    started = time.perf_counter()
    await stub.GetReport(GetReportRequest(period=period), timeout=DEADLINE_SECONDS)
    return 1_000 * (time.perf_counter() - started)
