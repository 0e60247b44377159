"""What comes over NATS becomes a fact or a row of `rejected` with its reason; never nothing."""

import json
from typing import Any

import nats
import pytest
from tandem.ledger.v1.ledger_pb2 import ListRejectedRequest

from shared.messaging import INTAKE
from shared.publishing import Outgoing
from tests.support.machine import EVENTS_ONLY
from tests.support.settling import until
from tests.support.system import System, binary, structured
from tests.support.telling import described, registered, scheduled

POISON = """
create function poison() returns trigger language plpgsql as $$
begin
    if new.stream = 'city-poison' then
        raise exception 'numeric field overflow' using errcode = '22003';
    end if;
    return new;
end $$;
create trigger poison before insert on ledger for each row execute function poison();
"""
ANTIDOTE = "drop trigger if exists poison on ledger; drop function if exists poison"


async def test_a_structured_and_a_binary_event_are_both_taken(system: System) -> None:
    await system.start("membership")
    await system.send([structured(registered("gent")), binary(registered("brugge"))])
    await system.settled()

    facts = await system.facts("membership")
    assert {fact["stream"] for fact in facts} == {"city-gent", "city-brugge"}
    assert {(fact["source"], fact["kind"]) for fact in facts} == {("demo", "city_registered")}
    assert {fact["recorded_at"] for fact in facts} == {system.clock.now}
    assert await system.rejected("membership") == []


async def test_a_delivery_repeated_within_a_batch_or_after_a_restart_leaves_one_fact(
    system: System,
) -> None:
    event = registered("gent", "once")
    await system.start("membership")
    await system.publish(event, event)
    await system.settled()
    await system.stop("membership")
    await system.start("membership")
    await system.publish(event)
    await system.settled()

    assert len(await system.facts("membership")) == 1
    assert len(await system.rows("membership", "select * from inbox")) == 1
    assert await system.rejected("membership") == []


async def test_the_same_id_from_another_source_is_another_message(system: System) -> None:
    await system.start("membership")
    await system.publish(registered("gent", "one"), by="demo")
    await system.publish(registered("brugge", "one"), by="crm")
    await system.settled()

    assert {fact["source"] for fact in await system.facts("membership")} == {"demo", "crm"}


async def test_the_same_id_with_other_content_is_kept_and_its_sender_told(system: System) -> None:
    await system.start("membership")
    notices = await system.notices("demo")
    await system.publish(registered("gent", "one"))
    await system.settled()
    await system.publish(registered("gent", "one", name="Gand"))
    await system.settled()

    [row] = await system.rejected("membership")
    assert (row["reason"], row["source"], row["id"]) == ("id_reused", "demo", "one")
    assert json.loads(row["body"])["data"]["name"] == "Gand"
    assert row["subject"] == "intake.demo.membership.city_registered"
    assert json.loads(row["headers"]) == {"Content-Type": "application/cloudevents+json"}
    [notice] = await notices.until(1)
    assert (notice["reason"], notice["id"]) == ("id_reused", "one")
    assert notice["rejected_id"] == str(row["rejection_id"])
    assert len(await system.facts("membership")) == 1


async def test_the_same_id_twice_in_one_batch_keeps_the_first_and_rejects_the_other(
    system: System,
) -> None:
    await system.publish(registered("gent", "one"), registered("brugge", "one"))
    await system.start("membership")
    await system.settled()

    assert [fact["stream"] for fact in await system.facts("membership")] == ["city-gent"]
    assert [row["reason"] for row in await system.rejected("membership")] == ["id_reused"]


async def test_a_bad_message_in_the_middle_of_two_hundred_harms_nobody(system: System) -> None:
    await system.start("membership")
    messages = [structured(registered(f"city-{n}")) for n in range(200)]
    messages[100] = Outgoing(messages[100].subject, messages[100].headers, b'{"broken"')
    await system.send(messages)
    await system.settled()

    streams = {fact["stream"] for fact in await system.facts("membership")}
    assert streams == {f"city-city-{n}" for n in range(200) if n != 100}
    [row] = await system.rejected("membership")
    assert (row["reason"], row["body"]) == ("malformed", b'{"broken"')


async def test_a_rejected_message_sent_again_is_kept_once(system: System) -> None:
    await system.start("membership")
    for _ in range(2):
        await system.publish_raw("intake.demo.membership.city_registered", b"no event")
        await system.settled()

    assert len(await system.rejected("membership")) == 1


async def test_an_envelope_that_names_another_source_is_rejected(system: System) -> None:
    await system.start("membership")
    notices = await system.notices("demo")
    await system.publish(registered("gent") | {"source": "/systems/crm"}, by="demo")
    await system.settled()

    [row] = await system.rejected("membership")
    assert (row["reason"], row["source"]) == ("source_mismatch", "demo")
    assert [notice["reason"] for notice in await notices.until(1)] == ["source_mismatch"]
    assert await system.facts("membership") == []


@pytest.mark.parametrize(
    ("publisher", "subject"),
    [
        ("demo", "intake.crm.membership.city_registered"),
        ("demo", "facts.membership.city.gent.city_registered"),
        (EVENTS_ONLY, f"intake.{EVENTS_ONLY}.membership.city_registered"),
    ],
)
async def test_a_publisher_speaks_only_where_its_credential_says(
    system: System, publisher: str, subject: str
) -> None:
    refusals: list[Exception] = []

    async def keep(error: Exception) -> None:
        refusals.append(error)

    connection = await nats.connect(
        system.servers.nats_url,
        nkeys_seed=str(system.servers.seed_file(publisher)),
        inbox_prefix=f"_INBOX_{publisher}",
        error_cb=keep,
    )
    await connection.publish(subject, b"{}")

    async def refused() -> bool:
        return bool(refusals)

    await until(refused, "a refusal by the broker")
    await connection.close()
    assert f'permissions violation for publish to "{subject}"' in str(refusals[0]).lower()
    jetstream = (await system.nats("provision")).jetstream()
    assert (await jetstream.stream_info(INTAKE)).state.messages == 0


@pytest.mark.parametrize(
    ("change", "reason", "detail"),
    [
        (
            {"type": "tandem.membership.city_painted.v1"},
            "unknown_type",
            "type 'tandem.membership.city_painted.v1' is not known to membership",
        ),
        (
            {"data": {"city_id": "gent", "name": "Gent", "kind": "city", "country": "BE", "x": 1}},
            "invalid_data",
            "x: is not a field of this type",
        ),
        ({"time": "2099-01-01T00:00:00Z"}, "invalid_data", "later than"),
        ({"time": "2024-03-27T15:00:00"}, "invalid_data", "time: "),
        ({"data": {"city_id": "gent\u0000", "name": "Gent"}}, "invalid_data", "city_id: "),
    ],
)
async def test_what_breaks_the_contract_is_rejected_by_name(
    system: System, change: dict[str, Any], reason: str, detail: str
) -> None:
    await system.start("membership")
    await system.publish(registered("gent") | change)
    await system.settled()

    [row] = await system.rejected("membership")
    assert row["reason"] == reason
    assert detail in row["detail"]
    assert await system.facts("membership") == []


async def test_a_type_on_the_subject_of_another_is_rejected(system: System) -> None:
    await system.start("membership")
    message = structured(scheduled("w1"))
    subject = "intake.demo.membership.city_registered"
    await system.publish_raw(subject, message.body, message.headers)
    await system.settled()

    assert [row["reason"] for row in await system.rejected("membership")] == ["unknown_type"]


async def test_an_event_over_one_mebibyte_is_rejected_and_kept(system: System) -> None:
    await system.start("membership")
    message = structured(registered("gent"))
    body = message.body + b" " * (1024 * 1024)
    await system.publish_raw(message.subject, body, message.headers)
    await system.settled()

    [row] = await system.rejected("membership")
    assert (row["reason"], row["body"]) == ("too_large", body)


async def test_what_a_rule_refuses_is_rejected_with_the_rule(system: System) -> None:
    await system.start("membership")
    await system.publish(registered("gent"))
    await system.publish(registered("gent", name="Gand"))
    await system.settled()

    [row] = await system.rejected("membership")
    assert row["reason"] == "refused"
    assert "gent is registered as 'Gent'" in row["detail"]


async def test_a_value_that_postgresql_refuses_is_taken_out_of_its_batch(system: System) -> None:
    events = [registered(name) for name in ("gent", "poison", "brugge")]
    await system.publish(*events, described("gent", name="Gand"))
    try:
        await system.execute("membership", POISON)
        await system.start("membership")
        await system.settled()
    finally:
        await system.execute("membership", ANTIDOTE)

    facts = await system.facts("membership")
    assert [fact["stream"] for fact in facts] == ["city-gent", "city-brugge", "city-gent"]
    [row] = await system.rejected("membership")
    assert (row["reason"], row["id"]) == ("invalid_data", events[1]["id"])
    assert "the database refuses it" in row["detail"]


async def test_an_operator_lists_what_was_rejected_newest_first_page_by_page(
    system: System,
) -> None:
    await system.start("membership")
    for n in range(3):
        await system.publish_raw("intake.demo.membership.city_registered", b"%d" % n)
        await system.settled()
    await system.publish(registered("gent") | {"source": "/systems/crm"})
    await system.settled()

    ledger = system.ledger("membership")
    first = await ledger.ListRejected(ListRejectedRequest(page_size=2, reason="malformed"))
    second = await ledger.ListRejected(
        ListRejectedRequest(page_size=2, reason="malformed", page_token=first.next_page_token)
    )
    assert [row.body for row in [*first.messages, *second.messages]] == [b"2", b"1", b"0"]
    assert not second.next_page_token
    assert len((await ledger.ListRejected(ListRejectedRequest(source="demo"))).messages) == 4
    assert not (await ledger.ListRejected(ListRejectedRequest(source="crm"))).messages


async def test_a_publisher_may_not_look_at_what_was_rejected(system: System) -> None:
    await system.start("membership")
    with pytest.raises(Exception, match="PERMISSION_DENIED"):
        await system.ledger("membership", by="demo").ListRejected(ListRejectedRequest())
