"""What a person says is one counts as one, and as two again when the person takes it back."""

import asyncio
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from reporting_book import Book, at, somebody, span
from reporting_desk import Desk
from test_reporting_evidence import METRICS
from test_reporting_order import outcome, shuffled

from shared.contracts.events import (
    ActivityClaimed,
    DuplicateDismissed,
    DuplicateReopened,
    OccurrenceCancelled,
)

DAY = "2024-03-27"
START = f"{DAY}T14:00"
WHOLE = span(DAY, "14:00", "15:00")
PAIR: dict[str, Any] = {"kind": "activities", "first": "w1", "second": "w9"}
COUNTED_WHEN = frozenset({"data_to", "known_at", "provenance"})
"""What a report says of itself and not of the partnership."""


def published_twice() -> Book:
    """One webinar that both partners' systems announced, each with its own list of who came."""
    book = Book().city("athens-oh", "OH", 25_000).city("gent", "OH", 260_000)
    book.webinar("w1", START, organisers=["NLC"], title="Countering hate in cities")
    book.webinar(
        "w9", START, organisers=["SCN"], title="Countering Hate in Cities!", source="scn-calendar"
    )
    book.registers("w1", "p1", "p2").registers("w9", "p2", "p3")
    book.held("w1", START).held("w9", START)
    book.roll("w1", somebody("p1", "athens-oh", WHOLE), somebody("p2", "gent", WHOLE))
    return book.roll("w9", somebody("p2", "gent", WHOLE), somebody("p3", None, WHOLE))


async def said(desk: Desk, period: str = "2024-Q1") -> dict[str, Any]:
    report = await desk.report(period)
    return {name: part for name, part in report.items() if name not in COUNTED_WHEN}


async def rows(desk: Desk) -> dict[str, list[str]]:
    return {name: kept for name, kept in (await desk.derived()).items() if name != "level"}


async def test_a_webinar_that_was_published_twice_counts_once_and_is_joint_when_merged(
    desk: Desk,
) -> None:
    book = published_twice()
    await desk.given(book)
    figures = "webinars_held", "attendance", "attendees_unique", "registrations", "cities_engaged"
    assert await desk.figures(*figures) == [2, 4, 3, 4, 2]
    assert (await desk.report())["data_quality"]["possible_duplicates"] == 1

    await desk.take(*book.merged("w9", "w1").facts[-1:])

    assert await desk.figures(*figures) == [1, 3, 3, 3, 2]
    report = await desk.report()
    assert report["data_quality"]["possible_duplicates"] == 0
    assert report["breakdowns"]["webinars_held"]["organisers"]["joint"] == 1


async def test_unmerged_every_cell_and_every_derived_row_is_what_it_was(desk: Desk) -> None:
    book = published_twice()
    await desk.given(book)
    report, derived = await said(desk), await rows(desk)
    await desk.take(*book.merged("w9", "w1").facts[-1:])
    assert await said(desk) != report

    await desk.take(*book.unmerged("w9", "w1").facts[-1:])

    assert await said(desk) == report
    assert await rows(desk) == derived


async def test_what_is_said_of_a_merged_activity_later_counts_where_it_counts(desk: Desk) -> None:
    book = published_twice().merged("w9", "w1")
    await desk.given(book)
    before = len(book.facts)
    book.named("w9", "athens-oh").roll("w9", somebody("p4", "gent", WHOLE))

    await desk.take(*book.facts[before:])

    assert await desk.figures("webinars_held", "attendance") == [1, 3]
    evidence = await desk.evidence("webinars_held")
    [webinar] = evidence["items"]
    streams = {fact["stream"] for fact in webinar["facts"]}
    assert {"activity-w1", "activity-w9"} <= streams
    assert "merged" in {fact["part"] for fact in webinar["facts"]}


async def test_it_was_held_when_one_of_both_says_so_and_cancelled_only_by_its_own_word(
    desk: Desk,
) -> None:
    book = Book()
    for name in ("w1", "w9", "x1", "x9"):
        book.webinar(name, START)
    book.held("w9", START, attendance=12).merged("w9", "w1")
    book.tell(OccurrenceCancelled(activity_id="x9", occurrence="1")).merged("x9", "x1")

    await desk.given(book)

    assert await desk.figure("webinars_held") == 1
    states = {
        row["activity_id"]: row["outcome"]
        for row in await desk.pool.fetch("select activity_id, outcome from standing_sitting")
    }
    assert states == {"w1": "held", "x1": None}


async def test_two_short_visits_under_two_keys_are_one_attendance_of_one_person(
    desk: Desk,
) -> None:
    book = Book().city("gent").webinar("w1", START).held("w1", START)
    book.roll(
        "w1",
        somebody("p1", "gent", span(DAY, "14:00", "14:03")),
        somebody("p1-weak", None, span(DAY, "14:10", "14:13"), weak=True),
    )
    await desk.given(book)
    report, derived = await said(desk), await rows(desk)
    assert await desk.figures("attendance", "cities_engaged") == [0, 0]

    await desk.take(*book.one_person("p1-weak", "p1").facts[-1:])

    assert await desk.figures("attendance", "attendees_unique", "cities_engaged") == [1, 1, 1]
    assert (await desk.report())["data_quality"]["weak_identities_percent"] == 0
    await desk.take(*book.two_people("p1-weak", "p1").facts[-1:])
    assert await said(desk) == report
    assert await rows(desk) == derived


async def test_who_is_registered_twice_is_registered_once_and_until_both_are_withdrawn(
    desk: Desk,
) -> None:
    book = Book().webinar("w1", START).held("w1", START)
    book.registers("w1", "p1", "p2").one_person("p2", "p1")
    book.withdraws("w1", "p2", at("2024-03-20T10:00"))
    await desk.given(book)
    assert await desk.figure("registrations") == 1

    await desk.take(*book.withdraws("w1", "p1", at("2024-03-21T10:00")).facts[-1:])

    assert await desk.figure("registrations") == 0


async def test_before_the_merge_it_is_known_as_two_for_ever(desk: Desk) -> None:
    book = published_twice()
    await desk.given(book)
    await desk.take(*book.on("2024-06-01T00:00").merged("w9", "w1").facts[-1:])

    then = await desk.report(known_at="2024-05-31T00:00:00")
    now = await desk.report(known_at="2024-06-02T00:00:00")

    assert then["figures"]["webinars_held"]["value"] == 2
    assert now["figures"]["webinars_held"]["value"] == 1


async def test_two_that_are_not_one_are_asked_about_no_more_until_that_is_taken_back(
    desk: Desk,
) -> None:
    book = published_twice().tell(DuplicateDismissed(**PAIR, reason="two audiences"))
    await desk.given(book)
    assert (await desk.report())["data_quality"]["possible_duplicates"] == 0

    await desk.take(*book.tell(DuplicateReopened(**PAIR)).facts[-1:])

    assert (await desk.report())["data_quality"]["possible_duplicates"] == 1


async def test_every_figure_can_be_counted_again_from_its_evidence_after_merges(
    desk: Desk,
) -> None:
    await desk.given(published_twice().merged("w9", "w1").one_person("p3", "p1"))
    figures = (await desk.report())["figures"]

    for metric in METRICS:
        evidence = await desk.evidence(metric)
        assert evidence["recounted"] == evidence["value"] == figures[metric]["value"], metric


def tangled() -> Book:
    """Chains, a circle, merges taken back, of activities and of people, in many streams."""
    book = published_twice()
    for name in ("w2", "w3", "w4"):
        book.webinar(name, START).held(name, START)
        book.roll(name, somebody("p1", "gent", WHOLE), somebody(f"q-{name}", "athens-oh", WHOLE))
    book.tell(ActivityClaimed(activity_id="w2", claimed_by="crm", organisers=("SCN",), title="T"))
    book.merged("w9", "w1").merged("w1", "w2").merged("w3", "w4").merged("w4", "w3")
    book.unmerged("w1", "w2").merged("w1", "w3")
    book.one_person("p3", "p2").one_person("p2", "p1").one_person("p1", "q-w2")
    return book.two_people("p1", "q-w2").one_person("q-w4", "q-w3").one_person("q-w3", "q-w4")


async def test_merges_of_any_streams_in_any_order_give_the_same_rows_and_the_same_report(
    desk: Desk,
) -> None:
    facts = tangled().facts
    expected = await outcome(desk, facts)
    loop = asyncio.get_running_loop()

    @settings(
        max_examples=15, deadline=None, database=None, suppress_health_check=list(HealthCheck)
    )
    @given(seed=st.integers(min_value=0, max_value=2**32))
    def same_whatever_the_order(seed: int) -> None:
        future = asyncio.run_coroutine_threadsafe(outcome(desk, shuffled(seed, facts)), loop)
        assert future.result(timeout=60) == expected

    await asyncio.to_thread(same_whatever_the_order)


async def test_a_circle_counts_as_the_first_of_its_names_and_chains_as_their_last(
    desk: Desk,
) -> None:
    await desk.given(tangled())

    rows = await desk.pool.fetch("select * from alias_at('infinity', 'activities')")
    aliases = {row["id"]: row["root_id"] for row in rows}
    rows = await desk.pool.fetch("select * from alias_at('infinity', 'people')")
    people = {row["id"]: row["root_id"] for row in rows}

    assert aliases == {"w9": "w3", "w1": "w3", "w4": "w3"}
    assert people == {"p3": "p1", "p2": "p1", "q-w4": "q-w3"}


@pytest.mark.parametrize("page", ["w1", "w9"])
async def test_the_page_of_either_shows_the_sitting_as_it_counts(desk: Desk, page: str) -> None:
    await desk.given(published_twice().merged("w9", "w1"))

    told = await desk.trails.activity(page, everything=True)

    [sitting] = told["occurrences"]
    assert {fact["stream"] for fact in sitting["facts"]} >= {"activity-w1", "activity-w9"}
