"""What Zoom says becomes the events that it means, the same ones each time it says it."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from services.gateway.domain.judging import Sender, Taken, judge
from services.gateway.domain.platforms import NotUnderstood, Telling
from services.gateway.domain.reading import Said
from services.gateway.domain.signatures import (
    WINDOW_SECONDS,
    BadSignature,
    check,
    encrypted_token,
    signature_of,
)
from services.gateway.domain.zoom import events_of
from shared.contracts.envelope import STRUCTURED
from tests.support.platforms import ENDED, TELLING, zoom
from tests.support.speaking import TUESDAY

SECRET = "secret-token"


def told(name: str, telling: Telling = TELLING, **object_: Any) -> list[dict[str, Any]]:
    """Return what follows, each judged by the contract as its owner will judge it."""
    events = events_of(zoom(name, **object_), telling)
    sender = Sender(telling.name, lambda type_: True)
    for event in events:
        said = Said({"content-type": STRUCTURED}, json.dumps(event).encode())
        assert isinstance(judge(said, sender, TUESDAY), Taken), event
    return events


def only(name: str, **object_: Any) -> Mapping[str, Any]:
    [event] = told(name, **object_)
    return event


def test_a_webinar_that_is_planned_is_an_activity_in_its_own_time_zone() -> None:
    event = only("webinar.created")
    assert event["type"] == "tandem.events.activity_scheduled.v1"
    assert event["source"] == "/systems/platform"
    assert event["data"] == {
        "activity_id": "zoom-81234567890",
        "kind": "webinar",
        "title": "Responding to hate",
        "organisers": ["NLC", "SCN"],
        "starts_at": "2024-03-20T14:00",
        "time_zone": "America/New_York",
        "duration_minutes": 60,
        "delivery": "online",
    }


def test_a_series_has_a_sitting_for_each_local_day() -> None:
    days = [
        {"occurrence_id": "1", "start_time": "2024-03-20T00:30:00Z", "duration": 60},
        {"occurrence_id": "2", "start_time": "2024-03-27T00:30:00Z", "status": "available"},
        {"occurrence_id": "3", "start_time": "2024-04-03T00:30:00Z", "status": "deleted"},
    ]
    event = only("meeting.created", type=8, start_time=None, occurrences=days)
    assert event["data"]["starts_at"] == "2024-03-19T20:30"
    assert event["data"]["occurrences"] == [
        {"occurrence": "2024-03-19", "starts_at": "2024-03-19T20:30"},
        {"occurrence": "2024-03-26", "starts_at": "2024-03-26T20:30"},
    ]


def test_what_recurs_without_a_time_cannot_be_announced() -> None:
    assert told("meeting.created", type=3, start_time=None) == []


def test_a_webinar_that_has_ended_was_held_from_when_to_when() -> None:
    event = only("webinar.ended", **ENDED)
    assert event["type"] == "tandem.events.activity_held.v1"
    assert event["data"] == {
        "activity_id": "zoom-81234567890",
        "started_at": "2024-03-20T18:02:11+00:00",
        "ended_at": "2024-03-20T19:01:40+00:00",
    }


def test_an_end_without_its_time_was_when_zoom_said_so() -> None:
    event = only("webinar.ended", start_time="2024-03-20T18:02:11Z")
    assert event["data"]["ended_at"] == "2024-03-20T19:01:41.500000+00:00"


def test_a_sitting_of_a_series_is_named_by_its_local_day() -> None:
    event = only("meeting.ended", **ENDED, type=8)
    assert event["data"]["occurrence"] == "2024-03-20"


@pytest.mark.parametrize(
    ("participant", "person"),
    [
        (
            {"email": "Ana@Example.org", "user_name": "Ana", "registrant_id": "r-1"},
            {"email": "Ana@Example.org", "name": "Ana"},
        ),
        (
            {"email": "", "user_name": "Ana", "registrant_id": "r-1"},
            {"id": "zoom r-1", "name": "Ana"},
        ),
        ({"user_name": "Ana", "id": "abc"}, {"id": "zoom abc", "name": "Ana"}),
        ({"user_name": "iPhone", "user_id": "167"}, {"id": "zoom 4444== 167", "name": "iPhone"}),
        ({"user_id": "167"}, {"id": "zoom 4444== 167"}),
    ],
)
def test_who_comes_and_goes_is_the_same_person_both_times(
    participant: dict[str, Any], person: dict[str, str]
) -> None:
    joined = only(
        "webinar.participant_joined",
        participant={**participant, "join_time": "2024-03-20T18:05:00Z"},
    )
    left = only(
        "webinar.participant_left",
        participant={**participant, "leave_time": "2024-03-20T18:55:00Z"},
    )
    assert joined["data"]["person"] == left["data"]["person"] == person
    assert joined["data"]["at"] == "2024-03-20T18:05:00+00:00"
    assert left["data"]["at"] == "2024-03-20T18:55:00+00:00"
    assert joined["data"]["role"] == "attendee"
    assert joined["id"] != left["id"]


def test_the_host_is_no_attendee() -> None:
    host = {"id": "host-1", "user_name": "Host", "join_time": "2024-03-20T18:00:00Z"}
    assert only("webinar.participant_joined", participant=host)["data"]["role"] == "host"


REGISTRANT = {
    "id": "r-1",
    "first_name": "Ana",
    "last_name": "Silva",
    "email": "ana@example.org",
    "org": "City of Dayton",
    "city": "Dayton",
    "country": "US",
    "state": "OH",
    "status": "approved",
}


def test_who_registers_is_told_with_the_city_they_declare() -> None:
    event = only("webinar.registration_created", registrant=REGISTRANT)
    assert event["type"] == "tandem.events.registration_received.v1"
    assert event["data"] == {
        "activity_id": "zoom-81234567890",
        "person": {
            "email": "ana@example.org",
            "name": "Ana Silva",
            "organisation": "City of Dayton",
        },
        "city": {"name": "Dayton", "country": "US", "subdivision": "OH"},
    }


@pytest.mark.parametrize(
    "place", [{"city": ""}, {"country": ""}, {"country": "United States"}, {"city": None}]
)
def test_a_city_that_nobody_can_tell_is_not_guessed(place: dict[str, Any]) -> None:
    event = only("webinar.registration_created", registrant=REGISTRANT | place)
    assert "city" not in event["data"]


def test_who_is_still_to_be_approved_is_registered_then() -> None:
    pending = REGISTRANT | {"status": "pending"}
    assert told("webinar.registration_created", registrant=pending) == []
    assert only("webinar.registration_approved", registrant=REGISTRANT)["type"] == (
        "tandem.events.registration_received.v1"
    )


def test_who_withdraws_is_told() -> None:
    event = only("meeting.registration_cancelled", registrant=REGISTRANT | {"status": "cancelled"})
    assert event["type"] == "tandem.events.registration_cancelled.v1"


def test_another_start_moves_the_activity() -> None:
    document = zoom("webinar.updated")
    document["payload"]["object"] = {
        "id": 81234567890,
        "start_time": "2024-03-21T18:00:00Z",
        "timezone": "Europe/Brussels",
    }
    [event] = events_of(document, TELLING)
    assert event["data"] == {
        "activity_id": "zoom-81234567890",
        "starts_at": "2024-03-21T19:00",
        "time_zone": "Europe/Brussels",
    }


def test_another_start_of_one_sitting_moves_that_one() -> None:
    document = zoom("webinar.updated")
    first = {"occurrence_id": "1", "start_time": "2024-03-20T18:00:00Z"}
    second = {"occurrence_id": "2", "start_time": "2024-03-27T18:00:00Z"}
    moved = second | {"start_time": "2024-03-28T18:00:00Z"}
    document["payload"]["object"] = {"id": 1, "occurrences": [first, moved]}
    document["payload"]["old_object"] = {
        "id": 1,
        "timezone": "America/New_York",
        "occurrences": [first, second],
    }
    [event] = events_of(document, TELLING)
    assert event["data"]["occurrence"] == "2024-03-27"
    assert event["data"]["starts_at"] == "2024-03-28T14:00"


def test_what_is_deleted_is_called_off_as_a_whole_or_sitting_by_sitting() -> None:
    assert only("webinar.deleted")["data"] == {"activity_id": "zoom-81234567890"}
    document = zoom("webinar.deleted")
    document["payload"]["operation"] = "single"
    document["payload"]["object"]["occurrences"] = [
        {"occurrence_id": "1", "start_time": "2024-03-20T18:00:00Z"}
    ]
    [event] = events_of(document, TELLING)
    assert event["data"]["occurrence"] == "2024-03-20"


@pytest.mark.parametrize(
    "name", ["webinar.started", "webinar.alert", "recording.completed", "user.created", "nonsense"]
)
def test_what_we_have_no_word_for_is_passed_over(name: str) -> None:
    assert told(name) == []


def test_a_title_alone_is_passed_over() -> None:
    document = zoom("webinar.updated")
    document["payload"]["object"] = {"id": 1, "topic": "Another title"}
    assert events_of(document, TELLING) == []


def test_an_activity_that_others_know_goes_under_their_name() -> None:
    known = Telling("platform", ["NLC"], "training", "UTC", {"81234567890": "spring-clinic"})
    for id_ in (81234567890, "81234567890", "812 3456 7890"):
        [event] = events_of(zoom("webinar.created", id=id_), known)
        assert event["data"]["activity_id"] == "spring-clinic"
        assert event["data"]["kind"] == "training"


def test_what_is_sent_again_is_the_same_event_and_anything_else_another() -> None:
    again = [only("webinar.ended", **ENDED)["id"] for _ in range(2)]
    others = [
        only("webinar.ended", **ENDED, uuid="5555==")["id"],
        only("webinar.ended", **ENDED, id=1)["id"],
        only("meeting.ended", **ENDED)["id"],
    ]
    assert again[0] == again[1]
    assert len({again[0], *others}) == 4


@pytest.mark.parametrize(
    ("document", "why"),
    [
        ({}, "event is missing"),
        ({"event": "webinar.ended"}, r"payload\.object is missing"),
        ({"event": "webinar.ended", "payload": {"object": []}}, r"payload\.object is no object"),
        (zoom("webinar.ended", start_time=None), "start_time is missing"),
        (zoom("webinar.ended", start_time="2024-03-20T18:00:00"), "has no offset"),
        (zoom("webinar.created", start_time="soon"), "is no time"),
        (zoom("webinar.created", topic=""), "topic is missing"),
        (zoom("webinar.deleted") | {"event_ts": "x"}, "event_ts is no time"),
        (zoom("webinar.participant_joined", participant={"user_name": "x"}), "user_id is missing"),
    ],
)
def test_what_lacks_something_is_told(document: dict[str, Any], why: str) -> None:
    with pytest.raises(NotUnderstood, match=why):
        events_of(document, TELLING)


def test_a_signature_is_what_openssl_makes_of_the_same_bytes() -> None:
    known = "v0=4ca9b2f5866b9fb91e5d8f078244a6ef621d09678c0d309297e1615d8753af0f"
    assert signature_of(SECRET, "1710961300", b"{}") == known


def test_a_message_is_believed_within_five_minutes_of_its_signing() -> None:
    body, stamp = b'{"event":"webinar.ended"}', "1710961300"
    signature = signature_of(SECRET, stamp, body)
    for now in (1710961300, 1710961300 + WINDOW_SECONDS, 1710961300 - WINDOW_SECONDS):
        check(SECRET, signature, stamp, body, now)
    for now in (1710961301 + WINDOW_SECONDS, 1710961299 - WINDOW_SECONDS):
        with pytest.raises(BadSignature, match="minutes"):
            check(SECRET, signature, stamp, body, now)


@pytest.mark.parametrize(
    ("secret", "stamp", "body"),
    [
        ("other-secret", "1710961300", b"{}"),
        (SECRET, "1710961301", b"{}"),
        (SECRET, "1710961300", b"{ }"),
        (SECRET, "", b"{}"),
        (SECRET, "1710961300 ", b"{}"),
        (SECRET, "٣" * 10, b"{}"),
    ],
)
def test_what_was_changed_after_its_signing_is_not_believed(
    secret: str, stamp: str, body: bytes
) -> None:
    signature = signature_of(SECRET, "1710961300", b"{}")
    with pytest.raises(BadSignature):
        check(secret, signature, stamp, body, 1710961300)
    with pytest.raises(BadSignature):
        check(SECRET, "v0=é", "1710961300", b"{}", 1710961300)


def test_a_challenge_is_answered_but_signs_no_message() -> None:
    # As `openssl dgst -sha256 -hmac secret-token` has it.
    known = "5b72bd117f184f54093c1c3c11499c1d13e6d56dc0d96e6b78fbfecedc953b75"
    assert encrypted_token(SECRET, "qgg8vlvZRS6UYooatFL8Aw") == known
    for plain in ('v0:1710961300:{"event":"webinar.ended"}', "", "a b", "x" * 129, "é"):
        with pytest.raises(BadSignature):
            encrypted_token(SECRET, plain)
