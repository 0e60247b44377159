"""Dates of both generations, in the zone that is told; what is unclear is refused."""

import pytest

from shared.importing.moments import Clock

NEW_YORK = Clock("America/New_York")


@pytest.mark.parametrize(
    "text",
    [
        "Mar 27, 2024 02:00:11 PM",
        "Mar 27, 2024 14:00:11",
        "March 27, 2024, 2:00:11 PM",
        "27 Mar 2024 14:00:11",
        "03/27/2024 02:00:11 PM",
        "3/27/2024 14:00:11",
        "03/27/2024 02:00:11\u202fPM",
        "03/27/24 14:00:11",
        "2024-03-27 14:00:11",
        "2024-03-27T14:00:11",
        "2024-03-27T18:00:11Z",
        "2024-03-27T18:00:11.000Z",
        "2024-03-27 18:00:11 UTC",
        "2024-03-27T20:00:11+02:00",
    ],
)
def test_every_way_of_writing_it_is_the_same_moment(text: str) -> None:
    assert NEW_YORK.instant(text).isoformat() == "2024-03-27T18:00:11+00:00"


@pytest.mark.parametrize(
    ("text", "hour"), [("12:00 AM", 0), ("12:30 AM", 0), ("12:00 PM", 12), ("1:05 PM", 13)]
)
def test_noon_and_midnight_of_the_twelve_hour_clock(text: str, hour: int) -> None:
    assert Clock("UTC").instant(f"03/27/2024 {text}").hour == hour


def test_the_day_may_stand_first_when_that_is_told() -> None:
    clock = Clock("Europe/Paris", day_first=True)
    assert clock.instant("03/04/2024 14:00").isoformat() == "2024-04-03T12:00:00+00:00"
    assert NEW_YORK.day("03/04/2024 14:00").isoformat() == "2024-03-04"
    with pytest.raises(ValueError, match="--dates day-first"):
        NEW_YORK.instant("27/03/2024 14:00")
    with pytest.raises(ValueError, match="--dates month-first"):
        clock.instant("03/27/2024 14:00")


def test_a_time_that_the_clocks_show_twice_or_skip_is_refused() -> None:
    with pytest.raises(ValueError, match=r"happens twice in America/New_York"):
        NEW_YORK.instant("11/03/2024 01:30:00 AM")
    with pytest.raises(ValueError, match=r"does not exist in America/New_York"):
        NEW_YORK.instant("03/10/2024 02:30:00 AM")
    assert Clock("UTC").instant("11/03/2024 01:30:00 AM")


@pytest.mark.parametrize(
    "text",
    ["", "soon", "14:00", "2024-03-27", "02/30/2024 10:00", "03/27/2024 13:00 PM",
     "03/27/2024 24:00", "Smarch 3, 2024 10:00", "3/27 10:00", "2024-03-27 10:61"],
)  # fmt: skip
def test_anything_else_is_no_time(text: str) -> None:
    with pytest.raises(ValueError, match=r"is|has no time"):
        NEW_YORK.instant(text)
