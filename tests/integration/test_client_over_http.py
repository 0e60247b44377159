"""A publisher over HTTP: the same interface as over NATS, and the same answers."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from opentelemetry.sdk.trace import TracerProvider

from shared.client import Event, NotAccepted, NotAllowed, Publisher, Rejected, State, StillWaiting
from shared.contracts.messages.events import HoldActivity
from shared.contracts.messages.membership import EndMembership
from shared.contracts.values import CityReference
from tests.support.publishing import assert_a_used_id_is_told_from_the_first
from tests.support.sending import gateway
from tests.support.settling import until
from tests.support.system import System
from tests.support.telling import registered, scheduled

TIME = "2024-03-27T15:00:00Z"
HELD = Event.of(HoldActivity(activity_id="w1", on="2024-03-27"), time=TIME)


def publisher_of(system: System, name: str = "demo", url: str | None = None) -> Publisher:
    token_file = system.servers.directory.token(name)
    return Publisher.over_http(url or system.http("gateway"), name, token_file)


@pytest.fixture
async def publisher(system: System) -> AsyncIterator[Publisher]:
    async with publisher_of(system) as publisher:
        yield publisher


async def test_who_waits_for_the_report_reads_what_it_has_said(
    system: System, publisher: Publisher
) -> None:
    await system.start()
    summary = await publisher.publish_many(
        Event.parse(each) for each in (registered("gent"), scheduled("w1"))
    )
    assert (summary.published, summary.refused) == (2, [])
    receipt = await publisher.publish(HELD)
    told = await receipt.reported(seconds=20)
    assert (told.state, told.reported) == (State.RECORDED, True)
    assert [(fact.stream, fact.version) for fact in told.facts] == [("activity-w1", 2)]
    assert told.recorded_at == system.clock.now


async def test_what_waits_is_told_with_what_it_waits_for(
    system: System, publisher: Publisher
) -> None:
    await system.start("membership", "events", "gateway")
    receipt = await publisher.publish(HELD)
    with pytest.raises(StillWaiting, match="activity-w1"):
        await receipt.recorded(seconds=1)


async def test_what_a_rule_forbids_is_told_by_the_receipt(
    system: System, publisher: Publisher
) -> None:
    await system.start("membership", "gateway")
    await publisher.publish(Event.parse(registered("gent")))
    ended = EndMembership(city=CityReference(city_id="gent"), network="NLC", on="2024")
    receipt = await publisher.publish(Event.of(ended, time=TIME, id="never-began"))
    with pytest.raises(Rejected, match="never-began: refused"):
        await receipt.recorded(seconds=20)


async def test_what_is_rejected_from_now_on_is_heard(system: System, publisher: Publisher) -> None:
    await system.start("membership", "events", "resources", "gateway")
    await publisher.publish(Event.parse(registered("gent")))
    ended = EndMembership(city=CityReference(city_id="gent"), network="NLC", on="2024")
    before = await publisher.publish(Event.of(ended, time=TIME, id="before"))
    with pytest.raises(Rejected):
        await before.recorded(seconds=20)
    heard = asyncio.ensure_future(anext(publisher.rejections()))
    tries = iter(range(100))

    async def told() -> bool:
        await publisher.publish(Event.of(ended, time=TIME, id=f"after-{next(tries)}"))
        await asyncio.wait([heard], timeout=0.5)
        return heard.done()

    await until(told, "the rejection is heard")
    rejection = await heard
    assert rejection.reason == "refused"
    assert (rejection.event_id or "").startswith("after-")


async def test_a_wrong_event_is_not_sent_and_what_the_door_refuses_is_told(
    system: System, publisher: Publisher
) -> None:
    await system.start("gateway")
    with pytest.raises(NotAccepted, match=r"\$\.data\.city_id"):
        await publisher.publish(Event.parse(registered("Gent!")))
    unchecked = [Event.parse(registered(id_)).by("demo") for id_ in ("gent", "Gent!", "brugge")]
    summary = await publisher.publish_many(unchecked, checked=True)
    assert (summary.published, summary.refused_count) == (2, 1)
    assert [each.field for each in summary.refused[0].violations] == ["$.data.city_id"]


async def test_a_credential_speaks_for_its_services_alone(system: System) -> None:
    await system.start("gateway")
    async with publisher_of(system, "narrow") as narrow:
        with pytest.raises(NotAllowed):
            await narrow.publish(Event.parse(registered("gent")))


async def test_nobody_learns_of_anothers_events(system: System, publisher: Publisher) -> None:
    await system.start("membership", "events", "resources", "gateway")
    await (await publisher.publish(Event.parse(registered("gent", "one")))).recorded(seconds=20)
    async with gateway(system, "crm") as other:
        answer = await other.get("/events/one")
    assert answer.json() == {"id": "one", "state": "unknown", "facts": []}
    async with gateway(system) as own:
        answer = await own.get("/events/one")
        assert (answer.json()["state"], answer.json()["service"]) == ("recorded", "membership")
        assert "reported" not in answer.json()  # nobody asked
    async with gateway(system, "") as nobody:
        assert (await nobody.get("/events/one")).status_code == 401


async def test_an_event_belongs_to_the_trace_in_which_it_was_published(
    system: System, publisher: Publisher
) -> None:
    await system.start("membership", "gateway")
    with TracerProvider().get_tracer("publisher").start_as_current_span("import") as span:
        await publisher.publish(Event.parse(registered("gent")))
        await publisher.publish_many(Event.parse(registered(name)) for name in ("a", "b"))
    await system.settled()
    facts = await system.facts("membership")
    traces = {fact["traceparent"][3:35] for fact in facts}
    assert (len(facts), traces) == (3, {f"{span.get_span_context().trace_id:032x}"})


@pytest.mark.parametrize(
    ("target", "status"),
    [
        (f"/events/{'x' * 129}", 400),
        ("/events/%00", 400),
        ("/events/one?service=gardening", 400),
        ("/events/one?report=soon", 400),
        ("/events/one?report=nan", 400),
        ("/events/one?report=11", 400),
    ],
)
async def test_what_cannot_be_asked_is_told(system: System, target: str, status: int) -> None:
    await system.start("gateway")
    async with gateway(system) as client:
        answer = await client.get(target)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"


async def test_an_id_may_hold_anything_that_an_id_may(system: System, publisher: Publisher) -> None:
    await system.start("membership", "gateway")
    odd = "a/b?c=d e%2F&é"
    receipt = await publisher.publish(Event.parse(registered("gent", odd)))
    assert (await receipt.recorded(seconds=20)).id == odd


async def test_an_owner_that_is_away_is_not_taken_for_one_that_knows_nothing(
    system: System,
) -> None:
    await system.start("membership", "gateway")
    async with gateway(system) as client:
        answer = await client.get("/events/one", timeout=60)
    assert answer.status_code == 503
    assert "retry-after" in answer.headers


async def test_another_content_under_a_used_id_is_not_taken_for_the_first(
    system: System, publisher: Publisher
) -> None:
    await system.start("membership", "gateway")
    await assert_a_used_id_is_told_from_the_first(publisher)
