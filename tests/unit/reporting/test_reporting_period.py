"""Periods: names, days, neighbours, and when a report is settled."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.reporting.domain.dates import Dates, on_day, stated_dates
from services.reporting.domain.period import (
    Calendar,
    Period,
    Status,
    UnknownPeriod,
    parse_period,
    quarter_of,
    stretch_of,
    windows_around,
)
from services.reporting.reading import load_registry

PARAMETERS = load_registry().parameters
DAYS = st.dates(min_value=date(1901, 1, 1), max_value=date(2198, 12, 31))


@pytest.mark.parametrize(
    ("name", "first", "last", "also"),
    [
        ("2024-Q1", date(2024, 1, 1), date(2024, 3, 31), ("NLC FY2024-Q2",)),
        ("2024-Q4", date(2024, 10, 1), date(2024, 12, 31), ("NLC FY2025-Q1",)),
        ("FY2025-Q1", date(2024, 10, 1), date(2024, 12, 31), ("2024-Q4",)),
        ("NLC FY2024-Q2", date(2024, 1, 1), date(2024, 3, 31), ("2024-Q1",)),
        ("2024", date(2024, 1, 1), date(2024, 12, 31), ()),
        ("FY2024", date(2023, 10, 1), date(2024, 9, 30), ()),
    ],
)
def test_a_name_means_these_days_and_has_these_other_names(
    name: str, first: date, last: date, also: tuple[str, ...]
) -> None:
    period = parse_period(name)

    assert period.dates == Dates(first, last)
    assert period.also == also


def test_a_name_without_fy_is_counted_in_the_calendar_asked_for() -> None:
    assert parse_period("2025-Q1", Calendar.NLC) == parse_period("FY2025-Q1")
    assert parse_period("FY2025-Q1", Calendar.CIVIL).calendar is Calendar.NLC


@pytest.mark.parametrize("name", ["2024-Q5", "2024-Q0", "24-Q1", "Q1-2024", "", "1066-Q1", "2024-"])
def test_another_name_means_no_period(name: str) -> None:
    with pytest.raises(UnknownPeriod, match="names no period"):
        parse_period(name)


def test_the_period_before_is_of_the_same_kind_and_calendar() -> None:
    before = {name: parse_period(name).previous().id for name in ("2024-Q1", "FY2024-Q1", "FY2024")}

    assert before == {"2024-Q1": "2023-Q4", "FY2024-Q1": "FY2023-Q4", "FY2024": "FY2023"}


def test_a_quarter_rolls_over_four_and_a_year_over_none() -> None:
    assert parse_period("2024-Q1").rolling_four == Dates(date(2023, 4, 1), date(2024, 3, 31))
    assert parse_period("2024").rolling_four is None
    assert parse_period("2024-Q1").four_quarters_before == Dates(
        date(2023, 1, 1), date(2023, 12, 31)
    )


@given(day=DAYS, calendar=st.sampled_from(Calendar))
def test_every_day_lies_in_one_quarter_which_keeps_its_name(day: date, calendar: Calendar) -> None:
    quarter = quarter_of(day, calendar)

    assert quarter.dates.first <= day <= quarter.dates.last
    assert parse_period(quarter.id) == quarter
    assert quarter.previous().dates.last.toordinal() == quarter.dates.first.toordinal() - 1


@pytest.mark.parametrize(
    ("day", "status", "following"),
    [
        (date(2024, 4, 9), Status.OPEN, (Status.PROVISIONAL, date(2024, 4, 10))),
        (date(2024, 4, 10), Status.PROVISIONAL, (Status.FINAL, date(2024, 5, 15))),
        (date(2024, 5, 14), Status.PROVISIONAL, (Status.FINAL, date(2024, 5, 15))),
        (date(2024, 5, 15), Status.FINAL, None),
    ],
)
def test_a_report_is_open_then_provisional_after_10_days_then_final_after_45(
    day: date, status: Status, following: tuple[Status, date] | None
) -> None:
    period = parse_period("2024-Q1")

    assert period.status_on(day, PARAMETERS) is status
    assert period.next_release(day, PARAMETERS) == following


NEAR_DAYS = st.dates(date(2022, 1, 1), date(2026, 12, 31))
STATED = st.one_of(
    NEAR_DAYS.map(on_day),
    NEAR_DAYS.map(lambda day: stated_dates(f"{day:%Y-%m}")),
    NEAR_DAYS.map(lambda day: stated_dates(f"{day:%Y}")),
)


@given(stated=STATED, epoch=NEAR_DAYS, seen_from=NEAR_DAYS)
def test_no_window_of_a_report_tells_a_date_from_its_stretch(
    stated: Dates, epoch: date, seen_from: date
) -> None:
    stretch = stretch_of(stated, epoch)
    around = windows_around(stretch)

    for calendar in Calendar:
        quarter = quarter_of(seen_from, calendar)
        for period in (quarter, Period(calendar, quarter.year, None)):
            for window in (*period.windows, period.four_quarters_before):
                assert stated.lies_in(window) == stretch.lies_in(window) == (window in around)
            since = Dates(epoch, period.dates.last)
            assert stated.lies_in(since) == stretch.lies_in(since)
