"""The calendar and the feed, read back by programs that know their formats."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from xml.etree import ElementTree

import pytest
from icalendar import Calendar

from services.reporting.domain.appointment import Appointment
from services.reporting.domain.dates import Dates, on_day
from services.reporting.domain.knowledge import Activity, OccurrenceState
from services.reporting.presentation.calendars import calendar_of
from services.reporting.presentation.feeds import Entry, feed_of
from services.reporting.presentation.language import language_of

SITE = "https://reports.example"
NEW_YORK = "America/New_York"
ANNOUNCED = datetime(2024, 1, 5, 12, tzinfo=UTC)
STARTS = datetime(2024, 3, 27, 18, tzinfo=UTC)
ATOM = "{http://www.w3.org/2005/Atom}"


def appointment(title: str = "Safe elections", changes: int = 0, **state: Any) -> Appointment:
    known: dict[str, Any] = {"planned_on": date(2024, 3, 27), "planned_at": STARTS, **state}
    return Appointment(
        state=OccurrenceState("safe-elections", "1", NEW_YORK, **known),
        activity=Activity(
            "safe-elections", "platform", "webinar", title, frozenset({"NLC", "SCN"}), "online"
        ),
        announced_at=ANNOUNCED,
        changed_at=ANNOUNCED + timedelta(days=changes),
        changes=changes,
    )


def event_of(each: Appointment) -> Any:
    (event,) = Calendar.from_ical(calendar_of([each], language_of("en"), SITE)).events
    return event


def test_an_appointment_stands_at_its_local_time_in_a_zone_that_the_calendar_defines() -> None:
    calendar = Calendar.from_ical(calendar_of([appointment()], language_of("en"), SITE))
    (event,) = calendar.events

    assert isinstance(event.start, datetime)
    assert event.start.astimezone(UTC) == STARTS
    assert event["DTSTART"].params["TZID"] == NEW_YORK
    assert event["DTSTART"].to_ical() == b"20240327T140000"
    assert [str(zone["TZID"]) for zone in calendar.timezones] == [NEW_YORK]
    assert (event["SUMMARY"], event["STATUS"], event["SEQUENCE"]) == (
        "Safe elections", "CONFIRMED", 0,
    )  # fmt: skip
    assert str(event["DESCRIPTION"]).splitlines()[0] == "Organised by NLC and SCN."
    assert event["URL"] == f"{SITE}/activities/safe-elections"


def test_the_same_appointments_make_the_same_calendar() -> None:
    first, again = (calendar_of([appointment()], language_of("en"), SITE) for _ in range(2))

    assert first == again


def test_what_is_cancelled_or_moved_keeps_its_uid_and_counts_up() -> None:
    first = event_of(appointment())
    moved = event_of(appointment(changes=1, planned_at=STARTS + timedelta(days=7)))
    cancelled = event_of(appointment(changes=2, outcome="cancelled"))

    assert first["UID"] == moved["UID"] == cancelled["UID"]
    assert moved.start - first.start == timedelta(days=7)
    assert (moved["SEQUENCE"], moved["STATUS"]) == (1, "CONFIRMED")
    assert (cancelled["SEQUENCE"], cancelled["STATUS"]) == (2, "CANCELLED")
    assert cancelled["DTSTAMP"].dt > first["DTSTAMP"].dt


def test_a_sitting_that_was_held_stands_from_when_it_began_to_when_it_ended() -> None:
    event = event_of(
        appointment(outcome="held", began=STARTS, ended=STARTS + timedelta(minutes=50))
    )

    assert event.end - event.start == timedelta(minutes=50)


def test_a_sitting_that_is_to_come_ends_after_as_long_as_was_announced() -> None:
    event = event_of(replace(appointment(), minutes=90))
    assert event.end - event.start == timedelta(minutes=90)

    over_the_night_of_the_clocks = datetime(2024, 3, 10, 6, 30, tzinfo=UTC)
    event = event_of(replace(appointment(planned_at=over_the_night_of_the_clocks), minutes=60))
    assert event["DTEND"].to_ical() == b"20240310T033000"


@pytest.mark.parametrize(
    "state",
    [
        {"planned_at": None},
        {"outcome": "held", "began": STARTS},
        {"planned_at": None, "outcome": "held", "held_on": on_day(date(2024, 3, 27))},
    ],
)
def test_nothing_is_said_of_the_end_of_what_has_no_time_or_was_held(state: dict[str, Any]) -> None:
    assert "DTEND" not in event_of(replace(appointment(**state), minutes=90))


@pytest.mark.parametrize(
    "state",
    [
        {"planned_at": None},
        {"planned_on": None, "outcome": "held", "held_on": on_day(date(2024, 3, 27))},
    ],
)
def test_a_date_without_a_time_is_the_whole_day(state: dict[str, Any]) -> None:
    event = event_of(appointment(**{"planned_at": None, **state}))

    assert event["DTSTART"].to_ical() == b"20240327"
    assert event["DTSTART"].params["VALUE"] == "DATE"


def test_what_is_known_to_the_month_only_has_no_place_in_a_calendar() -> None:
    march = Dates(date(2024, 3, 1), date(2024, 3, 31))
    unknown = appointment(planned_on=None, planned_at=None, outcome="held", held_on=march)

    calendar = Calendar.from_ical(calendar_of([unknown], language_of("en"), SITE))

    assert calendar.events == []


def test_a_title_cannot_break_out_of_its_line() -> None:
    event = event_of(appointment(title="One, two;\nBEGIN:VALARM"))

    assert event["SUMMARY"] == "One, two;\nBEGIN:VALARM"
    assert event.subcomponents == []


def entry(version: int, **more: Any) -> Entry:
    values: dict[str, Any] = {
        "period": "2024-Q1",
        "version": version,
        "status": "final",
        "published_at": datetime(2024, 4, 10 + version, 12, tzinfo=UTC),
        "headline": "5 cities & <more>.",
        **more,
    }
    return Entry(**values)


def feed(*entries: Entry, code: str = "en") -> ElementTree.Element:
    now = datetime(2024, 6, 1, tzinfo=UTC)
    return ElementTree.fromstring(feed_of(entries, language_of(code), SITE, now))


def test_the_feed_tells_of_versions_the_last_one_first_with_all_that_atom_asks_for() -> None:
    found = feed(entry(1), entry(2, status="revised", note="W2's file came."), code="fr")

    for name in ("id", "title", "updated", "author"):
        assert found.find(f"{ATOM}{name}") is not None, name
    assert found.findtext(f"{ATOM}updated") == "2024-04-12T12:00:00Z"
    second, first = found.findall(f"{ATOM}entry")
    for each in (first, second):
        for name in ("id", "title", "updated", "summary"):
            assert each.findtext(f"{ATOM}{name}"), name
    assert second.findtext(f"{ATOM}title") == "Rapport T1 2024, version 2"
    assert second.findtext(f"{ATOM}summary") == "5 cities & <more>. W2's file came."
    links = {link.get("rel"): link.get("href") for link in first.findall(f"{ATOM}link")}
    assert links["alternate"] == f"{SITE}/reports/2024-Q1/v1?lang=fr"


def test_an_entry_keeps_its_id_in_every_language_and_wherever_the_site_moves() -> None:
    now = datetime(2024, 6, 1, tzinfo=UTC)
    ids = {
        ElementTree.fromstring(feed_of([entry(1)], language_of(code), site, now)).findtext(
            f"{ATOM}entry/{ATOM}id"
        )
        for code in ("en", "es")
        for site in (SITE, "https://elsewhere.example")
    }

    assert len(ids) == 1
    assert feed(entry(2)).findtext(f"{ATOM}entry/{ATOM}id") not in ids


def test_a_feed_of_nothing_is_a_feed() -> None:
    found = feed()

    assert found.findtext(f"{ATOM}updated") == "2024-06-01T00:00:00Z"
    assert found.findall(f"{ATOM}entry") == []
