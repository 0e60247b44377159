"""Civil dates: as stated, and as people at the place write them down."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from services.reporting.domain.dates import Dates, end_of_day, instant_of, local_date, stated_dates
from services.reporting.domain.period import parse_period, quarter_of


@pytest.mark.parametrize(
    ("local", "zone", "quarter", "fiscal"),
    [
        ("2024-03-31T21:00", "America/Los_Angeles", "2024-Q1", "NLC FY2024-Q2"),
        ("2024-12-31T20:30", "America/New_York", "2024-Q4", "NLC FY2025-Q1"),
        ("2024-10-01T08:00", "Asia/Karachi", "2024-Q4", "NLC FY2025-Q1"),
    ],
)
def test_a_thing_belongs_to_the_date_of_its_start_at_its_place(
    local: str, zone: str, quarter: str, fiscal: str
) -> None:
    instant = datetime.fromisoformat(local).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)

    found = quarter_of(local_date(instant, zone))

    assert (found.id, found.also) == (quarter, (fiscal,))


@pytest.mark.parametrize(
    ("stated", "quarter", "year"),
    [("2024-03-31", True, True), ("2024-03", True, True), ("2024", False, True)],
)
def test_a_month_lies_in_its_quarter_and_a_year_in_the_year_alone(
    stated: str, quarter: bool, year: bool
) -> None:
    on = stated_dates(stated)

    assert on.lies_in(parse_period("2024-Q1").dates) is quarter
    assert on.lies_in(parse_period("2024").dates) is year
    assert on.may_lie_in(parse_period("2024-Q1").dates)
    assert on.stated() == stated


def test_february_ends_where_it_ends() -> None:
    assert stated_dates("2024-02") == Dates(date(2024, 2, 1), date(2024, 2, 29))


def test_a_date_without_a_time_has_no_instant_and_a_skipped_time_still_has_one() -> None:
    assert instant_of("2024-03-27", "America/New_York") is None
    assert instant_of("2024-03-10T02:30", "America/New_York") == datetime(
        2024, 3, 10, 7, 30, tzinfo=UTC
    )


def test_a_day_is_over_at_midnight_of_its_place() -> None:
    assert end_of_day(date(2024, 3, 31), "America/Los_Angeles") == datetime(
        2024, 4, 1, 7, tzinfo=UTC
    )
