"""What a report lists: cities by what they did, occurrences, works, themes by phase."""

import time
from dataclasses import replace
from typing import Any

import pytest

from services.reporting.domain.ground import Ground
from services.reporting.domain.knowledge import Knowledge, OccurrenceState
from services.reporting.domain.lists import lists, state_of
from services.reporting.domain.period import parse_period
from services.reporting.reading import load_registry
from tests.support.documents import golden, golden_knowledge, rich, rich_knowledge

MANY = 20_000
SECONDS_MAX = 5.0
"""Of the processor: it takes a quarter of one, and took sixteen when each was held beside all."""
CITIES = ("cities", "cities_not_repeated", "cities_left", "cities_lapsed", "members_not_engaged")


def names(document: dict[str, Any], listed: str) -> list[str]:
    return [city["name"] for city in document["lists"][listed]]


def of(document: dict[str, Any], listed: str, key: str, value: str) -> dict[str, Any]:
    found: dict[str, Any] = next(each for each in document["lists"][listed] if each[key] == value)
    return found


@pytest.mark.parametrize("document", [golden(), rich()], ids=["golden", "rich"])
def test_each_list_is_as_long_as_the_figure_that_counts_it(document: dict[str, Any]) -> None:
    counted = {
        "cities": "cities_engaged",
        "cities_not_repeated": "not_repeated",
        "cities_left": "left",
        "cities_lapsed": "lapsed",
    }

    for listed, metric in counted.items():
        not_named = document["figures"][metric]["detail"].get("not_named", 0)
        assert len(names(document, listed)) + not_named == document["figures"][metric]["value"]


def test_the_golden_quarter_engaged_five_cities_and_missed_one_member() -> None:
    document = golden()

    assert names(document, "cities") == [
        "Albuquerque",
        "Athens",
        "Columbus",
        "Franklin County",
        "The Hague",
    ]
    assert names(document, "members_not_engaged") == ["Golden Valley"]
    assert {city["came"] for city in document["lists"]["cities"]} == {"new"}


def test_a_city_says_what_it_is_and_in_which_ways_it_was_reached() -> None:
    albuquerque = of(golden(), "cities", "city_id", "albuquerque-nm")

    assert albuquerque == {
        "city_id": "albuquerque-nm",
        "name": "Albuquerque",
        "country": "US",
        "subdivision": "NM",
        "latitude": 35.0844,
        "longitude": -106.6504,
        "kind": "city",
        "population": 560_000,
        "size_class": "250k–<1M",
        "urban": "unknown",
        "network": "both",
        "came": "new",
        "ways": ["contributed"],
    }


def test_cities_are_told_apart_by_what_they_did_before() -> None:
    document = rich()
    came = {city["name"]: city["came"] for city in document["lists"]["cities"]}

    assert (came["Boise"], came["Austin"], came["Akron"]) == ("new", "returning", "reactivated")
    assert of(document, "cities", "city_id", "macon-ga")["ways"] == ["helped"]
    assert of(document, "cities", "city_id", "mombasa")["ways"] == ["attended", "named"]


def test_who_did_not_come_again_and_who_left_are_listed_with_their_last_quarter() -> None:
    document = rich()

    assert names(document, "cities_not_repeated") == ["Dubuque", "Laredo"]
    assert names(document, "cities_left") == ["Gary"]
    assert of(document, "cities_left", "city_id", "gary-in")["last_engaged"] == "2025-Q1"


def test_a_city_under_its_old_name_is_followed_up_under_its_new_one() -> None:
    lapsed = of(rich(), "cities_lapsed", "name", "Dubuque")

    assert (lapsed["city_id"], lapsed["last_engaged"]) == ("dubuque-ia", "2025-Q1")


def test_a_city_engaged_two_quarters_ago_is_not_among_members_never_engaged() -> None:
    knowledge = rich_knowledge()
    period = parse_period("2025-Q1")

    found = lists(Ground(knowledge, load_registry()), period)

    never = [city["city_id"] for city in found["members_not_engaged"]]
    assert "macon-ga" not in never
    assert "albany-ny" in never


def test_a_city_that_is_not_to_be_named_is_in_no_list() -> None:
    assert "hidden-city" not in str(rich()["lists"])


def test_a_city_nobody_has_described_yet_is_listed_by_its_id() -> None:
    knowledge = golden_knowledge()
    without = [city for city in knowledge.cities if city.city_id != "the-hague"]

    found = lists(
        Ground(replace(knowledge, cities=without), load_registry()), parse_period("2024-Q1")
    )

    (hague,) = (city for city in found["cities"] if city["city_id"] == "the-hague")
    assert hague["name"] is None
    assert (hague["kind"], hague["size_class"], hague["network"]) == ("unknown", "unknown", "SCN")


def test_every_occurrence_says_what_became_of_it() -> None:
    golden_states = {
        each["activity_id"]: each["state"] for each in golden()["lists"]["occurrences"]
    }
    rich_states = {each["activity_id"]: each["state"] for each in rich()["lists"]["occurrences"]}

    assert golden_states == {
        "w4": "not_counted",
        "w3": "cancelled",
        "w1": "held",
        "w2": "held",
    }
    assert rich_states["nobody-came"] == "not_counted"
    assert rich_states["no-word-yet"] == "scheduled"


def test_an_occurrence_outside_the_period_is_not_listed() -> None:
    assert "earlier" not in {each["activity_id"] for each in rich()["lists"]["occurrences"]}


def test_a_cancelled_occurrence_keeps_the_registrations_that_were_stated() -> None:
    cancelled = of(golden(), "occurrences", "activity_id", "w3")

    assert (cancelled["registrations"], cancelled["registrations_status"]) == (120, "A")
    assert (cancelled["attendance"], cancelled["attendance_status"]) == (None, None)


def test_attendance_that_has_not_come_is_missing_and_not_nought() -> None:
    awaited = of(rich(), "occurrences", "activity_id", "regional-hub")

    assert (awaited["attendance"], awaited["attendance_status"]) == (None, "O")


def test_attendance_that_may_still_change_is_provisional() -> None:
    knowledge = rich_knowledge()
    states = [
        replace(state, final_roll_at=None) if state.activity_id == "after-a-crisis" else state
        for state in knowledge.occurrences
    ]

    found = lists(
        Ground(replace(knowledge, occurrences=states), load_registry()), parse_period("2025-Q2")
    )

    (listed,) = (o for o in found["occurrences"] if o["activity_id"] == "after-a-crisis")
    assert (listed["attendance"], listed["attendance_status"]) == (26, "P")


def test_small_numbers_of_people_are_not_listed() -> None:
    document = golden()

    for each in document["lists"]["occurrences"]:
        if each["state"] == "held":
            assert (each["attendance"], each["attendance_status"]) == (None, "Q")


def test_a_hidden_number_of_people_is_not_given_back_by_the_sums_that_are_printed() -> None:
    """Of the sums by all, by kind and by organiser, none has a single hidden occurrence."""
    document = rich()
    listed = document["lists"]["occurrences"]

    for count in ("attendance", "registrations"):
        for key in (None, "kind", "organisers"):
            groups: dict[str | None, list[str]] = {}
            for each in listed:
                counted = each["state"] == "held" or count == "registrations"
                if counted and each["state"] != "cancelled":
                    groups.setdefault(each[key] if key else None, []).append(
                        each[f"{count}_status"]
                    )
            for name, statuses in groups.items():
                assert statuses.count("Q") != 1 or len(statuses) == 1, (count, key, name)


def test_occurrences_are_listed_in_the_order_of_their_days() -> None:
    on = [each["on"] for each in golden()["lists"]["occurrences"]]

    assert on == sorted(on)


def test_a_date_known_to_the_month_is_listed_as_it_was_stated() -> None:
    assert of(rich(), "occurrences", "activity_id", "march")["on"] == "2025-06"


def test_works_say_as_what_they_count_and_how_far_they_went() -> None:
    toolkit = of(rich(), "works", "resource_id", "toolkit-1")
    old = of(rich(), "works", "resource_id", "report-1")

    assert toolkit["counts"] == ["published", "shared"]
    assert (toolkit["editions"], toolkit["cities_delivered"]) == (4, 2)
    assert (toolkit["shared_with"], toolkit["shared_on"]) == ("NLC", "2025-04-12")
    assert (old["counts"], old["published_on"]) == (["shared"], "2023")


def test_a_work_dated_to_the_year_only_is_in_no_quarter() -> None:
    works = {each["resource_id"] for each in rich()["lists"]["works"]}

    assert works == {"toolkit-1", "brief-1", "report-1"}


def test_a_theme_is_split_by_the_one_phase_of_each_activity() -> None:
    matrix = rich()["lists"]["theme_by_phase"]

    assert matrix["hate"] == {"prevention": 2}
    assert matrix["unknown"] == {"unknown": 1}
    assert {theme: sum(phases.values()) for theme, phases in matrix.items()} == rich()[
        "breakdowns"
    ]["activities_held"]["theme"]


def test_an_activity_that_nobody_announced_is_listed_by_its_id() -> None:
    knowledge = golden_knowledge()
    unknown = OccurrenceState("w9", "1", "UTC", outcome="held", held_on=None)
    activities = {name: each for name, each in knowledge.activities.items() if name != "w1"}

    found = lists(
        Ground(
            replace(
                knowledge, activities=activities, occurrences=[*knowledge.occurrences, unknown]
            ),
            load_registry(),
        ),
        parse_period("2024-Q1"),
    )

    (w1,) = (each for each in found["occurrences"] if each["activity_id"] == "w1")
    assert (w1["title"], w1["kind"], w1["organisers"]) == ("w1", "other", "other")
    assert "w9" not in {each["activity_id"] for each in found["occurrences"]}


def test_a_sitting_that_broke_off_was_not_held() -> None:
    ground = Ground(golden_knowledge(), load_registry())
    states = {occurrence.activity.activity_id: occurrence for occurrence in ground.occurrences}

    assert state_of(states["w4"]) == "not_counted"
    assert state_of(states["w1"]) == "held"


def test_a_report_of_many_works_costs_each_work_and_not_each_pair_of_them() -> None:
    work = next(each for each in rich_knowledge().works if each.resource_id == "toolkit-1")
    works = [replace(work, resource_id=f"work-{number}") for number in range(MANY)]
    ground = Ground(Knowledge(works=works), load_registry())
    started = time.thread_time()

    listed = lists(ground, parse_period("2025-Q2"))

    assert len(listed["works"]) == MANY
    assert time.thread_time() - started < SECONDS_MAX
