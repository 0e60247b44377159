"""Occurrences: held or not, joint or not, on time or not."""

from datetime import UTC, date, datetime, timedelta

import pytest

from services.reporting.domain.dates import stated_dates
from services.reporting.domain.duplicates import similarity
from services.reporting.domain.knowledge import Activity, OccurrenceState, Turnout
from services.reporting.domain.occurrences import (
    Occurrence,
    date_of,
    occurrences,
    organisers_row,
    start_of,
)
from services.reporting.domain.registry import Parameters
from services.reporting.reading import load_registry

PARAMETERS: Parameters = load_registry().parameters
BEGAN = datetime(2024, 3, 27, 18, tzinfo=UTC)
NEW_YORK = "America/New_York"


def state(minutes: int | None = 60, **more: object) -> OccurrenceState:
    window = (
        {} if minutes is None else {"began": BEGAN, "ended": BEGAN + timedelta(minutes=minutes)}
    )
    fields = {"planned_on": date(2024, 3, 27), "outcome": "held", **window, **more}
    return OccurrenceState("w1", "1", NEW_YORK, **fields)  # type: ignore[arg-type]


def complete(state: OccurrenceState, turnout: Turnout | None = None) -> Occurrence:
    turnouts = {state.sitting: turnout} if turnout else {}
    (found,) = occurrences([state], {}, turnouts, PARAMETERS)
    return found


@pytest.mark.parametrize(("minutes", "held"), [(8, False), (14, False), (15, True), (None, True)])
def test_a_sitting_of_known_length_is_held_from_fifteen_minutes_on(
    minutes: int | None, held: bool
) -> None:
    assert complete(state(minutes)).held is held


@pytest.mark.parametrize("outcome", ["cancelled", None])
def test_what_was_not_recorded_as_held_was_not(outcome: str | None) -> None:
    assert not complete(state(outcome=outcome)).held


@pytest.mark.parametrize(
    ("more", "turnout", "held"),
    [
        ({}, Turnout(), True),  # attendance unknown
        ({}, Turnout(people=1), True),  # joins so far, nothing final
        ({"final_roll_at": BEGAN}, Turnout(people=1), False),
        ({"final_roll_at": BEGAN}, Turnout(people=1, attended=1), True),
        ({"bare_count": 0}, Turnout(), False),
        ({"bare_count": 1}, Turnout(), True),
    ],
)
def test_where_attendance_is_known_somebody_must_have_come(
    more: dict[str, object], turnout: Turnout, held: bool
) -> None:
    assert complete(state(**more), turnout).held is held  # type: ignore[arg-type]


def test_a_city_named_as_present_is_somebody() -> None:
    assert complete(state(bare_count=0), Turnout(named=1)).held


def test_a_bare_count_stands_only_where_no_person_is_known() -> None:
    counted = state(bare_count=70)

    assert complete(counted).attendance == 70
    assert complete(counted, Turnout(people=3, attended=2)).attendance == 2


@pytest.mark.parametrize(
    ("recorded", "timely"),
    [
        (datetime(2024, 4, 7, 4, tzinfo=UTC), True),  # midnight in New York, ten days on
        (datetime(2024, 4, 7, 4, 0, 1, tzinfo=UTC), False),
        (None, False),
    ],
)
def test_attendance_is_in_time_until_ten_days_after_the_local_day(
    recorded: datetime | None, timely: bool
) -> None:
    assert complete(state(final_roll_at=recorded), Turnout(1, 1)).timely is timely


def test_the_date_is_that_of_the_actual_start_else_of_the_plan() -> None:
    planned = date(2024, 4, 2)

    assert date_of(state(planned_on=planned)) == stated_dates("2024-03-27")
    assert date_of(state(None, held_on=stated_dates("2024-03"), planned_on=planned)) == (
        stated_dates("2024-03")
    )
    assert date_of(state(None, outcome=None, planned_on=planned)) == stated_dates("2024-04-02")
    assert date_of(state(None, outcome=None, planned_on=None)) is None


def test_registrations_can_be_withdrawn_until_the_start_or_the_end_of_the_day() -> None:
    planned_at = datetime(2024, 3, 27, 17, tzinfo=UTC)

    assert start_of(state(planned_at=planned_at)) == BEGAN
    assert start_of(state(None, outcome=None, planned_at=planned_at)) == planned_at
    assert start_of(state(None, outcome=None)) == datetime(2024, 3, 28, 4, tzinfo=UTC)
    assert start_of(state(None, outcome=None, planned_on=None)) is None


@pytest.mark.parametrize(
    ("organisers", "row"),
    [
        ({"NLC", "SCN"}, "joint"),
        ({"NLC", "SCN", "other:isd"}, "joint"),
        ({"NLC", "other:isd"}, "NLC"),
        ({"SCN"}, "SCN"),
        ({"other:isd"}, "other"),
        (set(), "other"),
    ],
)
def test_organisers_are_a_partition(organisers: set[str], row: str) -> None:
    assert organisers_row(frozenset(organisers)) == row


def test_an_activity_not_announced_yet_has_its_id_for_a_title() -> None:
    assert complete(state()).activity == Activity("w1", "", "other", "w1", frozenset())


def test_titles_are_alike_word_by_word() -> None:
    assert similarity("Hate in our cities", "HATE, in our Cities!") == 1.0
    assert similarity("Hate in our cities", "Elections and youth") < 0.8
