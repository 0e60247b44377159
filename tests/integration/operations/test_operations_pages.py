"""What operators see and do on the pages: what waits, what was refused, and putting it right."""

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta
from html import unescape
from pathlib import Path

import httpx
import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader, NumberDataPoint

from services.operations.domain.health import AGE_SECONDS_MAX, State, verdict
from services.operations.looking import Looking
from shared import telemetry
from shared.clock import system_clock
from shared.lag import Broker
from shared.messaging import NatsAddress
from shared.operator_log import OperatorLog
from tests.support.settling import SECONDS_MAX, until
from tests.support.system import System, said
from tests.support.telling import came, held, registered, scheduled

EVENTS = 50


@asynccontextmanager
async def visiting(system: System, by: str = "operator") -> AsyncIterator[httpx.AsyncClient]:
    """Visit operations with a session, as a browser has one."""
    async with httpx.AsyncClient(
        base_url=system.http("operations"), headers={"Accept": "text/html"}, timeout=SECONDS_MAX
    ) as client:
        entered = await client.post("/login", data={"token": system.token(by)})
        assert entered.status_code == 303, entered.text
        yield client


async def page(client: httpx.AsyncClient, path: str) -> str:
    answer = await client.get(path)
    assert answer.status_code == 200, answer.text
    return words_of(answer.text)


def words_of(html: str) -> str:
    """Return the text of a page without its marks, each space once."""
    main = html[html.index("<main") :]
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", main)).split())


def fields_of(html: str) -> dict[str, list[str]]:
    """Return what the form of a page that asks once more would send."""
    form = html[html.index('method="post" action="/repair/') :]
    fields: dict[str, list[str]] = {}
    for name, value in re.findall(r'name="([a-z]+)" value="([^"]*)"', form):
        fields.setdefault(name, []).append(unescape(value))
    return fields


def early(id_: str = "early") -> dict[str, object]:
    """Return that something was held on a day that is still to come by the clock of a test."""
    return said("events.activity_held", id_, activity_id="w5", on="2024-05-01")


def poisoned() -> dict[str, object]:
    """Return an event with a field that there is not."""
    return said("events.activity_held", activity_id="one", heldon="2024-03-27")


async def test_a_poison_message_appears_once_and_its_replay_moves_the_figure_that_was_foreseen(
    system: System,
) -> None:
    await system.start()
    log = OperatorLog(system.servers.directory.operator_log)
    before = len(log.read())
    await system.publish(registered("gent"), scheduled("w5", starts_at="2024-05-01T10:00"))
    await system.publish(early(), early())
    await system.publish(came("w5", "gent"))
    await system.settled()
    [rejected] = await system.rejected("events")
    async with visiting(system) as client:
        refused = await page(client, "/refused")
        assert "1 rejected message that nobody has replayed or discarded, of 1 cause" in refused
        assert "refused tandem.events.activity_held.v1" in refused
        assert "cannot have been held yet" in refused
        shown = await page(client, f"/refused/events/{rejected['rejection_id']}")
        assert '"activity_id": "w5"' in shown
        asked = f"/repair/replay?service=events&id={rejected['rejection_id']}"
        assert "Nothing can be done with this now" in await page(client, asked)

        system.clock.set("2024-05-03T09:00Z")
    async with visiting(system) as client:  # the session of a month ago is over
        confirmed = await client.get(asked)
        foreseen = words_of(confirmed.text)
        assert "1 would be recorded, 1 fact" in foreseen
        assert "2024-Q2" in foreseen
        assert re.search(r"webinars_held (–|0) 1\b", foreseen)
        assert await held_in(client, system) == 0

        done = await client.post("/repair/replay", data=fields_of(confirmed.text))
        assert "1 recorded, 1 fact" in words_of(done.text)
        await system.settled()
        assert await held_in(client, system) == 1
        assert "0 rejected messages" in await page(client, "/refused")
        again = await client.post("/repair/replay", data=fields_of(confirmed.text))
        assert again.status_code == 409
        acts = await page(client, "/acts?act=replayed")
        assert f"operator principal rejection.replayed {rejected['rejection_id']}" in acts
        assert "Verified" in acts
    [act] = log.read()[before:]
    assert (act.actor.name, act.act, act.on) == (
        "operator",
        "rejection.replayed",
        str(rejected["rejection_id"]),
    )


async def held_in(client: httpx.AsyncClient, system: System) -> int:
    """Return how many webinars the report of the second quarter counts as held."""
    headers = {"Authorization": f"Bearer {system.token('viewer')}"}
    async with httpx.AsyncClient(
        base_url=system.http("reporting"), headers=headers, timeout=SECONDS_MAX
    ) as reader:
        document = (await reader.get("/reports/2024-Q2.json")).json()
    figure = document["figures"]["webinars_held"]
    return int(figure["value"] or 0)


class Gauges:
    """The metrics of a test."""

    def __init__(self) -> None:
        self.reader = InMemoryMetricReader()
        self.provider = MeterProvider(metric_readers=[self.reader], shutdown_on_exit=False)

    def of(self, name: str, **labels: str) -> list[float]:
        data = self.reader.get_metrics_data()
        return [
            point.value
            for resource in (data.resource_metrics if data else ())
            for scope in resource.scope_metrics
            for metric in scope.metrics
            if metric.name == name
            for point in metric.data.data_points
            if isinstance(point, NumberDataPoint)
            and (point.attributes or {}).items() >= labels.items()
        ]


@pytest.fixture
def gauges(monkeypatch: pytest.MonkeyPatch) -> Iterator[Gauges]:
    found = Gauges()
    meter = found.provider.get_meter("tandem")
    monkeypatch.setattr(telemetry, "meter", lambda: meter)
    yield found
    found.provider.shutdown()


async def test_the_age_of_what_a_stopped_consumer_has_not_taken_rises_and_goes_by_itself(
    gauges: Gauges, system: System
) -> None:
    demo = {"service": "events", "source": "demo", "stream": "INTAKE"}
    await system.start()
    await system.publish(registered("gent"))
    await system.settled()
    await system.stop("events")
    await system.publish(*(scheduled(f"w{n}") for n in range(EVENTS)))

    async def lies() -> bool:
        return gauges.of("tandem.consumer.pending", **demo) == [EVENTS]

    await until(lies, "50 messages that nobody takes")
    [first] = gauges.of("tandem.consumer.age", **demo)

    async def older() -> bool:
        return gauges.of("tandem.consumer.age", **demo)[0] > first + 0.5

    await until(older, "an age that rises")
    assert gauges.of("tandem.service.ready", service="events") == [0]
    assert gauges.of("tandem.broker.up") == [1]
    async with visiting(system) as client:
        behind = await page(client, "/behind")
        assert re.search(rf"INTAKE events demo {EVENTS} ", behind)
        assert "events does not answer" in await page(client, "/")
    assert await seen_in_a_minute(system) == (State.BEHIND, True)

    await system.start("events")
    await system.settled()

    async def gone() -> bool:
        return gauges.of("tandem.consumer.age", **demo) == [0]

    await until(gone, "an age that is gone")
    assert gauges.of("tandem.consumer.pending", **demo) == [0]
    assert await seen_in_a_minute(system) == (State.HEALTHY, False)


async def seen_in_a_minute(system: System) -> tuple[State, bool]:
    """Return what will be seen of the broker when a minute has passed, and whether it is late.

    Nothing else is looked at, so that alone the broker answers.
    """
    seed = system.servers.seed_file("operations")
    broker = Broker(NatsAddress(system.servers.nats_url, "operations", seed))

    holding = asyncio.create_task(broker.run())
    try:
        await until(broker.connected, "a connection")
        later = timedelta(seconds=AGE_SECONDS_MAX + 1)
        looking = Looking(
            {}, broker, await system.pool("operations"), lambda: system_clock() + later
        )
        seen = await looking.look()
        late = any(
            lag.source == "demo" and lag.age(seen.at) > AGE_SECONDS_MAX
            for lag in (seen.lags.consumers if seen.lags else ())
        )
        return verdict(seen).state, late
    finally:
        holding.cancel()


async def test_pages_are_for_those_who_may_and_forms_for_those_who_see_them(
    system: System,
) -> None:
    await system.start()
    for by in ("viewer", "demo"):
        async with httpx.AsyncClient(
            base_url=system.http("operations"), timeout=SECONDS_MAX
        ) as client:
            await client.post("/login", data={"token": system.token(by)})
            for path in ("/", "/behind", "/refused", "/repair", "/producers", "/acts"):
                assert (await client.get(path)).status_code == 403, (by, path)
    unclear = {"name": "Athens", "country": "US"}
    await system.publish(registered("gent"), came("one", unclear))
    await system.publish(scheduled("one"), scheduled("two"), held("unknown"), poisoned())
    await system.publish(*(scheduled(each, title="The same title") for each in ("left", "right")))
    await system.settled()
    async with visiting(system, "staff") as client:
        shown = await page(client, "/producers")
        assert re.search(r"demo Last seen .* recorded", shown)
        assert "tandem.events.activity_scheduled.v1 4 messages at the broker" in shown
        assert "1 message at events for activity-unknown" in await page(client, "/refused")
        assert re.search(r"Are \w+ and \w+ one activity\?", await page(client, "/repair"))

        [rejected] = await system.rejected("events")
        discard = f"/repair/discard?service=events&id={rejected['rejection_id']}"
        asking = (await client.get(discard)).text
        data = fields_of(asking)
        foreign = {"Origin": "http://elsewhere.example", "Sec-Fetch-Site": "cross-site"}
        reasoned = data | {"reason": "a mistake"}
        for headers, sent, status in (
            (foreign, reasoned, 403),
            ({}, data, 400),
            ({}, reasoned | {"mark": "guessed"}, 409),
            ({}, reasoned, 200),
            ({}, reasoned, 409),
        ):
            answer = await client.post("/repair/discard", data=sent, headers=headers)
            assert answer.status_code == status, (sent, answer.text)

        repair = (await client.get("/repair")).text
        assert "Which city is Athens, US?" in words_of(repair)
        [reference] = re.findall(r'action="/repair/resolve">\s*<input[^>]*value="(\w+)"', repair)
        resolving = await client.get(f"/repair/resolve?id={reference}&city=gent")
        resolved = await client.post("/repair/resolve", data=fields_of(resolving.text))
        assert f"{reference} means gent" in words_of(resolved.text)

        merge = "/repair/merge?id=left&other=right&kind=activities"
        merging = await client.get(merge)
        assert "left would count as right" in words_of(merging.text)
        merged = await client.post("/repair/merge", data=fields_of(merging.text))
        assert "left counts as right" in words_of(merged.text)
        await system.settled()
        assert "left counts as right" in await page(client, "/repair")
        acts = await page(client, "/acts")
        assert "a mistake" in acts
        assert "staff principal duplicate.merged left" in acts
        spoil(system.servers.directory.operator_log)
        assert "The log is not as it was written" in await page(client, "/acts")


def spoil(log: Path) -> None:
    """Change one word in a log of acts."""
    log.write_bytes(log.read_bytes().replace(b"a mistake", b"no mistak", 1))
