"""Facts come in any order: what speaks of something unknown waits, and is released on arrival."""

import pytest
from tandem.ledger.v1.ledger_pb2 import ListWaitingRequest

from shared.intake import Intake
from tests.support.settling import until
from tests.support.system import System
from tests.support.telling import (
    attended,
    described,
    held,
    joined,
    published,
    registered,
    scheduled,
    shared_with,
)

ANN = {"id": "ann"}


async def test_attendance_before_its_activity_waits_and_an_operator_sees_it(
    system: System,
) -> None:
    await system.start("membership", "events")
    await system.publish(attended("w1", "early", ANN))
    await system.settled()

    assert await system.facts("events") == []
    assert await system.rejected("events") == []
    answer = await system.ledger("events").ListWaiting(ListWaitingRequest())
    [message] = answer.messages
    assert (message.source, message.id, message.waiting_for) == ("demo", "early", "activity-w1")
    assert message.type == "tandem.events.attendance_recorded.v1"
    other = ListWaitingRequest(waiting_for="activity-w2")
    assert not (await system.ledger("events").ListWaiting(other)).messages


async def test_what_waited_is_released_when_the_activity_arrives(system: System) -> None:
    await system.start("membership", "events")
    await system.publish(attended("w1", "early", ANN), held("w1", "earlier"), held("w2"))
    await system.settled()
    system.clock.advance(hours=1)
    await system.publish(scheduled("w1"))
    await system.settled()

    facts = await system.facts("events")
    assert facts[0]["kind"] == "activity_scheduled"
    assert {fact["kind"] for fact in facts[1:]} == {"attendance_recorded", "occurrence_held"}
    assert [fact["version"] for fact in facts] == [1, 2, 3]
    assert {fact["recorded_at"] for fact in facts} == {system.clock.now}
    assert [row["needs"] for row in await system.waiting("events")] == ["activity-w2"]


async def test_within_one_batch_the_order_does_not_matter(system: System) -> None:
    await system.publish(held("w1"), attended("w1", None, ANN), scheduled("w1"))
    await system.start("membership", "events")
    await system.settled()

    kinds = {fact["kind"] for fact in await system.facts("events")}
    assert kinds == {"activity_scheduled", "occurrence_held", "attendance_recorded"}
    assert await system.waiting("events") == []


async def test_a_repeat_of_what_waits_or_waited_changes_nothing(system: System) -> None:
    await system.start("membership", "events")
    event = held("w1", "early")
    await system.publish(event, event)
    await system.settled()
    assert len(await system.waiting("events")) == 1

    await system.publish(scheduled("w1"))
    await system.settled()
    await system.publish(event)
    await system.settled()

    kinds = [fact["kind"] for fact in await system.facts("events")]
    assert kinds == ["activity_scheduled", "occurrence_held"]
    assert await system.rejected("events") == []


async def test_the_id_of_what_waits_is_taken(system: System) -> None:
    await system.start("membership", "events")
    await system.publish(held("w1", "one"))
    await system.settled()
    await system.publish(held("w2", "one"))
    await system.settled()

    assert [row["needs"] for row in await system.waiting("events")] == ["activity-w1"]
    assert [row["reason"] for row in await system.rejected("events")] == ["id_reused"]


async def test_what_waited_and_is_refused_on_release_waits_no_longer(system: System) -> None:
    await system.start("membership", "events")
    notices = await system.notices("demo")
    moved = scheduled("w1") | {"type": "tandem.events.activity_rescheduled.v1"}
    moved["data"] = {"activity_id": "w1", "starts_at": "2024-03-10T02:30"}
    await system.publish(moved)
    await system.settled()
    await system.publish(scheduled("w1"))
    await system.settled()

    assert await system.waiting("events") == []
    [row] = await system.rejected("events")
    assert row["reason"] == "refused"
    assert "does not exist in America/New_York" in row["detail"]
    assert [notice["reason"] for notice in await notices.until(1)] == ["refused"]


async def test_editions_and_shares_wait_for_their_work(system: System) -> None:
    await system.start("membership", "resources")
    await system.publish(shared_with("kit", "NLC"))
    await system.settled()
    assert [row["needs"] for row in await system.waiting("resources")] == ["resource-kit"]

    await system.publish(published("kit"))
    await system.settled()
    kinds = [fact["kind"] for fact in await system.facts("resources")]
    assert kinds == ["resource_published", "resource_shared"]


async def test_descriptions_and_memberships_wait_for_their_city(system: System) -> None:
    await system.start("membership")
    await system.publish(joined("gent"), described("gent", urban="city"))
    await system.settled()
    assert {row["needs"] for row in await system.waiting("membership")} == {"city-gent"}

    await system.publish(registered("gent"))
    await system.settled()
    kinds = [fact["kind"] for fact in await system.facts("membership")]
    assert sorted(kinds) == ["city_described", "city_registered", "membership_started"]
    assert await system.waiting("membership") == []


async def test_a_crash_between_the_commit_and_the_release_is_made_up_for_by_the_sweep(
    system: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    await system.start("membership", "events")
    await system.publish(held("w1"))
    await system.settled()
    with monkeypatch.context() as patched:
        patched.setattr(Intake, "release", _never)
        await system.publish(scheduled("w1"))
        await _until_recorded(system, 1)
        await system.stop("events")
    assert len(await system.waiting("events")) == 1

    await system.start("events")
    await system.settled()
    kinds = [fact["kind"] for fact in await system.facts("events")]
    assert kinds == ["activity_scheduled", "occurrence_held"]


async def test_more_than_one_page_of_waiting_messages_is_released(system: System) -> None:
    people = [{"id": f"person-{n}"} for n in range(1100)]
    await system.start("membership", "events")
    await system.publish(*(attended(f"w{n % 3}", None, one) for n, one in enumerate(people)))
    await system.settled()
    await system.publish(*(scheduled(f"w{n}") for n in range(3)))
    await system.settled()

    assert len(await system.facts("events")) == 1103
    assert await system.waiting("events") == []


async def _never(self: Intake) -> int:
    return 0


async def _until_recorded(system: System, count: int) -> None:
    async def there() -> bool:
        return len(await system.facts("events")) >= count

    await until(there, f"{count} facts of events")
