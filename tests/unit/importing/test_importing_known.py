"""Which sitting a file speaks of, and in which quarters it counts."""

from datetime import date, datetime

import pytest

from shared.contracts.messages.events import GiveHelp, HoldActivity, RescheduleActivity
from shared.contracts.values import CityReference
from shared.importing.drafting import Draft
from shared.importing.known import KnownActivity, KnownOccurrence, occurrence_of
from shared.importing.periods import quarters_of
from shared.importing.reading import FileRefused

NOW = datetime.fromisoformat("2024-04-02T09:00:00Z")


def known(**starts: str) -> KnownActivity:
    sittings = {
        name: KnownOccurrence(name, "planned", start, "America/Los_Angeles")
        for name, start in starts.items()
    }
    return KnownActivity(
        "w1", "webinar", "W1", ("NLC",), "America/Los_Angeles", 45, ("demo",), sittings
    )


def test_the_only_sitting_is_meant_and_of_several_the_one_of_the_day() -> None:
    assert occurrence_of(None, None, None) == "1"
    assert occurrence_of(known(a="2024-03-27T14:00"), None, None) == "a"
    several = known(a="2024-03-27T14:00", b="2024-04-03T14:00")
    assert occurrence_of(several, None, date(2024, 4, 3)) == "b"
    assert occurrence_of(several, "a", date(2024, 4, 3)) == "a"


@pytest.mark.parametrize("on", [None, date(2024, 5, 1), date(2024, 3, 27)])
def test_of_several_on_no_day_or_on_the_same_one_the_choices_are_told(on: date | None) -> None:
    several = known(a="2024-03-27T14:00", b="2024-03-27T16:00")
    with pytest.raises(FileRefused, match=r"--occurrence, such as a \(2024-03-27\)"):
        occurrence_of(several, None, on)


def test_a_quarter_is_that_of_the_local_day() -> None:
    held = HoldActivity(
        activity_id="w1",
        started_at=datetime.fromisoformat("2024-03-31T21:00:00-07:00"),
        ended_at=datetime.fromisoformat("2024-03-31T21:45:00-07:00"),
    )
    assert quarters_of([Draft(held, NOW)], {"w1": known(a="2024-03-31T21:00")}) == ["2024-Q1"]
    assert quarters_of([Draft(held, NOW)], {}) == ["2024-Q2"]  # nobody knows its zone


def test_what_moves_touches_both_quarters() -> None:
    moved = RescheduleActivity(activity_id="w1", occurrence="a", starts_at="2024-04-03T14:00")
    assert quarters_of([Draft(moved, NOW)], {"w1": known(a="2024-03-27T14:00")}) == [
        "2024-Q1",
        "2024-Q2",
    ]


def test_a_year_is_in_no_quarter() -> None:
    def help_given(on: str) -> Draft:
        city = CityReference(city_id="athens-oh")
        return Draft(GiveHelp(city=city, network="NLC", on=on), NOW)

    assert quarters_of([help_given("2024"), help_given("2023-12")], {}) == ["2023-Q4"]
