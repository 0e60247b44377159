"""Cities over time: identity, membership, eligibility, populations."""

from datetime import date

import pytest

from services.reporting.domain.cities import Cities
from services.reporting.domain.dates import on_day, stated_dates
from services.reporting.domain.knowledge import (
    City,
    CityPopulation,
    MembershipChange,
    Succession,
)
from services.reporting.domain.population import represented, size_class

JANUARY, MAY, DECEMBER = date(2024, 1, 1), date(2024, 5, 1), date(2024, 12, 31)


def city(city_id: str, within: str | None = None) -> City:
    return City(city_id, city_id.title(), "city", "US", within=within)


def succession(city_id: str, *successors: str, reason: str, on: str = "2024-05-01") -> Succession:
    return Succession(city_id, successors, reason, stated_dates(on))


def change(
    city_id: str, on: str, active: bool = True, network: str = "NLC", version: int = 1
) -> MembershipChange:
    return MembershipChange(city_id, network, active, stated_dates(on), f"city-{city_id}", version)


def test_a_second_entry_stands_for_the_city_at_all_times() -> None:
    cities = Cities([], successions=[succession("ghent", "gent", reason="duplicate")])

    assert cities.resolve("ghent", on_day(JANUARY)) == "gent"
    assert cities.lineage("ghent") == cities.lineage("gent") == "gent"


@pytest.mark.parametrize("entered_at", ["a", "b", "c"])
def test_a_circle_of_second_entries_ends_at_the_same_city_wherever_it_is_entered(
    entered_at: str,
) -> None:
    circle = [succession(x, y, reason="duplicate") for x, y in (("a", "b"), ("b", "c"), ("c", "a"))]

    assert Cities([], successions=circle).canonical(entered_at) == "a"


def test_a_rename_keeps_the_lineage_and_shows_the_name_valid_on_the_day() -> None:
    cities = Cities([], successions=[succession("old", "new", reason="rename")])

    assert cities.lineage("old") == "new"
    assert [cities.shown("new", day) for day in (JANUARY, MAY)] == ["old", "new"]
    assert cities.resolve("old", on_day(DECEMBER)) == "old"  # the same city either way
    assert not cities.gone("new", DECEMBER)


def test_names_taken_one_after_the_other_are_each_shown_in_their_time() -> None:
    cities = Cities(
        [],
        successions=[
            succession("first", "second", reason="rename", on="2024-03-01"),
            succession("second", "third", reason="rename", on="2024-09-01"),
        ],
    )

    shown = [cities.shown("third", day) for day in (JANUARY, MAY, DECEMBER)]

    assert shown == ["first", "second", "third"]


def test_a_merger_makes_another_city_from_its_day_on() -> None:
    cities = Cities([], successions=[succession("part", "whole", reason="merger")])

    assert cities.resolve("part", on_day(JANUARY)) == "part"
    assert cities.resolve("part", on_day(MAY)) == "whole"
    assert cities.lineage("part") == "part"
    assert [cities.left("part", day) for day in (JANUARY, MAY)] == [False, True]


def test_a_split_city_keeps_its_name_and_has_left() -> None:
    cities = Cities([], successions=[succession("whole", "east", "west", reason="split")])

    assert cities.resolve("whole", on_day(DECEMBER)) == "whole"
    assert cities.left("whole", DECEMBER)


def test_an_open_question_means_no_city_until_it_is_answered() -> None:
    cities = Cities([], references={"answered": "gent", "dismissed": None})

    assert cities.resolve("?answered", on_day(MAY)) == "gent"
    assert cities.resolve("?dismissed", on_day(MAY)) is None
    assert cities.resolve("?open", on_day(MAY)) is None


def test_a_membership_begins_and_ends_on_its_days() -> None:
    cities = Cities([], memberships=[change("a", "2024-01-01"), change("a", "2024-05-01", False)])

    assert cities.networks("a", JANUARY) == {"NLC"}
    assert cities.networks("a", date(2024, 4, 30)) == {"NLC"}
    assert cities.networks("a", MAY) == frozenset()
    assert cities.left("a", MAY)


def test_a_membership_dated_to_the_year_is_certain_on_its_last_day() -> None:
    cities = Cities([], memberships=[change("a", "2024")])

    assert cities.members("NLC", date(2024, 12, 30)) == frozenset()
    assert cities.members("NLC", DECEMBER) == {"a"}


def test_what_was_recorded_late_counts_by_its_own_date() -> None:
    cities = Cities(
        [],
        memberships=[
            change("a", "2024-05-01", False, version=1),
            change("a", "2023-01-01", True, version=2),
        ],
    )

    assert not cities.networks("a", MAY)


def test_a_renamed_member_stays_one_when_its_membership_is_written_anew() -> None:
    cities = Cities(
        [],
        successions=[succession("old", "new", reason="rename")],
        memberships=[
            change("old", "2020-01-01"),
            change("old", "2024-05-01", False, version=2),
            change("new", "2024-05-01"),
        ],
    )

    assert cities.members("NLC", DECEMBER) == {"new"}


def test_who_never_was_a_member_has_not_left() -> None:
    assert not Cities([city("a")]).left("a", DECEMBER)


def test_of_a_city_inside_an_engaged_county_only_the_county_is_counted() -> None:
    cities = Cities(
        [city("ward", "town"), city("town", "county"), city("county"), city("far")],
        [
            CityPopulation(name, "Census", 2023, n)
            for name, n in (("ward", 1), ("town", 20), ("county", 300), ("far", 4_000))
        ],
    )

    assert represented(["ward", "county", "far"], cities, MAY).total == 4_300
    assert represented(["ward", "town"], cities, MAY).total == 20
    assert represented(["ward"], cities, MAY).total == 1


def test_inside_a_county_of_unknown_population_the_cities_are_the_lower_bound() -> None:
    cities = Cities(
        [city("town", "county"), city("county")], [CityPopulation("town", "Census", 2023, 20)]
    )

    found = represented(["town", "county"], cities, MAY)

    assert (found.total, found.unknown) == (20, frozenset({"county"}))


def test_the_vintage_that_knows_most_cities_is_taken_and_the_newest_of_equals() -> None:
    rows = [CityPopulation("a", "Census", 2020, 1), CityPopulation("b", "Census", 2020, 2)]
    newer = [CityPopulation("a", "Census", 2023, 3), CityPopulation("b", "Census", 2023, 4)]

    assert Cities([], [*rows, *newer[:1]]).best_vintage() == ("Census", 2020)
    assert Cities([], [*rows, *newer]).best_vintage() == ("Census", 2023)
    assert Cities([]).best_vintage() is None


def test_cities_that_lie_within_each_other_do_not_go_round_for_ever() -> None:
    cities = Cities([city("a", "b"), city("b", "a")])

    assert cities.enclosing("a", MAY) == ["b"]


@pytest.mark.parametrize(
    ("population", "size"),
    [
        (9_999, "<10k"),
        (10_000, "10–<50k"),
        (99_999, "50–<100k"),
        (100_000, "100–<250k"),
        (999_999, "250k–<1M"),
        (1_000_000, "≥1M"),
        (None, "unknown"),
    ],
)
def test_a_city_has_one_size_class(population: int | None, size: str) -> None:
    assert size_class(population) == size
