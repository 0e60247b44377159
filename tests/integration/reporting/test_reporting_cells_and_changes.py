"""Evidence of a part: every row of every breakdown, every change and every list counts again."""

import json
from typing import Any

import pytest
from reporting_book import Book, golden_quarter
from reporting_desk import Desk
from test_reporting_evidence import METRICS, eventful_quarter

from services.reporting.domain.evidence import Against, UnknownComparison, UnknownRow
from services.reporting.domain.period import parse_period
from shared.contracts.resources import ResourceDelivered
from shared.contracts.values import CityPointer

QUARTERS = ["golden", "eventful"]


def quarter(name: str) -> Book:
    return golden_quarter() if name == "golden" else rich_quarter()


def rich_quarter() -> Book:
    """The eventful quarter, with themes, phases, positions, languages, deliveries."""
    book = eventful_quarter()
    book.webinar(
        "w8",
        "2024-02-06T10:00",
        themes=("hate", "elections"),
        phase="prevention",
        languages=("en", "fr"),
        delivery="online",
        organisers=["SCN"],
    ).held("w8", "2024-02-06T10:00", attendance=3)
    book.named("w8", "rome")
    for city in ("rome", "athens-oh"):
        book.tell(
            ResourceDelivered(
                resource_id="toolkit",
                city=CityPointer(city_id=city),
                channel="email",
                on="2024-02-20",
            )
        )
    return book


@pytest.mark.parametrize("name", QUARTERS)
@pytest.mark.parametrize("period", ["2024-Q1", "2024"])
async def test_every_row_of_every_breakdown_can_be_counted_again_from_its_items(
    desk: Desk, name: str, period: str
) -> None:
    await desk.given(quarter(name))
    document = await desk.report(period)
    cells = 0

    for metric, dimensions in document["breakdowns"].items():
        for dimension, rows in dimensions.items():
            for row, printed in rows.items():
                found = await desk.evidence(metric, period, filters={dimension: row})
                where = (metric, dimension, row)
                assert found["recounted"] == found["value"], where
                assert sum(item["counted"] for item in found["items"]) == found["value"], where
                assert printed in (None, found["value"]), where
                cells += 1

    assert cells > 40


@pytest.mark.parametrize("name", QUARTERS)
@pytest.mark.parametrize("period", ["2024-Q1", "2024-Q2", "2025-Q1"])
@pytest.mark.parametrize("against", list(Against))
async def test_every_change_can_be_counted_again_from_what_differs(
    desk: Desk, name: str, period: str, against: Against
) -> None:
    await desk.given(quarter(name))
    figures = (await desk.report(period))["figures"]
    compared = 0

    for metric in METRICS:
        try:
            found = (await desk.evidence(metric, period, against=against))["against"]
        except UnknownComparison:
            assert figures[metric]["year_change"] is None
            continue
        before = "previous" if against is Against.PREVIOUS else "year_before"
        change = "change" if against is Against.PREVIOUS else "year_change"
        assert found["value"] == found["recounted"] == figures[metric][before], metric
        assert found["change"] == found["recounted_change"] == figures[metric][change], metric
        if figures[metric]["unit"] != "percent" and found["change"] is not None:
            moved = sum(item.get("now", 0) - item.get("before", 0) for item in found["items"])
            assert moved == found["change"], metric
        compared += 1

    assert compared > 15


async def test_the_lists_of_a_report_are_the_items_of_its_figures(desk: Desk) -> None:
    await desk.given(rich_quarter())
    report = await desk.reports.report(parse_period("2024-Q1"), whole=True)
    lists: dict[str, Any] = json.loads(report.json)["lists"]

    async def cities(metric: str) -> set[str]:
        return {item["city"]["city_id"] for item in (await desk.evidence(metric))["items"]}

    for name, metric in (
        ("cities", "cities_engaged"),
        ("cities_not_repeated", "not_repeated"),
        ("cities_left", "left"),
        ("cities_lapsed", "lapsed"),
    ):
        assert {city["city_id"] for city in lists[name]} == await cities(metric), name
    held = [each["activity_id"] for each in lists["occurrences"] if each["state"] == "held"]
    items = (await desk.evidence("activities_held"))["items"]
    assert held == [item["activity_id"] for item in items]


async def test_the_ratio_of_attendance_names_both_of_its_sides(desk: Desk) -> None:
    await desk.given(rich_quarter())

    found = await desk.evidence("attendance_rate")

    sides = [(item["activity_id"], item["counted"], item["of"]) for item in found["items"]]
    assert sides == [("w7", 0, 0), ("w1", 2, 3), ("w2", 0, 1)]
    assert found["recounted"] == 50.0


async def test_rows_are_chosen_together_for_cities_and_one_at_a_time_for_people(
    desk: Desk,
) -> None:
    await desk.given(golden_quarter())

    found = await desk.evidence("cities_engaged", filters={"subdivision": "US-OH", "kind": "city"})

    assert [item["city"]["name"] for item in found["items"]] == ["Athens Oh", "Columbus Oh"]
    with pytest.raises(UnknownRow, match="one dimension at a time"):
        await desk.evidence("attendance", filters={"country": "US", "kind": "webinar"})
    with pytest.raises(UnknownRow, match="webinars_held has no rows by 'size_class'"):
        await desk.evidence("webinars_held", filters={"size_class": "<10k"})


async def test_a_change_tells_which_cities_came_and_which_did_not_come_again(desk: Desk) -> None:
    book = Book().city("lima-oh", "OH").city("waco-tx", "TX")
    book.helps("lima-oh", "2024-02-02").helps("waco-tx", "2024-05-02")
    await desk.given(book)

    found = await desk.evidence("cities_engaged", "2024-Q2", against=Against.PREVIOUS)

    told = [(item["city"]["city_id"], item["stands"]) for item in found["against"]["items"]]
    assert told == [("waco-tx", "only_now"), ("lima-oh", "only_before")]
    assert found["against"]["change"] == 0
    assert all(item["facts"] for item in found["against"]["items"])
