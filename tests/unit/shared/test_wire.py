"""A fact crosses the wire whole, on a subject that a consumer can pick by."""

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import UUID

import pytest

from services.events.domain import DECIDERS as OF_EVENTS
from services.membership.domain import DECIDERS as OF_MEMBERSHIP
from services.resources.domain import DECIDERS as OF_RESOURCES
from shared.contracts.envelope import STRUCTURED, parse
from shared.contracts.events import EventsEvent
from shared.contracts.membership import MembershipEvent
from shared.contracts.messages.resources import ResourcesMessage, ShareResource
from shared.contracts.resources import ResourcesEvent
from shared.contracts.values import Fact
from shared.recorded import Recorded, facts_by_type, members, messages_by_type, name_of, noun_of
from shared.upcasting import UnknownType
from shared.wire import from_wire, subject_of, to_wire
from tests.support.recording import facts_of, recorded
from tests.support.speaking import TRACEPARENT

EVERY_FACT = MembershipEvent | EventsEvent | ResourcesEvent
[SAMPLE, *_] = facts_of(EventsEvent)


def row_of(entry: Recorded) -> dict[str, Any]:
    """Return an entry as the ledger's query gives it."""
    fact = entry.fact
    return {
        **{name: getattr(entry, name) for name in Recorded.__slots__ if name != "fact"},
        "type": fact.TYPE,
        "data": fact.model_dump_json(exclude_none=True),
    }


@pytest.mark.parametrize("fact", facts_of(EVERY_FACT), ids=lambda fact: fact.TYPE)
def test_a_fact_comes_back_from_the_wire_as_it_was(fact: Fact) -> None:
    entry = recorded(fact, "activity-w1", 7, position=1234, traceparent=TRACEPARENT)
    message = to_wire(row_of(entry))
    assert from_wire(message.body, EVERY_FACT) == entry
    assert message.subject == subject_of("activity-w1", fact.TYPE)


def test_a_fact_without_a_trace_comes_back_without_one() -> None:
    message = to_wire(row_of(recorded(SAMPLE)))
    assert b"traceparent" not in message.body
    assert from_wire(message.body, EVERY_FACT).traceparent is None


def test_moments_keep_their_microseconds() -> None:
    moment = datetime(2024, 3, 26, 10, 0, 0, 123456, tzinfo=timezone(timedelta(hours=1)))
    entry = recorded(SAMPLE, occurred_at=moment, recorded_at=moment.astimezone(UTC))
    back = from_wire(to_wire(row_of(entry)).body, EVERY_FACT)
    assert (back.occurred_at, back.recorded_at) == (moment, moment)


def test_a_fact_is_known_to_the_broker_by_its_own_id() -> None:
    entry = recorded(SAMPLE, fact_id=UUID(int=7))
    assert to_wire(row_of(entry)).headers == {
        "Nats-Msg-Id": "00000000-0000-0000-0000-000000000007",
        "Content-Type": STRUCTURED,
    }


def test_a_fact_on_the_wire_is_a_cloudevent() -> None:
    message = to_wire(row_of(recorded(SAMPLE, traceparent=TRACEPARENT)))
    envelope = parse(message.headers, message.body)
    assert envelope.type == f"tandem.facts.{SAMPLE.TYPE}"
    assert envelope.source == "/services/events"
    assert envelope.traceparent == TRACEPARENT
    assert json.loads(envelope.data) == json.loads(SAMPLE.model_dump_json(exclude_none=True))


@pytest.mark.parametrize(
    ("stream", "fact_type", "subject"),
    [
        (
            "city-athens-oh",
            "membership.city_registered.v1",
            "facts.membership.city.athens-oh.city_registered",
        ),
        (
            "participation-w1~1~k1",
            "events.participant_joined.v1",
            "facts.events.participation.w1~1~k1.participant_joined",
        ),
    ],
)
def test_a_subject_names_service_noun_id_and_fact(
    stream: str, fact_type: str, subject: str
) -> None:
    assert subject_of(stream, fact_type) == subject
    assert subject.count(".") == 4


def test_a_fact_that_nobody_reads_is_unknown() -> None:
    with pytest.raises(UnknownType):
        from_wire(to_wire(row_of(recorded(SAMPLE))).body, ResourcesEvent)


@pytest.mark.parametrize(
    "body", [b"", b"hello", b"{}", b"[]", b"7", b'{"type": 7}', b'{"type": "x"}', b"\xff"]
)
def test_what_is_no_fact_is_an_error_that_the_projector_passes_over(body: bytes) -> None:
    with pytest.raises((UnknownType, KeyError, ValueError, TypeError, AttributeError)):
        from_wire(body, EVERY_FACT)


def test_names_follow_from_types_and_streams() -> None:
    assert name_of("membership.city_registered.v1") == "city_registered"
    assert noun_of("city-athens-oh") == "city"
    assert members(EventsEvent)[0].TYPE == "events.activity_scheduled.v1"
    assert members(int) == (int,)


def test_no_two_facts_share_a_type_and_each_names_its_owner() -> None:
    for owner, union in [
        ("membership", MembershipEvent),
        ("events", EventsEvent),
        ("resources", ResourcesEvent),
    ]:
        assert len(facts_by_type(union)) == len(members(union))
        assert {each.split(".")[0] for each in facts_by_type(union)} == {owner}


def test_messages_are_found_by_their_type() -> None:
    found = messages_by_type(ResourcesMessage)
    assert found["tandem.resources.resource_shared.v1"] is ShareResource
    assert len(found) == len(members(ResourcesMessage))


def test_no_noun_holds_the_dash_that_ends_it() -> None:
    nouns = [*OF_MEMBERSHIP, *OF_EVENTS, *OF_RESOURCES]
    assert len(set(nouns)) == len(nouns)
    assert all(noun.isalpha() and noun.islower() for noun in nouns)
