"""A calendar announces activities, moves their sittings and calls them off."""

from collections.abc import Mapping
from datetime import date

import pytest

from shared.importing import calendars, planning
from shared.importing.known import KnownActivity, KnownOccurrence
from shared.importing.mapping import Mapping as Words
from shared.importing.mapping import mapping_of
from shared.importing.reading import FileRefused, Reading
from tests.support.importing import messages, text

CALENDAR = text("calendar.ics")
UNTIL = date(2025, 1, 1)
ELECTIONS = "safe-elections-2024-example-org"
HOURS = "office-hours-example-org"


def read(
    said: str = CALENDAR,
    known: Mapping[str, KnownActivity] | None = None,
    words: Words | None = None,
    zone: str | None = None,
    source: str = "demo",
) -> Reading:
    words = words or Words()
    appointments = calendars.Reader(UNTIL, words, zone).appointments(said)
    return planning.read(appointments, known or {}, planning.Announcing(source, words))


def event(*lines: str) -> str:
    body = ["UID:a@example.org", "DTSTAMP:20240201T120000Z", "SUMMARY:A", "CATEGORIES:Webinar,NLC"]
    told = {line.split(":")[0] for line in lines}
    kept = [line for line in body if line.split(":")[0] not in told]
    inside = "\n".join([*kept, *lines])
    return f"BEGIN:VCALENDAR\nVERSION:2.0\nBEGIN:VEVENT\n{inside}\nEND:VEVENT\nEND:VCALENDAR\n"


NEW_YORK_14 = "DTSTART;TZID=America/New_York:20240327T140000"


def as_known(reading: Reading, source: str = "demo") -> dict[str, KnownActivity]:
    """Return what Tandem knows once the drafts of a reading are recorded."""
    found = {}
    cancelled = {
        (each.activity_id, each.occurrence)
        for each in messages(reading.drafts, "activity_cancelled")
    }
    for each in messages(reading.drafts, "activity_scheduled"):
        sittings = each.occurrences or [("1", each.starts_at)]
        pairs = [s if isinstance(s, tuple) else (s.occurrence, s.starts_at) for s in sittings]
        found[each.activity_id] = KnownActivity(
            each.activity_id,
            each.kind,
            each.title,
            each.organisers,
            each.time_zone,
            each.duration_minutes,
            (source,),
            {
                name: KnownOccurrence(
                    name,
                    "cancelled" if (each.activity_id, name) in cancelled else "planned",
                    starts_at,
                    each.time_zone,
                )
                for name, starts_at in pairs
            },
        )
    return found


def test_an_event_is_announced_in_the_zone_of_its_calendar() -> None:
    elections, *_ = messages(read().drafts, "activity_scheduled")
    assert elections.activity_id == ELECTIONS
    assert (elections.starts_at, elections.time_zone) == ("2024-03-27T14:00", "America/New_York")
    assert elections.title == "Safe elections, safe cities"
    assert (elections.kind, elections.organisers) == ("webinar", ("NLC", "SCN"))
    assert elections.duration_minutes == 60


def test_a_rule_is_laid_out_with_what_is_excluded_moved_and_called_off() -> None:
    reading = read()
    [hours] = [e for e in messages(reading.drafts, "activity_scheduled") if e.activity_id == HOURS]
    assert [(each.occurrence, each.starts_at) for each in hours.occurrences] == [
        ("2024-02-26-1000", "2024-02-26T10:00"),
        ("2024-03-11-1000", "2024-03-12T11:00"),
        ("2024-03-18-1000", "2024-03-18T10:00"),
    ]
    [cancelled] = messages(reading.drafts, "activity_cancelled")
    assert (cancelled.activity_id, cancelled.occurrence) == (HOURS, "2024-03-18-1000")


def test_an_event_of_three_days_has_a_sitting_a_day() -> None:
    summit = messages(read().drafts, "activity_scheduled")[-1]
    assert [each.starts_at for each in summit.occurrences] == [
        "2024-05-20",
        "2024-05-21",
        "2024-05-22",
    ]


def test_the_same_calendar_again_says_nothing() -> None:
    again = read(known=as_known(read()))
    assert again.drafts == ()
    assert again.people == {"activities as they stand already": 3}


def test_a_changed_start_moves_the_sitting() -> None:
    moved = CALENDAR.replace("20240327T140000", "20240403T140000").replace(
        "20240327T150000", "20240403T150000"
    )
    reading = read(moved, as_known(read()))
    [rescheduled] = messages(reading.drafts)
    assert (rescheduled.TYPE, rescheduled.occurrence) == (
        "tandem.events.activity_rescheduled.v1",
        "1",
    )
    assert rescheduled.starts_at == "2024-04-03T14:00"


def test_a_called_off_event_is_cancelled_once() -> None:
    off = CALENDAR.replace("SUMMARY:Safe", "STATUS:CANCELLED\nSUMMARY:Safe")
    known = as_known(read())
    [cancelled] = messages(read(off, known).drafts)
    assert (cancelled.activity_id, cancelled.occurrence) == (ELECTIONS, "1")
    assert read(off, as_known(read(off))).drafts == ()


def test_a_sitting_taken_out_of_the_rule_later_is_called_off() -> None:
    known = as_known(read())
    excluded = "EXDATE;TZID=America/New_York:"
    out = CALENDAR.replace(excluded, f"{excluded}20240226T100000,")
    cancelled = messages(read(out, known).drafts)
    assert [each.occurrence for each in cancelled] == ["2024-02-26-1000"]


def test_what_was_held_stays_where_it_was() -> None:
    known = as_known(read())
    held = KnownOccurrence("1", "held", "2024-03-27T14:00", "America/New_York")
    was = known[ELECTIONS]
    known[ELECTIONS] = KnownActivity(
        was.activity_id, was.kind, was.title, was.organisers, was.time_zone,
        was.duration_minutes, was.sources, {"1": held},
    )  # fmt: skip
    moved = CALENDAR.replace("20240327T140000", "20240403T140000").replace(
        "20240327T150000", "20240403T150000"
    )
    reading = read(moved, known)
    assert reading.drafts == ()
    assert reading.notes == {"sittings that stay as they are: held already": 1}


def test_a_new_title_is_announced_anew_by_the_same_source_alone() -> None:
    renamed = CALENDAR.replace("SUMMARY:Safe elections", "SUMMARY:Safer elections")
    [again] = messages(read(renamed, as_known(read())).drafts)
    assert again.title == "Safer elections, safe cities"
    assert read(renamed, as_known(read(), source="crm")).drafts == ()


def test_an_activity_of_another_source_is_claimed_by_who_leads_it_too() -> None:
    nlc_only = CALENDAR.replace("CATEGORIES:Webinar,NLC,SCN", "CATEGORIES:Webinar,NLC")
    known = as_known(read(nlc_only), source="crm")
    [claim] = messages(read(known=known).drafts)
    assert claim.organisers == ("NLC", "SCN")


def test_our_own_calendar_comes_back_as_the_activities_it_shows() -> None:
    own = event("UID:w1.2@tandem", NEW_YORK_14)
    [scheduled] = messages(read(own).drafts)
    assert scheduled.activity_id == "w1"
    assert [each.occurrence for each in scheduled.occurrences] == ["2"]


@pytest.mark.parametrize(
    ("tzid", "zone"),
    [
        ("America/New_York", "America/New_York"),
        ("Eastern Standard Time", "America/New_York"),
        ("/example.org/Olson_2024/Europe/Paris", "Europe/Paris"),
        ("Office", "Africa/Nairobi"),
    ],
)
def test_zones_become_those_of_the_iana(tzid: str, zone: str) -> None:
    words = mapping_of(b'[time_zones]\nOffice = "Africa/Nairobi"\n')
    said = event(f"DTSTART;TZID={tzid}:20240327T140000")
    [scheduled] = messages(read(said, words=words).drafts)
    assert (scheduled.time_zone, scheduled.starts_at) == (zone, "2024-03-27T14:00")


def test_utc_tells_no_local_day_so_that_a_zone_is_needed() -> None:
    said = event("DTSTART:20240401T040000Z")
    with pytest.raises(FileRefused, match="give --time-zone"):
        read(said)
    [scheduled] = messages(read(said, zone="America/Los_Angeles").drafts)
    assert scheduled.starts_at == "2024-03-31T21:00"


def test_a_rule_keeps_its_time_on_the_wall_when_the_clocks_change() -> None:
    said = event(NEW_YORK_14.replace("0327", "0304"), "RRULE:FREQ=WEEKLY;COUNT=3")
    [scheduled] = messages(read(said).drafts)
    assert [each.starts_at for each in scheduled.occurrences] == [
        "2024-03-04T14:00",
        "2024-03-11T14:00",
        "2024-03-18T14:00",
    ]


@pytest.mark.parametrize(
    ("lines", "problem"),
    [
        ([NEW_YORK_14, "RRULE:FREQ=DAILY;COUNT=500"], None),
        ([NEW_YORK_14, "RRULE:FREQ=SECONDLY"], "recurs SECONDLY"),
        ([NEW_YORK_14, "RRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30"], "days that do not exist"),
        ([NEW_YORK_14, "RRULE:FREQ=DAILY;BYYEARDAY=366;BYMONTH=1"], "not YEARLY"),
        ([NEW_YORK_14, "RRULE:FREQ=DAILY;BYSETPOS=2"], "BYSETPOS"),
        ([NEW_YORK_14, "RRULE:FREQ=DAILY;INTERVAL=0"], "INTERVAL below 1"),
        (["DTSTART;TZID=Nowhere:20240327T140000"], "is no IANA time zone"),
        (["DTSTART;TZID=America/New_York:20240310T023000"], "does not exist"),
        (["DTSTART;VALUE=DATE:20240327"], "give --time-zone"),
        ([NEW_YORK_14, "DTEND;TZID=America/New_York:20240327T130000"], "ends before it starts"),
        ([NEW_YORK_14, "SUMMARY:"], "has no SUMMARY"),
        ([NEW_YORK_14, "UID:"], "has no UID"),
        ([NEW_YORK_14, "CATEGORIES:NLC"], "tells no kind"),
        ([NEW_YORK_14, "CATEGORIES:Webinar"], "tells no organiser"),
        ([], "has no DTSTART"),
    ],
)
def test_what_cannot_be_planned_is_refused_with_its_event(
    lines: list[str], problem: str | None
) -> None:
    if problem is None:  # up to the day that is told, and no further
        [scheduled] = messages(read(event(*lines)).drafts)
        assert scheduled.occurrences[-1].starts_at == "2025-01-01T14:00"
        return
    with pytest.raises(FileRefused, match=problem) as refused:
        read(event(*lines))
    assert str(refused.value).startswith("event 1 (")


def test_more_than_400_sittings_are_refused_with_the_limit() -> None:
    said = event(NEW_YORK_14.replace("2024", "2022"), "RRULE:FREQ=DAILY")
    with pytest.raises(FileRefused, match="more than 400 sittings"):
        read(said)


def test_a_zone_of_the_calendar_that_nobody_knows_is_refused() -> None:
    with pytest.raises(FileRefused, match=r"X-WR-TIMEZONE: TZID 'Mars'"):
        read(CALENDAR.replace("X-WR-TIMEZONE:America/New_York", "X-WR-TIMEZONE:Mars"))


def test_a_value_that_stumbles_the_parser_is_refused_like_any_other() -> None:
    with pytest.raises(FileRefused, match=r"no iCalendar file|event 1"):
        read(event("DTSTART;VALUE=DATE,PERIOD:20240327"))


@pytest.mark.parametrize(
    "said", ["", "BEGIN:VCALENDAR\n", "BEGIN:VEVENT\nEND:VEVENT\n", "Name,Email\n"]
)
def test_anything_else_is_no_calendar(said: str) -> None:
    with pytest.raises(FileRefused, match="no iCalendar file"):
        read(said)
