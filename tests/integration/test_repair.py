"""Rejected messages are taken again as they came, or put aside; both is recorded, and by whom."""

import json
from typing import Any

import grpc
import pytest
from tandem.common.v1 import common_pb2
from tandem.ledger.v1 import ledger_pb2 as pb

from tests.support.system import System
from tests.support.telling import attended, held, registered, scheduled

REFUSING = """
create function refuse() returns trigger language plpgsql as $$
begin
    if new.stream = 'city-gent' then
        raise exception 'numeric field overflow' using errcode = '22003';
    end if;
    return new;
end $$;
create trigger refuse before insert on ledger for each row execute function refuse();
"""
MENDED = "drop trigger if exists refuse on ledger; drop function if exists refuse"
EARLY = "2024-03-27T15:00:00Z"


async def rejected(system: System, owner: str, **which: Any) -> list[pb.RejectedMessage]:
    answer = await system.ledger(owner).ListRejected(pb.ListRejectedRequest(**which))
    return list(answer.messages)


async def replay(
    system: System, owner: str, *ids: str, dry_run: bool = False, by: str = "operator"
) -> pb.ReplayRejectedResponse:
    request = pb.ReplayRejectedRequest(rejected_ids=ids, dry_run=dry_run)
    answer: pb.ReplayRejectedResponse = await system.ledger(owner, by=by).ReplayRejected(request)
    return answer


async def a_fault_of_ours_rejects_gent(system: System) -> str:
    """Return the id under which a good message is kept, once what refused it is mended."""
    await system.start("membership")
    await system.execute("membership", REFUSING)
    try:
        await system.publish(registered("gent", "m-1"))
        await system.settled()
    finally:
        await system.execute("membership", MENDED)
    [message] = await rejected(system, "membership")
    return message.rejected_id


async def test_a_good_message_is_taken_after_the_repair_and_a_second_replay_tells_the_same(
    system: System,
) -> None:
    id_ = await a_fault_of_ours_rejects_gent(system)

    [first] = (await replay(system, "membership", id_)).messages
    [second] = (await replay(system, "membership", id_)).messages

    assert first.receipt.outcome == common_pb2.OUTCOME_RECORDED
    assert (first.receipt.source, first.receipt.id) == ("demo", "m-1")
    assert second.receipt.outcome == common_pb2.OUTCOME_DUPLICATE
    assert second.receipt.facts == first.receipt.facts
    [fact] = await system.facts("membership")
    assert (fact["stream"], fact["source"], fact["source_id"]) == ("city-gent", "demo", "m-1")
    assert await rejected(system, "membership") == []
    [kept] = await rejected(system, "membership", repaired_too=True)
    assert (kept.repair.how, kept.repair.by) == ("replayed", "operator")
    assert kept.repair.outcome == "recorded"


async def test_a_dry_run_tells_the_facts_that_would_follow_and_leaves_nothing(
    system: System,
) -> None:
    id_ = await a_fault_of_ours_rejects_gent(system)
    tables = "ledger", "outbox", "inbox", "provided", "repair"

    answer = await replay(system, "membership", id_, dry_run=True)

    assert answer.messages[0].receipt.outcome == common_pb2.OUTCOME_RECORDED
    [fact] = answer.facts
    assert (fact.stream, fact.version, fact.type) == (
        "city-gent",
        1,
        "membership.city_registered.v1",
    )
    for table in tables:
        assert await system.value("membership", f"select count(*) from {table}") == 0, table
    assert len(await rejected(system, "membership")) == 1


async def test_a_dry_run_of_events_remembers_nobody_and_raises_no_question(system: System) -> None:
    await system.start("membership", "events")
    person = {"name": "Ada", "organisation": "Ministry", "city": {"name": "Gent", "country": "BE"}}
    bad = attended("w1", "m-1", person)
    bad["time"] = "2024-05-01T00:00:00Z"
    await system.publish(scheduled("w1"), bad)
    await system.settled()
    [message] = await rejected(system, "events")
    system.clock.set("2024-05-02T00:00:00Z")

    answer = await replay(system, "events", message.rejected_id, dry_run=True)

    assert [fact.type for fact in answer.facts] == ["events.attendance_recorded.v1"]
    assert b"Ada" not in answer.facts[0].data
    assert await system.value("events", "select count(*) from person") == 0
    assert await system.value("membership", "select count(*) from reference") == 0


async def test_a_message_that_is_still_bad_stays_and_its_reason_of_today_is_told(
    system: System,
) -> None:
    await system.start("membership")
    late = registered("gent", "m-1", colour="red") | {"time": "2024-05-01T00:00:00Z"}
    await system.publish(late)
    await system.settled()
    [message] = await rejected(system, "membership")
    system.clock.set("2024-05-02T00:00:00Z")

    [outcome] = (await replay(system, "membership", message.rejected_id)).messages

    assert outcome.fault.reason == "invalid_data"
    assert [each.field for each in outcome.fault.violations] == ["colour"]
    [kept] = await rejected(system, "membership")
    assert kept.explanation == message.explanation
    assert (kept.repair.how, kept.repair.outcome) == ("retried", "invalid_data")
    assert not kept.repair.reason, "it may quote what the message says of somebody"


async def test_what_waits_after_a_replay_and_is_then_refused_is_open_again(
    system: System,
) -> None:
    await system.start("membership", "events")
    early = held("w1", "m-1")
    early["data"]["on"] = "2024-06-01"
    early["time"] = "2024-05-01T00:00:00Z"
    await system.publish(scheduled("w0"), early)
    await system.settled()
    [message] = await rejected(system, "events")
    system.clock.set("2024-05-02T00:00:00Z")

    [outcome] = (await replay(system, "events", message.rejected_id)).messages
    assert outcome.receipt.outcome == common_pb2.OUTCOME_WAITING
    assert await rejected(system, "events") == []
    await system.publish(scheduled("w1"))
    await system.settled()

    [refused] = await rejected(system, "events")
    assert (refused.reason, refused.id) == ("refused", "m-1")


async def test_messages_of_a_batch_are_taken_in_the_order_in_which_they_came(
    system: System,
) -> None:
    await system.start("membership", "events")
    late = [
        scheduled("w1", "m-1") | {"time": "2024-05-01T00:00:00Z"},
        held("w1", "m-2") | {"time": "2024-05-01T00:00:00Z"},
    ]
    for event in late:
        await system.publish(event)
        await system.settled()
        system.clock.advance(seconds=1)
    newest_first = [each.rejected_id for each in await rejected(system, "events")]
    system.clock.set("2024-05-02T00:00:00Z")

    answer = await replay(system, "events", *newest_first)

    assert [each.receipt.id for each in answer.messages] == ["m-1", "m-2"]
    kinds = [fact["kind"] for fact in await system.facts("events")]
    assert kinds == ["activity_scheduled", "occurrence_held"]


async def test_a_discarded_message_is_kept_with_who_and_why_and_may_still_be_replayed(
    system: System,
) -> None:
    id_ = await a_fault_of_ours_rejects_gent(system)
    ledger = system.ledger("membership", by="staff")

    discarded = await ledger.DiscardRejected(
        pb.DiscardRejectedRequest(rejected_id=id_, reason="the sender has sent it anew")
    )

    assert (discarded.message.repair.how, discarded.message.repair.by) == ("discarded", "staff")
    assert discarded.message.repair.reason == "the sender has sent it anew"
    assert await rejected(system, "membership") == []
    [outcome] = (await replay(system, "membership", id_)).messages
    assert outcome.receipt.outcome == common_pb2.OUTCOME_RECORDED
    with pytest.raises(grpc.aio.AioRpcError, match="what was recorded stands"):
        await ledger.DiscardRejected(pb.DiscardRejectedRequest(rejected_id=id_, reason="again"))


async def test_a_decision_that_came_over_nats_is_no_message_after_any_wait(
    system: System,
) -> None:
    await system.start("membership", "events")
    decision = registered("x") | {
        "type": "tandem.events.person_erased.v1",
        "time": "2024-05-01T00:00:00Z",
        "data": {"person": "p1"},
    }
    await system.publish(decision)
    await system.settled()
    [message] = await rejected(system, "events")
    assert message.reason == "invalid_data"
    system.clock.set("2024-05-02T00:00:00Z")

    [outcome] = (await replay(system, "events", message.rejected_id)).messages

    assert outcome.fault.reason == "unknown_type"
    assert await system.facts("events") == []


async def test_a_rejected_message_tells_the_fields_at_fault_and_what_may_be_meant(
    system: System,
) -> None:
    await system.start("membership")
    notices = await system.notices("demo")
    await system.publish(registered("gent", contry="BE"))
    await system.settled()

    [message] = await rejected(system, "membership", reason="invalid_data")
    [violation] = message.violations
    assert (violation.field, violation.path) == ("contry", "$.data.contry")
    assert violation.hint.startswith("did you mean country?")
    assert "the same id may be used" in message.hint
    [notice] = await notices.until(1)
    assert notice["hint"] == message.hint
    assert json.loads(message.body)["data"]["contry"] == "BE"


async def test_an_id_may_be_given_by_its_beginning(system: System) -> None:
    id_ = await a_fault_of_ours_rejects_gent(system)
    ledger = system.ledger("membership")

    found = await ledger.GetRejected(pb.GetRejectedRequest(rejected_id=id_[:6]))

    assert found.message.rejected_id == id_
    for wrong, code in (
        ("abc", grpc.StatusCode.INVALID_ARGUMENT),
        ("no-hex", grpc.StatusCode.INVALID_ARGUMENT),
        ("0" * 32, grpc.StatusCode.NOT_FOUND),
    ):
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await ledger.GetRejected(pb.GetRejectedRequest(rejected_id=wrong))
        assert caught.value.code() == code


@pytest.mark.parametrize("by", ["demo", "viewer", "events"])
async def test_only_people_who_repair_may_replay_and_discard(system: System, by: str) -> None:
    id_ = await a_fault_of_ours_rejects_gent(system)

    for call in (
        replay(system, "membership", id_, by=by),
        replay(system, "membership", id_, dry_run=True, by=by),
        system.ledger("membership", by=by).DiscardRejected(
            pb.DiscardRejectedRequest(rejected_id=id_, reason="mine")
        ),
    ):
        with pytest.raises(grpc.aio.AioRpcError, match="PERMISSION_DENIED"):
            await call
    assert await system.facts("membership") == []
