"""The golden quarter: every number of both versions, and none that a wrong build would show."""

import pytest
from reporting_book import golden_quarter
from reporting_desk import Desk

from tests.support.documents import golden

V1, V2 = "2024-04-10T12:00", "2024-04-21T12:00"


@pytest.mark.parametrize(
    ("metric", "first", "second"),
    [
        ("webinars_held", (2, "A"), (2, "A")),
        ("attendance", (4, "P"), (6, "A")),
        ("attendees_unique", (4, "P"), (5, "A")),
        ("cities_engaged", (4, "P"), (5, "A")),
        ("population_represented", (2_040_000, "P"), (2_435_000, "A")),
        ("attribution_rate", (75.0, "P"), (83.3, "A")),
        ("coverage", (2, "P"), (2, "A")),
        ("coverage_states", (2, "P"), (2, "A")),
        ("completeness", (50.0, "P"), (100.0, "A")),
        ("timeliness", (50.0, "P"), (50.0, "A")),
    ],
)
async def test_the_golden_quarter_shows_this_figure_in_both_versions(
    desk: Desk, metric: str, first: tuple[float, str], second: tuple[float, str]
) -> None:
    await desk.given(golden_quarter())

    shown = [(await desk.report(known_at=moment))["figures"][metric] for moment in (V1, V2)]

    assert [(figure["value"], figure["status"]) for figure in shown] == [first, second]


async def test_its_members_are_counts_because_the_base_is_small(desk: Desk) -> None:
    await desk.given(golden_quarter())

    for moment in (V1, V2):
        figure = (await desk.report(known_at=moment))["figures"]["member_share"]
        assert figure["value"] is None
        assert figure["detail"]["NLC"] == {"engaged": 3, "members": 4, "percent": None}


async def test_its_webinars_are_one_joint_and_one_of_nlc_and_the_cancelled_one_is_told(
    desk: Desk,
) -> None:
    await desk.given(golden_quarter())

    for moment in (V1, V2):
        report = await desk.report(known_at=moment)
        assert report["breakdowns"]["webinars_held"]["organisers"] == {
            "joint": 1,
            "NLC": 1,
            "SCN": 0,
            "other": 0,
        }
        assert report["figures"]["webinars_held"]["detail"] == {
            "sessions": 2,
            "titles": 2,
            "cancelled": 1,
            "cancelled_registrations": 120,
        }


async def test_its_headline_says_what_is_missing_and_what_could_not_be_attributed(
    desk: Desk,
) -> None:
    await desk.given(golden_quarter())

    first, second = (await desk.report(known_at=V1), await desk.report(known_at=V2))

    assert first["headline"]["en"] == (
        "In Q1 2024 (1 January to 31 March 2024), NLC and SCN engaged 4 cities in 2 countries, "
        "held 2 webinars (1 joint, 1 NLC, 0 SCN) among 2 activities, and shared 0 resources. "
        "The engaged cities have 2,040,000 residents. "
        "Incomplete: 1 of 2 held occurrences awaits final attendance. "
        "Only 75% of attendance could be attributed to a city."
    )
    assert second["headline"]["en"] == (
        "In Q1 2024 (1 January to 31 March 2024), NLC and SCN engaged 5 cities in 2 countries, "
        "held 2 webinars (1 joint, 1 NLC, 0 SCN) among 2 activities, and shared 0 resources. "
        "The engaged cities have 2,435,000 residents."
    )
    assert first["notes"][0] == "1 of 2 held occurrences awaits final attendance."


async def test_its_cities_break_down_by_network_and_place(desk: Desk) -> None:
    await desk.given(golden_quarter())

    rows = (await desk.report(known_at=V2))["breakdowns"]["cities_engaged"]

    assert rows["network"] == {"NLC": 1, "SCN": 1, "both": 2, "neither": 1}
    assert rows["country"] == {"US": 4, "NL": 1}
    assert rows["subdivision"] == {"US-OH": 3, "NL-ZH": 1, "US-NM": 1}


async def test_a_report_of_the_same_state_differs_in_the_moment_alone(desk: Desk) -> None:
    await desk.given(golden_quarter())

    now, then = await desk.report(), await desk.report(known_at="2026-11-21T00:00")

    assert now.pop("known_at") != then.pop("known_at")
    assert now == then


async def test_told_without_a_database_it_is_the_same_quarter(desk: Desk) -> None:
    """What other tests compose from knowledge alone (tests/support/documents.py) stays true."""
    await desk.given(golden_quarter())

    counted = await desk.report(known_at=V2)

    told = golden()
    for part in ("period", "headline", "breakdowns", "suppressed", "data_quality", "figures"):
        assert told[part] == counted[part], part
