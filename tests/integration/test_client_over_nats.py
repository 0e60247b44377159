"""A publisher over NATS: many events or one, a receipt to wait on, and what goes wrong by name."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from opentelemetry.sdk.trace import TracerProvider

from shared.client import (
    CannotAsk,
    Event,
    NotAccepted,
    NotAllowed,
    Publisher,
    Rejected,
    State,
    StillWaiting,
    Unreachable,
)
from shared.client.over_grpc import Services
from shared.contracts.messages.events import HoldActivity
from shared.contracts.messages.membership import EndMembership
from shared.contracts.values import CityReference
from tests.support.proxy import wire_to
from tests.support.publishing import assert_a_used_id_is_told_from_the_first
from tests.support.settling import SECONDS_MAX, until
from tests.support.system import System
from tests.support.telling import registered, scheduled

TIME = "2024-03-27T15:00:00Z"
HELD = Event.of(HoldActivity(activity_id="w1", on="2024-03-27"), time=TIME)
SERVICES = ("membership", "events", "resources", "reporting")


def services(system: System, by: str = "demo") -> Services:
    addresses = {name: system.address(name) for name in SERVICES}
    return Services(addresses, system.servers.directory.token(by))


def publisher_of(system: System, name: str = "demo", **options: Any) -> Publisher:
    seed = system.servers.seed_file(name)
    url = options.pop("url", system.servers.nats_url)
    return Publisher.over_nats(url, name, seed, **options)


@pytest.fixture
async def publisher(system: System) -> AsyncIterator[Publisher]:
    async with publisher_of(system, questions=services(system)) as publisher:
        yield publisher


async def test_who_waits_for_the_report_reads_what_it_has_said(
    system: System, publisher: Publisher
) -> None:
    await system.start()
    await publisher.publish_many(
        Event.parse(each) for each in (registered("gent"), scheduled("w1"))
    )
    receipt = await publisher.publish(HELD)
    assert await receipt.received() is receipt
    told = await receipt.reported(seconds=20)
    assert (told.state, told.reported) == (State.RECORDED, True)
    assert [(fact.stream, fact.version) for fact in told.facts] == [("activity-w1", 2)]
    assert told.recorded_at == system.clock.now


async def test_what_waits_is_told_with_what_it_waits_for(
    system: System, publisher: Publisher
) -> None:
    await system.start("membership", "events")
    receipt = await publisher.publish(HELD)
    with pytest.raises(StillWaiting, match="activity-w1"):
        await receipt.recorded(seconds=1)
    await publisher.publish(Event.parse(scheduled("w1")))
    assert (await receipt.recorded(seconds=20)).facts


async def test_what_a_rule_forbids_is_told_by_the_receipt_and_as_it_happens(
    system: System, publisher: Publisher
) -> None:
    await system.start("membership")
    await publisher.publish(Event.parse(registered("gent")))
    heard: list[Rejected] = []

    async def listen() -> None:
        heard.append(await anext(publisher.rejections()))

    listening = asyncio.create_task(listen())
    ended = EndMembership(city=CityReference(city_id="gent"), network="NLC", on="2024")
    event = Event.of(ended, time=TIME, id="never-began")

    async def told() -> bool:
        await publisher.publish(event)  # again under the same id: the same rejection
        return bool(heard)

    await until(told, "the rejection is heard")
    listening.cancel()
    assert (heard[0].event_id, heard[0].reason) == ("never-began", "refused")
    with pytest.raises(Rejected, match="never-began: refused") as caught:
        await publisher.receipt(event).recorded(seconds=20)
    assert caught.value.rejected_id == heard[0].rejected_id


async def test_a_wrong_event_is_not_sent(system: System, publisher: Publisher) -> None:
    await system.start("membership")
    wrong = Event.parse(registered("Gent!"))
    with pytest.raises(NotAccepted, match=r"\$\.data\.city_id"):
        await publisher.publish(wrong)
    with pytest.raises(NotAccepted, match=r"\$\.data\.city_id"):
        await publisher.publish_many([Event.parse(registered("gent")), wrong])
    await system.settled()
    assert await system.rejected("membership") == []
    assert await system.facts("membership") == []


async def test_many_events_go_in_batches_and_again_change_nothing(
    system: System, publisher: Publisher
) -> None:
    await system.start("membership")
    events = [Event.parse(registered(f"city-{n}", f"r-{n}")) for n in range(2_500)]
    counts: list[int] = []
    summary = await publisher.publish_many(events, counts.append)
    assert (summary.published, summary.refused, counts) == (2_500, [], [1000, 1000, 500])
    await publisher.publish_many(events)
    await system.settled()
    assert len(await system.facts("membership")) == 2_500


async def test_an_event_belongs_to_the_trace_in_which_it_was_published(
    system: System, publisher: Publisher
) -> None:
    await system.start("membership")
    with TracerProvider().get_tracer("publisher").start_as_current_span("import") as span:
        receipt = await publisher.publish(Event.parse(registered("gent")))
    trace_id = f"{span.get_span_context().trace_id:032x}"
    assert receipt.trace_id == trace_id
    await system.settled()
    [fact] = await system.facts("membership")
    assert fact["traceparent"][3:35] == trace_id


async def test_a_credential_speaks_for_its_services_alone(system: System) -> None:
    async with publisher_of(system, "narrow", patience_seconds=20) as narrow:
        with pytest.raises(NotAllowed, match="narrow may not"):
            await narrow.publish(Event.parse(registered("gent")))


async def test_a_broker_that_goes_away_and_returns_loses_nothing(system: System) -> None:
    await system.start("membership")
    port = int(system.servers.nats_url.rpartition(":")[2])
    async with wire_to(port) as wire:
        url = f"nats://127.0.0.1:{wire.port}"
        async with publisher_of(system, url=url, patience_seconds=None) as publisher:
            await publisher.publish(Event.parse(registered("before")))
            wire.cut()
            sending = asyncio.create_task(publisher.publish(Event.parse(registered("meanwhile"))))
            await asyncio.wait([sending], timeout=1)
            assert not sending.done()
            wire.mend()
            await asyncio.wait_for(sending, SECONDS_MAX)
    await system.settled()
    streams = {fact["stream"] for fact in await system.facts("membership")}
    assert streams == {"city-before", "city-meanwhile"}


async def test_patience_ends_when_nobody_is_there(system: System) -> None:
    seed = system.servers.seed_file("demo")
    nobody = Publisher.over_nats("nats://127.0.0.1:1", "demo", seed, patience_seconds=0.5)
    async with nobody:
        with pytest.raises(Unreachable, match="no connection to"):
            await nobody.publish(HELD)


async def test_without_anybody_to_ask_a_receipt_says_so(system: System) -> None:
    async with publisher_of(system) as publisher:
        receipt = await publisher.publish(HELD)
        with pytest.raises(CannotAsk):
            await receipt.recorded()


async def test_another_content_under_a_used_id_is_not_taken_for_the_first(
    system: System, publisher: Publisher
) -> None:
    await system.start("membership")
    await assert_a_used_id_is_told_from_the_first(publisher)
