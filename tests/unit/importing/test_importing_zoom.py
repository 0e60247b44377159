"""A report of Zoom says who registered and who was there; each person once, each time kept."""

from datetime import datetime

import pytest

from shared.importing import zoom
from shared.importing.mapping import Mapping, mapping_of
from shared.importing.reading import FileRefused
from shared.importing.tables import rows_of
from tests.support.importing import messages, read_zoom, text

WEBINAR = text("webinar.csv")


def test_rows_of_a_person_become_one_participant_with_each_time_kept() -> None:
    reading = read_zoom(WEBINAR)
    [record] = messages(reading.drafts, "attendance_recorded")
    people = {each.person.email: each for each in record.participants if each.person.email}
    ana = people["Ana.Ortiz@columbus.example.org"]
    assert [[f"{end:%H:%M}" for end in interval] for interval in ana.intervals] == [
        ["18:00", "18:40"],
        ["18:30", "18:50"],
    ]
    assert (ana.city.name, ana.city.country, ana.city.subdivision) == ("Columbus", "US", "OH")
    assert ana.position == "elected"
    assert ana.person.name == "Ana Ortiz"
    assert len(people["carla.dean@athens.example.org"].intervals) == 2


def test_who_did_not_come_is_registered_and_not_there() -> None:
    reading = read_zoom(WEBINAR)
    [record] = messages(reading.drafts, "attendance_recorded")
    registered = {each.person.email for each in messages(reading.drafts, "registration_received")}
    there = {each.person.email for each in record.participants}
    assert {"gil.noshow@goldenvalley.example.org", "jun.absent@columbus.example.org"} == (
        registered - {str(each) for each in there}
    )
    assert all(each.intervals for each in record.participants)


def test_a_withdrawn_registration_is_withdrawn_and_a_denied_one_is_none() -> None:
    reading = read_zoom(WEBINAR)
    [cancelled] = messages(reading.drafts, "registration_cancelled")
    assert cancelled.person.email == "hana.moved@athens.example.org"
    assert reading.ignored["registration denied"] == 1


def test_panelists_hosts_and_the_account_itself_are_no_attendees() -> None:
    [record] = messages(read_zoom(WEBINAR).drafts, "attendance_recorded")
    roles = {each.person.email or each.person.name: each.role for each in record.participants}
    assert roles["elena.ruiz@cabq.example.org"] == "panelist"
    assert roles["events@nlc.example.org"] == "staff"  # a host, and of the account
    assert roles["kim.staff@nlc.example.org"] == "staff"
    [record] = messages(read_zoom(WEBINAR, mapping=Mapping()).drafts, "attendance_recorded")
    roles = {each.person.email or each.person.name: each.role for each in record.participants}
    assert roles["events@nlc.example.org"] == "host"
    assert roles["kim.staff@nlc.example.org"] == "attendee"


def test_who_came_by_telephone_is_there_without_a_city() -> None:
    [record] = messages(read_zoom(WEBINAR).drafts, "attendance_recorded")
    [caller] = [each for each in record.participants if each.person.name == "1614***0142"]
    assert caller.role == "attendee"
    assert caller.city is None
    assert caller.person.email is None


def test_the_head_tells_when_it_was_held() -> None:
    [held] = messages(read_zoom(WEBINAR).drafts, "activity_held")
    assert held.started_at == datetime.fromisoformat("2024-03-27T14:00:11-04:00")
    assert held.ended_at == datetime.fromisoformat("2024-03-27T15:00:11-04:00")


def test_the_summary_counts_people_and_names_nobody() -> None:
    reading = read_zoom(WEBINAR)
    assert reading.people == {
        "registered": 9,
        "registered and did not come": 2,
        "registration cancelled": 1,
        "there as attendee": 6,
        "there by telephone": 1,
        "there as panelist": 1,
        "there as staff": 2,
    }
    assert (reading.rows, reading.used) == (17, 15)
    said = " ".join([*reading.people, *reading.notes, *reading.ignored])
    assert "example.org" not in said


def test_the_country_of_a_connection_is_nobody_s_city() -> None:
    said = WEBINAR.replace("Columbus,United States of America,Ohio", "Columbus,,Ohio")
    reading = read_zoom(said)
    [record] = messages(reading.drafts, "attendance_recorded")
    assert "Columbus" not in {each.city.name for each in record.participants if each.city}
    assert reading.notes["cities left out: no country is told with them"] == 4
    defaulted = read_zoom(said, mapping=mapping_of(b'[defaults]\ncountry = "US"\n'))
    [record] = messages(defaulted.drafts, "attendance_recorded")
    assert "Columbus" in {each.city.name for each in record.participants if each.city}


def test_a_custom_question_is_read_where_the_mapping_names_it() -> None:
    said = WEBINAR.replace("Organization,Job Title", "Organization,Which city do you work for?")
    said = said.replace("City,Country/Region", "Town,Country/Region")
    words = mapping_of(b'[columns]\ncity = "Which city do you work for?"\n')
    [record] = messages(read_zoom(said, mapping=words).drafts, "attendance_recorded")
    ana = next(each for each in record.participants if str(each.person.email).startswith("Ana"))
    assert ana.city.name == "Mayor"


def test_both_generations_of_headings_and_dates_are_read() -> None:
    reading = read_zoom(text("webinar-2020.csv"), mapping=Mapping())
    [held] = messages(reading.drafts, "activity_held")
    assert held.started_at == datetime.fromisoformat("2020-03-28T08:07:00-04:00")
    assert reading.people == {
        "registered": 2,
        "registered and did not come": 1,
        "there as attendee": 1,
        "there as host": 1,
        "there as panelist": 1,
    }


def test_a_meeting_report_has_people_without_addresses_and_a_waiting_room() -> None:
    reading = read_zoom(text("meeting.csv"))
    [record] = messages(reading.drafts, "attendance_recorded")
    ana = next(each for each in record.participants if each.person.name == "Ana Ortiz")
    assert len(ana.intervals) == 2  # came, lost the connection, came again
    assert ana.person.email is None  # known by the name alone, a weak identity
    assert reading.ignored == {"in the waiting room, not in the meeting": 1}
    assert messages(reading.drafts, "registration_received") == []
    [held] = messages(reading.drafts, "activity_held")
    assert (held.ended_at - held.started_at).total_seconds() == 45 * 60


def test_a_report_of_totals_is_refused_with_the_way_to_a_better_one() -> None:
    with pytest.raises(FileRefused, match="without `Show unique users`"):
        zoom.report_of(rows_of("Name (Original Name),User Email,Total Duration (Minutes),Guest\n"))


def test_another_file_is_no_report() -> None:
    with pytest.raises(FileRefused, match="this is no report of Zoom"):
        zoom.report_of(rows_of("Name,Email\nAnn,ann@example.org\n"))


def test_a_file_of_two_meetings_is_refused() -> None:
    said = (
        "Topic,Meeting ID,Name (Original Name),User Email,Join Time,Leave Time\n"
        "A,1,Ann,ann@example.org,2024-03-27 14:00:00,2024-03-27 15:00:00\n"
        "B,2,Ann,ann@example.org,2024-03-28 14:00:00,2024-03-28 15:00:00\n"
    )
    with pytest.raises(FileRefused, match="row 3, Meeting ID"):
        zoom.report_of(rows_of(said))


def test_each_row_that_cannot_be_read_is_named() -> None:
    lines = WEBINAR.splitlines()
    lines[15] = lines[15].replace("03/27/2024 02:00:30 PM", "11/03/2024 01:30:00 AM")
    lines[16] = lines[16].replace("02:03:40 PM", "01:03:40 PM")
    with pytest.raises(FileRefused) as refused:
        read_zoom("\n".join(lines))
    twice, before = (str(each) for each in refused.value.problems)
    assert twice.startswith("row 16, Join Time: 2024-11-03T01:30:00 happens twice in America/New")
    assert before == "row 17, Leave Time: lies before the join time, or a week behind it"


def test_who_is_still_there_at_the_end_left_at_the_end() -> None:
    said = WEBINAR.replace('"03/27/2024 02:45:00 PM"', "--")
    [record] = messages(read_zoom(said).drafts, "attendance_recorded")
    [caller] = [each for each in record.participants if each.person.name == "1614***0142"]
    assert caller.intervals[0][1] == datetime.fromisoformat("2024-03-27T15:00:11-04:00")


def test_a_head_that_counts_otherwise_is_noted() -> None:
    reading = read_zoom(WEBINAR.replace(",60,9,1,", ",60,12,1,"))
    assert "the head speaks of 12 registered, the rows of 9" in reading.notes


def test_registrations_alone_say_nothing_of_its_being_held() -> None:
    said = (
        "Registration Report\nTopic,Webinar ID,Start Time,Duration (minutes)\n"
        'Coming,812 3456 7890,"03/27/2026 02:00:00 PM",60\nAttendee Details\n'
        "First Name,Last Name,Email,Registration Time,Approval Status\n"
        'Ana,Ortiz,ana@example.org,"03/20/2024 09:00:00 AM",approved\n'
    )
    reading = read_zoom(said)
    assert [each.message.TYPE.split(".")[2] for each in reading.drafts] == ["registration_received"]
