"""Evidence: every figure can be counted again from its items, and every item leads to facts."""

from typing import Any

import pytest
from reporting_book import Book, golden_quarter, somebody, span
from reporting_desk import Desk

from services.reporting.reading import load_registry
from shared.contracts.events import HelpGiven
from shared.contracts.membership import CityReferenceResolved

METRICS = tuple(load_registry().metrics)
DAY = "2024-03-20"


def eventful_quarter() -> Book:
    """The golden quarter, with what it lacks: works, help, a past, joins, registrations."""
    book = golden_quarter().on("2024-04-22T09:00")
    book.city("lima-oh", "OH", networks=["NLC"]).city("waco-tx", "TX", 140_000, networks=["SCN"])
    book.city("rome", "RM", country="IT")
    for city, day in (
        ("lima-oh", "2023-11-02"),
        ("waco-tx", "2023-11-02"),
        ("rome", "2023-05-05"),
        ("athens-oh", "2023-12-01"),
        ("waco-tx", "2024-03-03"),
    ):
        book.helps(city, day)
    book.work("toolkit", "SCN", "2024-02-01", "en", "fr").shares("toolkit", "NLC", "2024-02-10")
    book.webinar("w5", f"{DAY}T10:00").registers("w5", "p1", "q1", "q2", city="lima-oh")
    book.held("w5", f"{DAY}T10:00")
    begin, end = span(DAY, "10:00", "10:30")
    book.joins("w5", "p1", begin, "?unclear").goes("w5", "p1", end)
    book.tell(CityReferenceResolved(reference_id="unclear", city_id="lima-oh"))
    book.webinar("w6", f"{DAY}T12:00", kind="cohort_module").held("w6", DAY, attendance=12)
    book.registers("w1", "p1", "p4", "p10")
    book.webinar("w7", f"{DAY}T16:00").held("w7", f"{DAY}T16:00")
    book.roll(
        "w7",
        somebody("p1", "columbus-oh", span(DAY, "16:00", "17:00")),
        *(somebody(f"r{n}", "waco-tx", span(DAY, "16:00", "17:00")) for n in range(7)),
        somebody("late", None, span("2024-03-21", "16:00", "17:00")),
    )
    return book


@pytest.mark.parametrize("period", ["2024-Q1", "2024", "FY2024-Q2"])
async def test_every_figure_can_be_counted_again_from_its_evidence(desk: Desk, period: str) -> None:
    await desk.given(eventful_quarter())
    figures = (await desk.report(period))["figures"]

    for metric in METRICS:
        evidence = await desk.evidence(metric, period)
        assert evidence["recounted"] == evidence["value"] == figures[metric]["value"], metric


async def test_every_item_of_a_city_leads_to_facts_with_their_trace(desk: Desk) -> None:
    await desk.given(eventful_quarter())

    for metric in ("cities_engaged", "webinars_held", "resources_shared", "new"):
        for item in (await desk.evidence(metric))["items"]:
            assert item["facts"], (metric, item)
            assert all(len(fact["trace_id"]) == 32 for fact in item["facts"])


async def test_a_city_is_followed_from_its_touch_to_the_roll_and_its_source(desk: Desk) -> None:
    await desk.given(golden_quarter())

    items = (await desk.evidence("cities_engaged"))["items"]

    (hague,) = [item for item in items if item["city"]["city_id"] == "the-hague"]
    assert hague["touches"] == [
        {
            "way": "attended",
            "on": "2024-03-27",
            "activity_id": "w1",
            "occurrence": "1",
            "title": "w1",
        }
    ]
    assert [fact["part"] for fact in hague["facts"]] == ["announced", "held", "roll"]
    roll = hague["facts"][-1]
    assert (roll["ledger"], roll["stream"], roll["version"], roll["type"]) == (
        "events",
        "activity-w1",
        3,
        "events.attendance_recorded.v1",
    )
    assert roll["source"] == "webinar-platform"


async def test_help_is_followed_to_its_fact_alone(desk: Desk) -> None:
    await desk.given(Book().city("lima-oh").helps("lima-oh", "2024-02-02"))

    (item,) = (await desk.evidence("cities_engaged"))["items"]

    assert [fact["type"] for fact in item["facts"]] == [HelpGiven.TYPE]


async def test_small_counts_and_facts_of_single_people_are_kept_from_viewers(desk: Desk) -> None:
    await desk.given(eventful_quarter())

    for_viewers = await desk.evidence("attendance", everything=False)
    for_staff = await desk.evidence("attendance")

    def counts(document: dict[str, Any]) -> dict[str, Any]:
        return {item["activity_id"]: item["counted"] for item in document["items"]}

    assert counts(for_staff) == {"w1": 4, "w2": 2, "w5": 1, "w6": 12, "w7": 8}
    assert counts(for_viewers) == {"w1": None, "w2": None, "w5": None, "w6": 12, "w7": 8}
    assert for_viewers["items_suppressed"] == 3
    assert "participation-" not in str(for_viewers)
    assert "participation-" in str(for_staff)
    (live,) = [item for item in for_viewers["items"] if item["activity_id"] == "w5"]
    assert live["facts_of_people_withheld"]


async def test_breakdowns_hide_small_counts_of_people_and_one_more(desk: Desk) -> None:
    await desk.given(eventful_quarter())

    report = await desk.report()

    assert report["breakdowns"]["attendance"]["country"] == {
        "US": 13,
        "NL": 1,
        "unattributed": 13,
    }
    assert report["breakdowns"]["attendance"]["organisers"] == {
        "NLC": None,
        "SCN": 0,
        "joint": None,
        "other": 0,
    }
    assert report["suppressed"]["attendance"]["organisers"] == ["NLC", "joint"]
