"""An event is a message of the contract in its envelope, and is judged before it is sent."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from shared.client import Event, NotAccepted
from shared.contracts.envelope import STRUCTURED, parse
from shared.contracts.messages.events import AttendAsCity, HoldActivity
from shared.contracts.messages.membership import MembershipMessage
from shared.contracts.messages.resources import ResourcesMessage, ShareResource
from shared.contracts.values import CityReference
from tests.support.recording import messages_of

HELD = HoldActivity(activity_id="w1", on="2024-05-14")
TIME = "2024-05-14T19:00:00Z"


def said(event: Event) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(event.body)
    return document


@pytest.mark.parametrize(
    "message", messages_of(MembershipMessage | ResourcesMessage), ids=lambda message: message.TYPE
)
def test_every_message_makes_an_event_that_its_owner_takes(message: Any) -> None:
    event = Event.of(message, time=TIME).by("crm")
    event.check("crm")
    envelope = parse({"content-type": STRUCTURED}, event.body)
    assert (envelope.id, envelope.type, envelope.source_name) == (event.id, message.TYPE, "crm")


def test_a_type_by_its_name_says_the_same_as_its_class() -> None:
    by_name = Event.of(
        "tandem.events.activity_held.v1", {"activity_id": "w1", "on": "2024-05-14"}, time=TIME
    )
    assert said(by_name) == said(Event.of(HELD, time=TIME))


def test_an_event_keeps_the_contracts_own_names() -> None:
    shared = ShareResource.model_validate({"resource_id": "toolkit", "with": "SCN", "on": "2024"})
    assert said(Event.of(shared, time=TIME))["data"]["with"] == "SCN"


def test_the_same_content_gets_the_same_id_and_other_content_another() -> None:
    assert Event.of(HELD, time=TIME).id == Event.of(HELD, time=TIME).id
    moment = datetime(2024, 5, 14, 19, tzinfo=UTC)
    ids = {
        Event.of(HELD, time=TIME).id,
        Event.of(HELD, time="2024-05-14T20:00:00Z").id,
        Event.of(HELD, time=moment, subject="w1").id,
        Event.of(HoldActivity(activity_id="w2", on="2024-05-14"), time=TIME).id,
    }
    assert len(ids) == 4
    assert Event.of(HELD, time=TIME, id="mine").id == "mine"


def test_bytes_are_sent_as_they_are_and_get_a_source_only_when_they_have_none() -> None:
    body = b'{"id" :"a","type": "tandem.events.activity_held.v1", "source":"/systems/crm"}'
    assert Event.parse(body).by("demo").body == body
    bare = Event.parse({"id": "a", "type": "tandem.events.activity_held.v1"})
    assert said(bare.by("demo"))["source"] == "/systems/demo"


@pytest.mark.parametrize("document", [b"", b"[]", b'{"id": 1, "type": "x"}', b'{"type": "x"}'])
def test_what_has_no_id_and_type_is_no_event(document: bytes) -> None:
    with pytest.raises(NotAccepted, match="malformed"):
        Event.parse(document)


@pytest.mark.parametrize(
    ("changed", "reason", "field"),
    [
        ({"data": {"activity_id": "w1"}}, "invalid_data", "$.data.city"),
        (
            {"data": {"activity_id": "w1", "city": {"name": "Gent", "country": "Belgium"}}},
            "invalid_data",
            "$.data.city.country",
        ),
        ({"data": {"activity_id": "w1", "city": {}}}, "invalid_data", "$.data.city"),
        ({"time": "yesterday"}, "invalid_data", "$.time"),
        ({"time": "2199-01-01T00:00:00Z"}, "invalid_data", "$.time"),
        ({"data": [1]}, "invalid_data", "$.data"),
        ({"id": "x" * 129}, "invalid_data", "$.id"),
        ({"source": "/systems/crm"}, "source_mismatch", None),
        ({"type": "tandem.events.city_danced.v1"}, "unknown_type", None),
        ({"type": "tandem.gardening.rose_planted.v1"}, "unknown_type", "$.type"),
        ({"type": "rose_planted"}, "unknown_type", "$.type"),
    ],
)
def test_what_its_owner_would_refuse_is_refused_here_with_the_path(
    changed: dict[str, Any], reason: str, field: str | None
) -> None:
    attended = AttendAsCity(activity_id="w1", city=CityReference(city_id="gent"))
    event = Event.parse({**said(Event.of(attended, time=TIME)), **changed}).by("demo")
    with pytest.raises(NotAccepted) as caught:
        event.check("demo")
    fields = [violation.field for violation in caught.value.violations]
    assert (caught.value.reason, fields) == (reason, [field] if field else [])
    assert reason in str(caught.value)


def test_a_path_counts_into_lists() -> None:
    data = {
        "activity_id": "w1",
        "final": True,
        "participants": [{"person": {"id": "a"}, "role": "guest", "intervals": []}],
    }
    event = Event.of("tandem.events.attendance_recorded.v1", data, time=TIME).by("demo")
    with pytest.raises(NotAccepted, match=r"\$\.data\.participants\[0\]\.role"):
        event.check("demo")
