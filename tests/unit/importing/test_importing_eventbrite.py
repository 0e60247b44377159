"""An attendee list of Eventbrite says who signed up, and who was seen at the door."""

from datetime import UTC, datetime

import pytest

from shared.importing import eventbrite
from shared.importing.mapping import Mapping, mapping_of
from shared.importing.reading import FileRefused, Reading
from shared.importing.tables import rows_of
from tests.support.importing import NEW_YORK, messages, text

LIST = text("eventbrite.csv")
HELD_AT = datetime(2024, 5, 20, 16, tzinfo=UTC)
WORDS = mapping_of(
    b'[columns]\nposition = "What is your role in local government?"\n'
    b'[positions]\n"Elected official" = "elected"\n"Public safety" = "police"\n'
    b'[roles.domains]\n"nlc.example.org" = "staff"\n'
)


def read(said: str = LIST, words: Mapping = WORDS, held_at: datetime | None = HELD_AT) -> Reading:
    sitting = eventbrite.Sitting("summit", "1", NEW_YORK, held_at)
    return eventbrite.read(eventbrite.list_of(rows_of(said)), sitting, words)


def test_who_checked_in_was_there_without_any_times() -> None:
    [record] = messages(read().drafts, "attendance_recorded")
    assert [(each.person.name, each.role, each.intervals) for each in record.participants] == [
        ("Ana Ortiz", "attendee", ()),
        ("Ben Cho", "attendee", ()),
        ("Kim Staff", "staff", ()),
    ]


def test_tickets_bought_for_others_are_other_people() -> None:
    reading = read()
    first, second = messages(reading.drafts, "attendance_recorded")[0].participants[:2]
    assert first.person.email == "ana.ortiz@columbus.example.org"
    assert (second.person.email, second.person.id) == (None, "eventbrite 15000000002")
    assert (first.position, second.position) == ("elected", "police")
    assert reading.notes == {"tickets of others under the buyer's address": 1}


def test_each_status_means_what_eventbrite_says() -> None:
    reading = read()
    assert len(messages(reading.drafts, "registration_received")) == 4
    cancelled = messages(reading.drafts, "registration_cancelled")
    assert {each.person.name for each in cancelled} == {"Daan de Vries", "Eve Free"}
    assert reading.ignored == {"status transferred": 1}


def test_where_nobody_checked_in_attendance_stays_unknown() -> None:
    reading = read(LIST.replace("Checked In", "Attending"))
    assert messages(reading.drafts, "attendance_recorded") == []
    assert "nobody checked in, so that attendance stays unknown" in reading.notes


def test_check_ins_of_an_activity_that_nobody_announced_are_refused() -> None:
    with pytest.raises(FileRefused, match="announce the activity first"):
        read(held_at=None)


def test_a_report_of_orders_is_refused_with_the_name_of_the_right_one() -> None:
    with pytest.raises(FileRefused, match="export Attendee Summary"):
        read("Order #,Order Date,First Name,Last Name,Email,Quantity\n1,2024-05-02,A,B,a@b.org,3\n")


def test_a_row_of_several_tickets_and_an_unreadable_date_are_named() -> None:
    lines = LIST.splitlines()
    lines[1] = lines[1].replace(",1,,General", ",3,,General")
    lines[2] = lines[2].replace("2024-05-02 09:14:22", "yesterday")
    with pytest.raises(FileRefused) as refused:
        read("\n".join(lines))
    assert [each.row for each in refused.value.problems] == [2, 3]


def test_a_list_of_two_events_is_refused() -> None:
    said = (
        "Order Date,Email,Attendee Status,Event Name\n"
        "2024-05-02 09:00:00,a@example.org,Attending,Summit\n"
        "2024-05-02 09:00:00,b@example.org,Attending,Other\n"
    )
    with pytest.raises(FileRefused, match="row 3, Event Name"):
        read(said)
