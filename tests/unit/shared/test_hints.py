"""A violation comes with its place in the JSON, and with what would be right there."""

import pytest

from shared.contracts.messages.events import RecordAttendance, ScheduleActivity
from shared.errors import Violation
from shared.hints import hint_for, json_path, nearest_type

UNKNOWN = "is not a field of this type"


@pytest.mark.parametrize(
    ("field", "path"),
    [
        ("city_id", "$.data.city_id"),
        ("participants.0.person.email", "$.data.participants[0].person.email"),
        ("data", "$.data"),
        ("odd name", "$.data['odd name']"),
        ("it's", r"$.data['it\'s']"),
        ("ä", "$.data['ä']"),
        ("٣", "$.data['٣']"),
    ],
)
def test_a_place_in_the_data_is_a_json_path(field: str, path: str) -> None:
    assert json_path(field, within_data=True) == path


def test_a_place_among_the_attributes_is_a_json_path() -> None:
    assert json_path("time", within_data=False) == "$.time"


@pytest.mark.parametrize(
    ("field", "hint"),
    [
        ("kind", "one of webinar, workshop"),
        ("participants.0.role", "one of attendee, panelist"),
        ("final", "true or false"),
        ("participants.0.intervals.0.1", "a time with its offset"),
        ("participants.3.city.geonames_id", "a whole number, 1 to 2000000000"),
        ("participants.0.person", "an object with id?, email?, name?, organisation?"),
        ("title", "a text of 1 to 300 characters"),
        ("organisers", "a list, each of them a text that fits ^(NLC|SCN|"),
        ("activity_id", "a text that fits ^[a-z0-9]"),
    ],
)
def test_a_hint_says_what_the_field_takes(field: str, hint: str) -> None:
    scheduled = field in ("kind", "title", "organisers")
    message = ScheduleActivity if scheduled else RecordAttendance
    assert hint_for(message, Violation(field, "is required")).startswith(hint)


def test_a_field_that_nobody_knows_is_told_beside_those_that_there_are() -> None:
    hint = hint_for(RecordAttendance, Violation("participants.0.person.emial", UNKNOWN))
    assert hint.startswith("did you mean email? the fields here are email, id, name")
    hint = hint_for(RecordAttendance, Violation("zzz", UNKNOWN))
    assert hint.startswith("the fields here are activity_id, ")


def test_a_field_in_a_place_that_there_is_not_has_a_hint_all_the_same() -> None:
    assert hint_for(RecordAttendance, Violation("a.b.c", UNKNOWN)) == "leave it out"
    assert "/schemas/tandem.events.attendance_recorded.v1" in hint_for(
        RecordAttendance, Violation("data", "is wrong as a whole")
    )


def test_an_attribute_has_a_hint() -> None:
    assert "/systems/NAME" in hint_for(None, Violation("source", "is required"))
    assert "lower-case letters" in hint_for(None, Violation("MyExtension", "is no name"))


def test_a_type_that_nobody_knows_is_told_beside_the_nearest() -> None:
    known = ["tandem.events.activity_held.v1", "tandem.events.help_given.v1"]
    assert nearest_type("tandem.events.activity_hold.v1", known) == (
        "did you mean tandem.events.activity_held.v1?"
    )
    assert nearest_type("x" * 100_000, known) == "/schemas lists the types that there are"
