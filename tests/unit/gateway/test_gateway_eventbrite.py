"""Eventbrite is asked at the configured host alone, and what it answers becomes events."""

import json
from typing import Any

import pytest

from services.gateway.domain.eventbrite import NotFetched, events_of, path_of
from services.gateway.domain.judging import Sender, Taken, judge
from services.gateway.domain.platforms import NotUnderstood
from services.gateway.domain.reading import Said
from shared.contracts.envelope import STRUCTURED
from tests.support.platforms import ATTENDEE, EVENT, TELLING, eventbrite
from tests.support.speaking import TUESDAY

HOST = "www.eventbriteapi.com"
AT = f"https://{HOST}/v3/events/987654/attendees/1234567/"


def told(action: str, found: dict[str, Any]) -> list[dict[str, Any]]:
    """Return what follows, each judged by the contract as its owner will judge it."""
    events = events_of(action, found, TELLING)
    for event in events:
        said = Said({"content-type": STRUCTURED}, json.dumps(event).encode())
        assert isinstance(judge(said, Sender("platform", lambda type_: True), TUESDAY), Taken)
    return events


@pytest.mark.parametrize(
    ("action", "url", "path"),
    [
        ("attendee.updated", AT, "/v3/events/987654/attendees/1234567/"),
        ("order.placed", f"https://{HOST}/v3/orders/1/", "/v3/orders/1/?expand=attendees"),
        ("event.published", f"https://{HOST}/v3/events/1/", "/v3/events/1/?expand=venue"),
        ("venue.updated", "https://evil.example/", None),
        ("test", "http://127.0.0.1/", None),
    ],
)
def test_only_objects_that_we_have_words_for_are_asked(
    action: str, url: str, path: str | None
) -> None:
    assert path_of(eventbrite(action, url), HOST) == path


@pytest.mark.parametrize(
    "url",
    [
        AT.replace("https", "http"),
        AT.replace(HOST, "evil.example"),
        AT.replace(HOST, f"{HOST}.evil.example"),
        AT.replace(HOST, f"{HOST}@evil.example"),
        AT.replace(HOST, f"user:pass@{HOST}"),
        AT.replace(HOST, f"{HOST}:8443"),
        AT.replace(HOST, "127.0.0.1"),
        AT.replace(HOST, "169.254.169.254"),
        AT.replace(HOST, "[::1]"),
        AT.replace(HOST, HOST.upper()),
        AT + "?token=x",
        AT + "#x",
        AT.replace("/v3/", "/v3/../"),
        AT.replace("987654", "%2e%2e"),
        AT.replace("987654", "1/x"),
        AT + "\n",
        f"https://{HOST}/v3/users/me/",
        f"https://{HOST}/v3/orders/1/",
        "file:///etc/passwd",
        "gopher://x",
        "https://[",
        "x",
    ],
)
def test_no_other_address_is_ever_asked(url: str) -> None:
    with pytest.raises(NotFetched):
        path_of(eventbrite("attendee.updated", url), HOST)


@pytest.mark.parametrize("document", [{}, {"config": {}}, {"config": {"action": "order.placed"}}])
def test_what_names_no_action_or_no_address_is_told(document: dict[str, Any]) -> None:
    with pytest.raises(NotUnderstood, match="is missing"):
        path_of(document, HOST)


def test_an_event_that_is_published_is_an_activity() -> None:
    [event] = told("event.published", EVENT)
    assert event["type"] == "tandem.events.activity_scheduled.v1"
    assert event["data"] == {
        "activity_id": "eventbrite-987654",
        "kind": "webinar",
        "title": "Responding to hate",
        "organisers": ["NLC", "SCN"],
        "starts_at": "2024-03-20T14:00",
        "time_zone": "America/New_York",
        "duration_minutes": 90,
        "delivery": "online",
    }


def test_an_event_that_is_called_off_is_told_and_a_draft_is_not() -> None:
    [event] = told("event.updated", EVENT | {"status": "canceled"})
    assert event["type"] == "tandem.events.activity_cancelled.v1"
    assert told("event.created", EVENT | {"status": "draft"}) == []


def test_an_attendee_is_registered_with_the_city_they_declare() -> None:
    [event] = told("attendee.updated", ATTENDEE)
    assert event["type"] == "tandem.events.registration_received.v1"
    assert event["time"] == "2024-03-01T10:00:00+00:00"
    assert event["data"] == {
        "activity_id": "eventbrite-987654",
        "person": {
            "email": "ana@example.org",
            "name": "Ana Silva",
            "organisation": "City of Dayton",
        },
        "city": {"name": "Dayton", "country": "US", "subdivision": "OH"},
    }


@pytest.mark.parametrize("how", [{"cancelled": True}, {"refunded": True}, {"status": "Deleted"}])
def test_an_attendee_who_withdraws_is_told(how: dict[str, Any]) -> None:
    [event] = told("attendee.updated", ATTENDEE | how)
    assert event["type"] == "tandem.events.registration_cancelled.v1"


def test_an_attendee_who_checks_in_was_there() -> None:
    registered, came = told("attendee.checked_in", ATTENDEE | {"checked_in": True})
    assert registered == told("attendee.updated", ATTENDEE)[0]
    assert came["type"] == "tandem.events.participant_joined.v1"
    assert came["data"]["at"] == "2024-03-20T18:05:00+00:00"
    assert len(told("attendee.checked_in", ATTENDEE)) == 1, "taken back before we asked"


def test_an_order_registers_each_of_its_attendees() -> None:
    other = ATTENDEE | {"id": "7", "profile": {"name": "Bo", "email": ""}}
    first, second = told("order.placed", {"id": "1", "attendees": [ATTENDEE, other]})
    assert second["data"]["person"] == {"id": "eventbrite 7", "name": "Bo"}
    assert first["id"] != second["id"]
    assert told("order.placed", {"id": "1", "attendees": [ATTENDEE]}) == [first]


def test_whatever_else_changes_a_registration_stays_the_same_event() -> None:
    later = ATTENDEE | {"changed": "2024-04-01T00:00:00Z", "barcodes": [1]}
    assert told("attendee.updated", later) == told("attendee.updated", ATTENDEE)
    renamed = ATTENDEE | {"profile": ATTENDEE["profile"] | {"name": "Ana S."}}
    assert told("attendee.updated", renamed)[0]["id"] != told("attendee.updated", ATTENDEE)[0]["id"]


@pytest.mark.parametrize(
    ("action", "found", "why"),
    [
        ("attendee.updated", {}, "profile is missing"),
        ("attendee.updated", ATTENDEE | {"created": "yesterday"}, "created is no time"),
        ("attendee.updated", ATTENDEE | {"profile": None}, "profile is missing"),
        ("event.updated", EVENT | {"start": {}}, r"start\.timezone is missing"),
        ("order.placed", {"attendees": [1]}, "an attendee is no object"),
        ("order.placed", {"attendees": [ATTENDEE] * 1001}, "more than 1000 attendees"),
    ],
)
def test_what_lacks_something_is_told(action: str, found: dict[str, Any], why: str) -> None:
    with pytest.raises(NotUnderstood, match=why):
        events_of(action, found, TELLING)
