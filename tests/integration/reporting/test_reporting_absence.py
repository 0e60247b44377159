"""Why a city is not counted: a sentence for each rule, and the fact that would change it."""

from datetime import UTC, datetime
from typing import Any

import pytest
from reporting_book import Book, golden_quarter, somebody, span
from reporting_desk import Desk

from services.reporting.domain.period import parse_period
from services.reporting.reading.records import UnknownRecord
from shared.contracts.membership import CityReferenceResolved, CitySucceeded
from shared.contracts.resources import ResourceDelivered
from shared.contracts.values import CityPointer

DAY = "2024-03-20"
LENGTH = span(DAY, "10:00", "11:00")


async def explained(desk: Desk, city: str, period: str = "2024-Q1") -> dict[str, Any]:
    return await desk.trails.absence(parse_period(period), city, everything=True)


async def rules(desk: Desk, city: str, period: str = "2024-Q1") -> list[str]:
    return [reason["rule"] for reason in (await explained(desk, city, period))["reasons"]]


def sitting(book: Book | None = None) -> Book:
    book = (book or Book()).city("lima-oh", "OH").city("waco-tx", "TX")
    return book.webinar("w9", f"{DAY}T10:00", title="Listening")


async def test_golden_valley_registered_only(desk: Desk) -> None:
    await desk.given(golden_quarter())

    found = await explained(desk, "golden-valley-mn")

    assert (found["engaged"], found["counted_by"]) == (False, [])
    registered, member = found["reasons"]
    assert registered["because"] == (
        "For w2 (2024-03-31) there is a registration only; that does not count."
    )
    assert registered["would_change"] == (
        "a final roll of w2 with at least 5 minutes of somebody, or city_attended"
    )
    assert [fact["part"] for fact in registered["facts"]] == [
        "announced",
        "registration",
        "held",
        "roll",
    ]
    assert member["because"] == "It is a member of NLC; membership alone does not count."


async def test_athens_counts_by_six_minutes_in_two_pieces(desk: Desk) -> None:
    await desk.given(golden_quarter())

    found = await explained(desk, "athens-oh")

    assert found["engaged"]
    (touch,) = found["counted_by"]
    assert (touch["way"], touch["activity_id"]) == ("attended", "w1")
    assert "roll" in [fact["part"] for fact in touch["facts"]]
    assert found["reasons"] == []


async def test_columbus_counts_and_its_broken_off_webinar_does_not(desk: Desk) -> None:
    await desk.given(golden_quarter())

    found = await explained(desk, "columbus-oh")

    assert [touch["activity_id"] for touch in found["counted_by"]] == ["w1", "w2"]
    assert [(reason["rule"], reason["activity_id"]) for reason in found["reasons"]] == [
        ("broke_off", "w4")
    ]


async def test_three_minutes_are_too_short(desk: Desk) -> None:
    book = sitting().held("w9", f"{DAY}T10:00")
    book.roll(
        "w9",
        somebody("p1", "lima-oh", span(DAY, "10:00", "10:03")),
        somebody("p2", "waco-tx", LENGTH),
    )
    await desk.given(book)

    (reason,) = (await explained(desk, "lima-oh"))["reasons"]

    assert (
        reason["because"]
        == "Somebody of the city was at Listening (2024-03-20), but under 5 minutes."
    )
    assert reason["would_change"] == ("a final roll of w9 with at least 5 minutes of somebody")


async def test_staff_never_attends(desk: Desk) -> None:
    book = sitting().held("w9", f"{DAY}T10:00")
    book.roll(
        "w9",
        somebody("p1", "lima-oh", LENGTH, role="staff"),
        somebody("p2", "waco-tx", LENGTH),
    )
    await desk.given(book)

    assert await rules(desk, "lima-oh") == ["role_only"]


async def test_watching_the_recording_is_not_attendance(desk: Desk) -> None:
    book = sitting().held("w9", f"{DAY}T10:00")
    book.roll(
        "w9",
        somebody("p1", "lima-oh", span(DAY, "12:00", "13:00")),
        somebody("p2", "waco-tx", LENGTH),
    )
    await desk.given(book)

    assert await rules(desk, "lima-oh") == ["recording_only"]


@pytest.mark.parametrize(
    ("rule", "ending"),
    [
        ("cancelled", lambda book: book.cancelled("w9")),
        ("not_held", lambda book: book),
        ("broke_off", lambda book: book.held("w9", f"{DAY}T10:00", minutes=8)),
    ],
)
async def test_what_was_not_held_does_not_count(desk: Desk, rule: str, ending: Any) -> None:
    await desk.given(ending(sitting().registers("w9", "p1", city="lima-oh")))

    (reason,) = (await explained(desk, "lima-oh"))["reasons"]

    assert reason["rule"] == rule
    assert "w9" in reason["would_change"]


async def test_a_sitting_known_to_have_been_empty_does_not_count(desk: Desk) -> None:
    book = sitting().registers("w9", "p1", city="lima-oh").held("w9", f"{DAY}T10:00")
    await desk.given(book.roll("w9", somebody("p2", None, LENGTH, role="host")))

    assert await rules(desk, "lima-oh") == ["empty"]


async def test_a_resource_alone_counts_more_broadly(desk: Desk) -> None:
    book = Book().city("lima-oh", "OH").work("toolkit", "SCN", "2024-01-05")
    book.tell(
        ResourceDelivered(
            resource_id="toolkit",
            city=CityPointer(city_id="lima-oh"),
            channel="email",
            on="2024-02-02",
        )
    )
    await desk.given(book)

    found = await explained(desk, "lima-oh")

    assert (found["engaged"], found["engaged_broadly"]) == (False, True)
    (reason,) = found["reasons"]
    assert reason["rule"] == "resources_only"
    assert reason["facts"][-1]["part"] == "delivery"


async def test_another_quarter_before_or_after_is_named(desk: Desk) -> None:
    book = Book().city("lima-oh", "OH").helps("lima-oh", "2024-02-02")
    await desk.given(book.helps("lima-oh", "2024-08-02"))

    found = await explained(desk, "lima-oh", "2024-Q2")

    assert found["reasons"][0]["because"] == (
        "It was engaged in 2024-Q1, 2024-Q3, and counts there."
    )


async def test_what_a_merged_city_does_counts_for_the_other(desk: Desk) -> None:
    book = Book().city("lima-oh", "OH").city("waco-tx", "TX")
    book.tell(
        CitySucceeded(city_id="lima-oh", successors=("waco-tx",), on="2024-02-01", reason="merger")
    )
    await desk.given(book.helps("lima-oh", "2024-03-03"))

    found = await explained(desk, "lima-oh")

    assert not found["engaged"]
    assert found["reasons"][0]["because"] == (
        "On 2024-02-01 it went over into Waco Tx, and counts there."
    )
    assert (await explained(desk, "waco-tx"))["engaged"]


async def test_a_second_entry_counts_under_the_other_id(desk: Desk) -> None:
    book = Book().city("lima-oh", "OH").city("lima-ohio", "OH").helps("lima-ohio", "2024-03-03")
    book.tell(
        CitySucceeded(
            city_id="lima-ohio", successors=("lima-oh",), on="2024-04-01", reason="duplicate"
        )
    )
    await desk.given(book)

    found = await explained(desk, "lima-ohio")

    assert found["engaged"]
    assert found["city"]["city_id"] == "lima-oh"
    assert [reason["rule"] for reason in found["reasons"]] == ["same_city"]


async def test_a_county_that_was_touched_counts_for_itself_only(desk: Desk) -> None:
    book = golden_quarter().city("dublin-oh", "OH", within="franklin-county-oh")
    await desk.given(book)

    found = await explained(desk, "dublin-oh")

    assert found["reasons"][0]["because"] == (
        "It lies in Franklin County Oh, which was engaged; that counts for Franklin County Oh only."
    )


async def test_people_of_a_city_that_nobody_has_told_may_be_its_own(desk: Desk) -> None:
    book = sitting().held("w9", f"{DAY}T10:00").roll("w9", somebody("p1", "?which", LENGTH))
    await desk.given(book)

    assert await rules(desk, "lima-oh") == ["nothing", "unanswered"]

    await desk.take(
        *book.tell(CityReferenceResolved(reference_id="which", city_id="lima-oh")).facts[-1:]
    )
    assert (await explained(desk, "lima-oh"))["engaged"]


async def test_of_an_id_that_no_city_has_it_is_said_so(desk: Desk) -> None:
    await desk.given(golden_quarter())

    assert await rules(desk, "atlantis") == ["not_registered"]


async def test_nothing_at_all_is_known_of_a_city(desk: Desk) -> None:
    await desk.given(Book().city("lima-oh", "OH"))

    assert await rules(desk, "lima-oh") == ["nothing"]


async def test_a_city_not_to_be_named_is_explained_to_staff_only(desk: Desk) -> None:
    await desk.given(Book().city("lima-oh", "OH", named=False).helps("lima-oh", "2024-02-02"))

    with pytest.raises(UnknownRecord, match="is not shown by name"):
        await desk.trails.absence(parse_period("2024-Q1"), "lima-oh")
    assert (await explained(desk, "lima-oh"))["engaged"]


async def test_as_known_before_the_roll_came_franklin_county_was_not_there_yet(
    desk: Desk,
) -> None:
    await desk.given(golden_quarter())
    then = datetime(2024, 4, 10, 12, tzinfo=UTC)

    before = await desk.trails.absence(parse_period("2024-Q1"), "franklin-county-oh", then)
    now = await desk.trails.absence(parse_period("2024-Q1"), "franklin-county-oh")

    assert [reason["rule"] for reason in before["reasons"]] == ["nothing"]
    assert now["engaged"]
