"""An activity is announced, moved, called off, held, and cities and people are named with it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st

from services.events.domain.activity import DECIDER, Sitting
from shared.contracts.events import (
    ActivityClaimed,
    ActivityScheduled,
    AttendanceRecorded,
    CityAttended,
    CityContributed,
    Occurrence,
    OccurrenceCancelled,
    OccurrenceHeld,
    OccurrenceRescheduled,
    ParticipantFact,
)
from shared.contracts.messages.events import (
    AttendAsCity,
    CancelActivity,
    ContributeAsCity,
    GiveHelp,
    HoldActivity,
    Participant,
    RecordAttendance,
    RescheduleActivity,
    ScheduleActivity,
)
from shared.contracts.values import CityPointer, CityReference, Person
from shared.decider import PersonKey
from shared.errors import Refused
from tests.support.deciding import TUESDAY, assert_nothing_follows_twice, command, given

GENT = CityReference(city_id="gent")
GENT_POINTER = CityPointer(city_id="gent")
ANNA = Person(id="anna")
WEBINAR: dict[str, Any] = {
    "activity_id": "w1",
    "kind": "webinar",
    "title": "Responding to hate",
    "organisers": ("SCN",),
    "starts_at": "2024-03-20T14:00",
    "time_zone": "Europe/Brussels",
}
TWO_SITTINGS = (
    Occurrence(occurrence="1", starts_at="2024-03-20T14:00"),
    Occurrence(occurrence="2", starts_at="2024-03-21T14:00"),
)
SCHEDULE = ScheduleActivity(**WEBINAR)
SCHEDULED = ActivityScheduled(announced_by="crm", **WEBINAR)
COURSE = ActivityScheduled(announced_by="crm", **WEBINAR, occurrences=TWO_SITTINGS)
STARTED = datetime(2024, 3, 20, 13, 0, tzinfo=UTC)


def held(occurrence: str = "1", on: str = "2024-03-20") -> OccurrenceHeld:
    return OccurrenceHeld(activity_id="w1", occurrence=occurrence, on=on)


def cancelled(occurrence: str = "1", **more: Any) -> OccurrenceCancelled:
    return OccurrenceCancelled(activity_id="w1", occurrence=occurrence, **more)


def move(starts_at: str, time_zone: str | None = None, occurrence: str = "1") -> RescheduleActivity:
    return RescheduleActivity(
        activity_id="w1", occurrence=occurrence, starts_at=starts_at, time_zone=time_zone
    )


def moved(starts_at: str, time_zone: str = "Europe/Brussels") -> OccurrenceRescheduled:
    return OccurrenceRescheduled(
        activity_id="w1", occurrence="1", starts_at=starts_at, time_zone=time_zone
    )


def cancel(occurrence: str | None = None, registrations: int | None = None) -> CancelActivity:
    return CancelActivity(
        activity_id="w1", occurrence=occurrence, reason="storm", registrations=registrations
    )


def hold(on: str | None = "2024-03-20", **more: Any) -> HoldActivity:
    return HoldActivity(activity_id="w1", on=on, **more)


def attendance(final: bool = True, **more: Any) -> RecordAttendance:
    row = Participant(
        person=ANNA,
        role="attendee",
        city=GENT,
        position="elected",
        intervals=((STARTED, STARTED + timedelta(hours=1)),),
    )
    return RecordAttendance(activity_id="w1", final=final, participants=(row,), **more)


def test_an_activity_is_announced_by_the_system_that_says_it_first() -> None:
    assert given(DECIDER).when(SCHEDULE) == [SCHEDULED]


def test_an_announcement_carries_all_that_was_said() -> None:
    more: dict[str, Any] = {
        "duration_minutes": 90,
        "delivery": "online",
        "themes": ("hate", "youth"),
        "phase": "prevention",
        "languages": ("en",),
        "series": "s1",
        "occurrences": TWO_SITTINGS,
    }
    [fact] = given(DECIDER).when(ScheduleActivity(**WEBINAR, **more))
    assert fact == ActivityScheduled(announced_by="crm", **WEBINAR, **more)


def test_an_announcement_repeated_by_the_same_system_changes_nothing() -> None:
    assert given(DECIDER, SCHEDULED).when(SCHEDULE) == []


def test_the_same_system_may_announce_anew() -> None:
    retitled = SCHEDULE.model_copy(update={"title": "Responding to hate, together"})
    [fact] = given(DECIDER, SCHEDULED).when(retitled)
    assert fact == SCHEDULED.model_copy(update={"title": "Responding to hate, together"})


def test_another_system_that_publishes_the_same_activity_only_leads_it_too() -> None:
    said = SCHEDULE.model_copy(update={"title": "Hate", "organisers": ("NLC",)})
    [fact] = given(DECIDER, SCHEDULED).when(command(said, source="nlc-calendar"))
    assert fact == ActivityClaimed(
        activity_id="w1", claimed_by="nlc-calendar", organisers=("NLC",), title="Hate"
    )


def test_a_claim_repeated_changes_nothing() -> None:
    theirs = command(SCHEDULE, source="nlc-calendar")
    assert len(given(DECIDER, SCHEDULED).when(theirs, theirs)) == 1


def test_a_claim_of_other_organisers_is_another_claim() -> None:
    ours = SCHEDULE.model_copy(update={"organisers": ("NLC", "SCN")})
    claims = [command(said, source="nlc-calendar") for said in (SCHEDULE, ours)]
    assert len(given(DECIDER, SCHEDULED).when(*claims)) == 2


def test_after_a_claim_the_first_system_still_announces() -> None:
    retitled = SCHEDULE.model_copy(update={"title": "Hate, revisited"})
    facts = given(DECIDER, SCHEDULED).when(command(SCHEDULE, source="nlc-calendar"), retitled)
    assert [type(fact) for fact in facts] == [ActivityClaimed, ActivityScheduled]


def test_an_activity_without_occurrences_has_one() -> None:
    assert given(DECIDER, SCHEDULED).state.sittings == {
        "1": Sitting(starts_at="2024-03-20T14:00", time_zone="Europe/Brussels")
    }


def test_an_occurrence_moves_in_the_activitys_own_zone() -> None:
    assert given(DECIDER, SCHEDULED).when(move("2024-04-02T15:00")) == [moved("2024-04-02T15:00")]


def test_an_occurrence_moves_to_another_zone() -> None:
    [fact] = given(DECIDER, SCHEDULED).when(move("2024-03-20T14:00", "America/New_York"))
    assert fact == moved("2024-03-20T14:00", "America/New_York")


@pytest.mark.parametrize(
    "said", [move("2024-03-20T14:00"), move("2024-03-20T14:00", "Europe/Brussels")]
)
def test_an_occurrence_that_stands_there_already_does_not_move(said: RescheduleActivity) -> None:
    assert given(DECIDER, SCHEDULED).when(said) == []


def test_an_occurrence_may_move_back() -> None:
    there, back = move("2024-04-02T15:00"), move("2024-03-20T14:00")
    assert len(given(DECIDER, SCHEDULED).when(there, back)) == 2


def test_an_occurrence_that_nobody_announced_may_be_moved() -> None:
    [fact] = given(DECIDER, SCHEDULED).when(move("2024-04-02", occurrence="7"))
    assert fact == moved("2024-04-02").model_copy(update={"occurrence": "7"})


def test_an_occurrence_that_was_held_does_not_move() -> None:
    with pytest.raises(Refused, match="occurrence 1 of w1 was held, so it cannot move to 2024-04"):
        given(DECIDER, SCHEDULED, held()).when(move("2024-04-02"))


def test_an_occurrence_that_was_cancelled_does_not_move() -> None:
    with pytest.raises(Refused, match="occurrence 1 of w1 was cancelled, so it cannot move"):
        given(DECIDER, SCHEDULED, cancelled()).when(move("2024-04-02"))


@pytest.mark.parametrize(
    ("starts_at", "why"),
    [("2024-03-31T02:30", "does not exist"), ("2024-10-27T02:30", "happens twice")],
)
def test_an_occurrence_does_not_move_to_a_time_that_no_clock_tells(
    starts_at: str, why: str
) -> None:
    with pytest.raises(Refused, match=f"starts_at: {starts_at} {why} in Europe/Brussels"):
        given(DECIDER, SCHEDULED).when(move(starts_at))


def test_one_occurrence_is_called_off() -> None:
    [fact] = given(DECIDER, COURSE).when(cancel("2", registrations=40))
    assert fact == cancelled("2", reason="storm", registrations=40)


def test_a_whole_activity_is_called_off_and_its_registrations_are_told_once() -> None:
    assert given(DECIDER, COURSE).when(cancel(registrations=40)) == [
        cancelled("1", reason="storm", registrations=40),
        cancelled("2", reason="storm"),
    ]


def test_what_is_called_off_already_is_not_called_off_again() -> None:
    assert given(DECIDER, SCHEDULED, cancelled()).when(cancel("1"), cancel()) == []


def test_calling_off_an_activity_leaves_alone_what_was_held() -> None:
    [fact] = given(DECIDER, COURSE, held("1")).when(cancel(registrations=3))
    assert fact == cancelled("2", reason="storm", registrations=3)


def test_an_occurrence_that_was_held_cannot_be_called_off() -> None:
    with pytest.raises(Refused, match="occurrence 1 of w1 was held, so it cannot be cancelled"):
        given(DECIDER, COURSE, held("1")).when(cancel("1"))


def test_an_activity_that_was_held_as_a_whole_cannot_be_called_off() -> None:
    with pytest.raises(Refused, match="every occurrence of w1 was held, none can be cancelled"):
        given(DECIDER, COURSE, held("1"), held("2")).when(cancel())


def test_an_occurrence_is_held_within_its_actual_window() -> None:
    window: dict[str, Any] = {"started_at": STARTED, "ended_at": STARTED + timedelta(minutes=75)}
    [fact] = given(DECIDER, SCHEDULED).when(hold(on=None, attendance=58, **window))
    assert fact == OccurrenceHeld(activity_id="w1", occurrence="1", attendance=58, **window)


def test_an_occurrence_held_twice_in_the_same_words_is_held_once() -> None:
    assert given(DECIDER, SCHEDULED, held()).when(hold()) == []


def test_the_count_of_people_may_be_told_later() -> None:
    [fact] = given(DECIDER, SCHEDULED, held()).when(hold(attendance=58))
    assert fact == held().model_copy(update={"attendance": 58})


def test_what_was_called_off_and_held_after_all_was_held() -> None:
    facts = given(DECIDER, SCHEDULED, cancelled()).and_then(hold())
    assert facts.state.sitting("1").held == held()
    assert not facts.state.sitting("1").cancelled


@pytest.mark.parametrize("on", ["2024-03-27", "2024-03", "2024", "2024-03-26"])
def test_what_is_held_tomorrow_somewhere_on_earth_is_taken_today(on: str) -> None:
    assert len(given(DECIDER, SCHEDULED).when(hold(on=on))) == 1


@pytest.mark.parametrize("on", ["2024-03-28", "2024-04", "2025"])
def test_what_is_on_a_later_day_cannot_have_been_held(on: str) -> None:
    with pytest.raises(Refused, match="cannot have been held yet: it is 2024-03-26T09:00"):
        given(DECIDER, SCHEDULED).when(hold(on=on))


@pytest.mark.parametrize(("late", "refused"), [(0, False), (1, True)])
def test_what_ends_more_than_a_day_from_now_cannot_have_been_held(late: int, refused: bool) -> None:
    ends = TUESDAY + timedelta(days=1, seconds=late)
    said = hold(on=None, started_at=ends - timedelta(hours=1), ended_at=ends)
    if not refused:
        assert len(given(DECIDER, SCHEDULED).when(said)) == 1
        return
    with pytest.raises(Refused, match="cannot have been held yet"):
        given(DECIDER, SCHEDULED).when(said)


def test_an_attendance_file_holds_keys_and_cities_and_no_name() -> None:
    person = PersonKey("k1", weak=True, city_by_domain=CityPointer(reference_id="r9"))
    said = attendance(file_hash="sha256:0123")
    [fact] = given(DECIDER, SCHEDULED).when(command(said, people={ANNA: person}))
    assert fact == AttendanceRecorded(
        activity_id="w1",
        occurrence="1",
        final=True,
        file_hash="sha256:0123",
        participants=(
            ParticipantFact(
                person="k1",
                weak=True,
                role="attendee",
                city=GENT_POINTER,
                city_by_domain=CityPointer(reference_id="r9"),
                position="elected",
                intervals=((STARTED, STARTED + timedelta(hours=1)),),
            ),
        ),
    )


def test_a_participant_without_a_city_is_recorded_without_one() -> None:
    row = Participant(person=ANNA, role="host", intervals=())
    said = RecordAttendance(activity_id="w1", final=True, participants=(row,))
    [fact] = given(DECIDER, SCHEDULED).when(said)
    assert isinstance(fact, AttendanceRecorded)
    assert fact.participants[0].city is None


def test_the_same_file_handed_in_twice_is_one_file() -> None:
    assert len(given(DECIDER, SCHEDULED).when(attendance(), attendance())) == 1


def test_a_file_handed_in_again_after_another_one_is_still_known() -> None:
    first, second = attendance(file_hash="sha256:0001"), attendance(file_hash="sha256:0002")
    assert len(given(DECIDER, SCHEDULED).when(first, second, first)) == 2


def test_a_provisional_file_and_the_same_one_as_final_are_two() -> None:
    assert len(given(DECIDER, SCHEDULED).when(attendance(final=False), attendance())) == 2


def test_the_hash_of_a_file_does_not_hang_on_the_order_of_its_rows() -> None:
    rows = [Participant(person=Person(id=each), role="attendee", intervals=()) for each in "ab"]
    files = [
        RecordAttendance(activity_id="w1", final=True, participants=tuple(each))
        for each in (rows, rows[::-1])
    ]
    assert len(given(DECIDER, SCHEDULED).when(*files)) == 1


def test_files_of_two_occurrences_are_two() -> None:
    other = attendance().model_copy(update={"occurrence": "2"})
    assert len(given(DECIDER, COURSE).when(attendance(), other)) == 2


def test_a_city_is_named_as_having_taken_part() -> None:
    said = AttendAsCity(activity_id="w1", city=GENT, people=2)
    fact = CityAttended(activity_id="w1", occurrence="1", city=GENT_POINTER, people=2)
    assert given(DECIDER, SCHEDULED).when(said, said) == [fact]


def test_a_city_named_with_another_count_of_people_is_corrected() -> None:
    two, three = (AttendAsCity(activity_id="w1", city=GENT, people=n) for n in (2, 3))
    facts = given(DECIDER, SCHEDULED).when(two, three, three)
    assert [fact.people for fact in facts if isinstance(fact, CityAttended)] == [2, 3]


def test_a_city_named_without_a_count_is_known_as_well() -> None:
    said = AttendAsCity(activity_id="w1", city=GENT)
    assert len(given(DECIDER, SCHEDULED).when(said, said)) == 1


def test_a_city_spoke_and_hosted() -> None:
    spoke, hosted = (
        ContributeAsCity(activity_id="w1", city=GENT, contribution=each)
        for each in ("speaker", "host")
    )
    assert given(DECIDER, SCHEDULED).when(spoke, hosted, spoke) == [
        CityContributed(
            activity_id="w1", occurrence="1", city=GENT_POINTER, contribution=contribution
        )
        for contribution in ("speaker", "host")
    ]


def test_a_city_that_nobody_can_tell_is_named_by_its_question() -> None:
    said = AttendAsCity(activity_id="w1", city=CityReference(name="Athens", country="US"))
    [fact] = given(DECIDER, SCHEDULED).when(said)
    assert isinstance(fact, CityAttended)
    assert fact.city == CityPointer(reference_id="asked-athens")


def test_an_announcement_anew_keeps_what_happened_to_its_occurrences() -> None:
    retitled = SCHEDULE.model_copy(update={"title": "Responding to hate, together"})
    sitting = given(DECIDER, SCHEDULED, held()).and_then(retitled).state.sitting("1")
    assert sitting.held == held()


def test_an_activity_does_not_take_what_is_said_to_others() -> None:
    with pytest.raises(TypeError, match="GiveHelp is not a command for an activity"):
        given(DECIDER).when(GiveHelp(city=GENT, network="SCN", on="2024"))


OCCURRENCES = st.sampled_from(["1", "2"])
SAID = st.one_of(
    st.builds(
        move,
        st.sampled_from(["2024-03-20T14:00", "2024-04-02", "2024-03-31T02:30"]),
        st.sampled_from([None, "America/New_York"]),
        OCCURRENCES,
    ),
    st.builds(cancel, st.sampled_from([None, "1", "2"]), st.sampled_from([None, 3])),
    st.builds(hold, st.sampled_from(["2024-03-20", "2024", "2025"]), occurrence=OCCURRENCES),
    st.builds(attendance, st.booleans(), occurrence=OCCURRENCES),
    st.builds(
        AttendAsCity,
        activity_id=st.just("w1"),
        city=st.just(GENT),
        occurrence=OCCURRENCES,
        people=st.sampled_from([None, 2]),
    ),
    st.builds(
        ContributeAsCity,
        activity_id=st.just("w1"),
        city=st.just(GENT),
        contribution=st.sampled_from(["speaker", "host"]),
    ),
    st.builds(
        lambda title, source: command(SCHEDULE.model_copy(update={"title": title}), source=source),
        st.sampled_from(["Hate", "Hate, revisited"]),
        st.sampled_from(["crm", "nlc-calendar"]),
    ),
)


@for_all(st.lists(SAID, max_size=12))
def test_whatever_is_said_of_an_activity_nothing_follows_twice(said: list[object]) -> None:
    assert_nothing_follows_twice(DECIDER, [COURSE], said)
