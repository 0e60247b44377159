"""Small numbers of people at occurrences: hidden alike everywhere, and given back by no sum."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from services.reporting.domain.breakdowns import breakdowns
from services.reporting.domain.dates import Dates
from services.reporting.domain.evidence import ITEMS, PEOPLE, Question, hidden_people
from services.reporting.domain.ground import Ground
from services.reporting.domain.knowledge import (
    Activity,
    CityPresence,
    Knowledge,
    OccurrenceState,
    Turnout,
)
from services.reporting.domain.lists import lists
from services.reporting.domain.occurrences import organisers_row
from services.reporting.domain.period import Period, parse_period
from services.reporting.domain.small_numbers import hidden_at
from services.reporting.reading import load_registry

REGISTRY = load_registry()
SHOWN_MIN = REGISTRY.parameters.people_shown_min
QUARTER, YEAR = parse_period("2024-Q1"), parse_period("2024")
KINDS = ("webinar", "workshop", "summit")
LEADS = (frozenset({"NLC"}), frozenset({"SCN"}), frozenset({"NLC", "SCN"}))


@st.composite
def grounds(draw: st.DrawFn) -> Ground:
    """Occurrences of a year, each with those who registered and those who came."""
    activities, states, turnouts, presences = {}, [], {}, []
    for number in range(draw(st.integers(2, 9))):
        name = f"a{number}"
        registered, attended = draw(st.integers(0, 12)), draw(st.integers(0, 12))
        both = draw(st.integers(0, min(registered, attended)))
        day = date(2024, draw(st.sampled_from([1, 2, 3, 5, 8, 11])), 10)
        start = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
        settled = start + timedelta(days=1) if draw(st.booleans()) else None
        cancelled = draw(st.sampled_from([False, False, False, True]))
        activities[name] = Activity(
            name, "a", draw(st.sampled_from(KINDS)), name, draw(st.sampled_from(LEADS))
        )
        states.append(
            OccurrenceState(
                name,
                "1",
                "UTC",
                planned_on=day,
                outcome="cancelled" if cancelled else "held",
                began=None if cancelled else start,
                ended=None if cancelled else start + timedelta(hours=1),
                final_roll_at=None if cancelled else settled,
            )
        )
        turnouts[(name, "1")] = Turnout(
            people=attended,
            attended=attended,
            attended_registered=both,
            positions=(("staff", attended),),
            registrations=registered,
        )
        if attended and not cancelled:
            city = draw(st.sampled_from(["lima-oh", "?open"]))
            presences.append(CityPresence(city, Dates(day, day), attended, 0, 0, (name, "1")))
    knowledge = Knowledge(
        activities=activities, occurrences=states, turnouts=turnouts, presences=presences
    )
    return Ground(knowledge, REGISTRY)


def shown(ground: Ground, period: Period, metric: str) -> dict[str, tuple[int, int | None]]:
    """What a viewer reads beside each occurrence of a figure: its count, and of how many."""
    question = Question(ground, period)
    items = ITEMS[metric](question)
    hidden = hidden_people(question, metric, items)
    return {item.key: (item.counted, item.of) for item in items if item.key not in hidden}


@settings(max_examples=150, deadline=None)
@given(ground=grounds())
def test_no_small_count_stands_beside_an_occurrence(ground: Ground) -> None:
    for period in (QUARTER, YEAR):
        for metric in PEOPLE:
            for count, of in shown(ground, period, metric).values():
                assert count == 0 or count >= SHOWN_MIN, metric
                assert of is None or of == 0 or of >= SHOWN_MIN, metric
                assert of is None or of - count == 0 or of - count >= SHOWN_MIN, metric


@settings(max_examples=150, deadline=None)
@given(ground=grounds())
def test_no_printed_sum_less_what_is_shown_leaves_a_single_hidden_count(ground: Ground) -> None:
    window = QUARTER.dates
    hidden = hidden_at(ground, window)
    attendance = {o.sitting: o for o in ground.held(window)}
    registered = {o.sitting: o for o in ground.within(window) if not o.cancelled}
    for occurrences, found in (
        (attendance, hidden.attendance),
        (registered, hidden.registrations),
    ):
        groups: dict[str, set[object]] = {"": set(occurrences)}
        for sitting, occurrence in occurrences.items():
            groups.setdefault(occurrence.activity.kind, set()).add(sitting)
            row = organisers_row(occurrence.activity.organisers)
            groups.setdefault(row, set()).add(sitting)
        for group in groups.values():
            assert len(group & found) != 1 or len(group) == 1


@settings(max_examples=100, deadline=None)
@given(ground=grounds())
def test_what_the_list_of_a_report_hides_its_evidence_hides_too(ground: Ground) -> None:
    for period in (QUARTER, YEAR):
        listed = lists(ground, period)["occurrences"]
        for metric in ("attendance", "registrations"):
            seen = shown(ground, period, metric)
            for each in listed:
                if each[f"{metric}_status"] == "Q":
                    assert f"{each['activity_id']}/1" not in seen


@settings(max_examples=100, deadline=None)
@given(ground=grounds())
def test_what_a_quarter_hides_no_year_shows(ground: Ground) -> None:
    for metric in ("attendance", "registrations", "attendance_rate", "attribution_rate"):
        of_year, of_quarter = shown(ground, YEAR, metric), shown(ground, QUARTER, metric)
        items = {item.key for item in ITEMS[metric](Question(ground, QUARTER))}
        assert not (items - of_quarter.keys()) & of_year.keys(), metric


@settings(max_examples=100, deadline=None)
@given(ground=grounds())
def test_no_year_less_its_other_quarters_gives_a_hidden_row_back(ground: Ground) -> None:
    def rows(window: Dates) -> Iterable[tuple[tuple[str, str, str], int | None]]:
        for metric in ("attendance", "registrations"):
            for dimension, counts in breakdowns(ground, window).rows[metric].items():
                if dimension != "country":
                    for row, count in counts.items():
                        yield (metric, dimension, row), count

    year = dict(rows(YEAR.dates))
    for quarter in ("2024-Q1", "2024-Q2", "2024-Q3", "2024-Q4"):
        for cell, count in rows(parse_period(quarter).dates):
            assert count is None or count == 0 or count >= SHOWN_MIN
            assert count is not None or year[cell] is None
