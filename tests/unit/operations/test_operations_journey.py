"""The way of one event, from what was recorded and, where there are any, from spans."""

from datetime import datetime, timedelta

import pytest

from services.operations.domain.journey import (
    FactSeen,
    Fate,
    Figure,
    fact_told,
    facts_named,
    figures_of,
    scale_of,
    stations,
)
from tests.support.spans import BATCH, NOON, span


def later(milliseconds: float) -> datetime:
    return NOON + timedelta(milliseconds=milliseconds)


def fact(*, projected: bool | None = True, figures: tuple[Figure, ...] | None = ()) -> FactSeen:
    return FactSeen(
        ledger="events",
        stream="activity-w1",
        version=1,
        type="events.activity_held.v1",
        source="demo",
        source_id="one",
        occurred_at=later(-1_000_000),
        recorded_at=later(22),
        trace_id=None,
        projected=projected,
        figures=figures,
    )


RECORDED = Fate("recorded", "events", later(22), places=(("activity-w1", 1),))
FIGURE = Figure("2024-Q1", "Cities engaged", "http://reports/reports/2024-Q1/figures/cities")


def test_a_traced_event_shows_each_station_and_how_long_it_lay_before_it() -> None:
    sent = span("POST /events", "gateway", at=0, took=2, kind="server")
    taken = span("process INTAKE", at=20, took=5, kind="consumer", under=sent)
    relayed = span("send FACTS", at=40, took=2, kind="producer", follows=(sent,), trace=BATCH)
    applied = span("process FACTS", "reporting", at=50, took=3, kind="consumer", under=sent)

    way = stations(RECORDED, [fact(figures=(FIGURE,))], [applied, taken, sent, relayed])

    assert [(each.name, each.waited) for each in way] == [
        ("Taken over HTTP", None),
        ("Taken from the broker", 18_000),
        ("Recorded in the ledger", 0),
        ("Relayed to the broker", 15_000),
        ("Projected", 8_000),
        ("Moved 1 figure", None),
    ]
    assert {each.state for each in way} == {"passed"}


def test_an_event_without_a_trace_has_its_way_from_the_ledger_and_from_reporting() -> None:
    way = stations(RECORDED, [fact()], [])

    assert [(each.name, each.state) for each in way] == [
        ("Taken", "untold"),
        ("Recorded in the ledger", "passed"),
        ("Relayed to the broker", "passed"),
        ("Projected", "passed"),
        ("Moved no figure", "passed"),
    ]
    assert way[1].began == later(22)


def test_what_reports_do_not_count_yet_is_ahead() -> None:
    way = stations(RECORDED, [fact(projected=False, figures=None)], [])
    assert [(each.name, each.state) for each in way][-2:] == [
        ("Relayed to the broker", "untold"),
        ("Projected", "ahead"),
    ]


def test_while_reporting_is_silent_nothing_is_claimed_of_it() -> None:
    way = stations(RECORDED, [fact(projected=None, figures=None)], [])
    assert way[-1].state == "untold"


def test_a_waiting_event_ends_at_what_it_waits_for() -> None:
    fate = Fate("waiting", "events", later(20), "activity-w1")
    way = stations(fate, [], [])
    assert [(each.name, each.state) for each in way] == [
        ("Taken", "untold"),
        ("Waits for activity-w1", "waiting"),
        ("Recorded in the ledger", "ahead"),
    ]


def test_a_rejected_event_ends_there() -> None:
    fate = Fate("rejected", "events", later(20), "refused: it was never scheduled", "7")
    assert [each.name for each in stations(fate, [], [])] == ["Taken", "Rejected"]


def test_an_event_that_nobody_has_seen_is_ahead_of_everything() -> None:
    [only] = stations(Fate("unknown"), [], [])
    assert only.state == "ahead"


def test_an_event_that_changed_nothing_is_recorded_and_goes_no_further() -> None:
    way = stations(Fate("recorded", "events", later(22)), [], [])
    assert [each.name for each in way] == ["Taken", "Recorded; it changed nothing"]


def test_a_command_is_taken_over_grpc() -> None:
    served = span("tandem.events.v1.EventsService/HoldActivity", kind="server")
    way = stations(RECORDED, [fact()], [served])
    assert way[0].name == "Commanded over gRPC"


def test_each_station_has_its_part_of_the_whole_time() -> None:
    sent = span("POST /events", "gateway", at=0, took=10, kind="server")
    taken = span("process INTAKE", at=30, took=10, kind="consumer", under=sent)
    way = stations(RECORDED, [fact()], [sent, taken])
    scale = scale_of(way)

    assert scale is not None
    assert scale.part(way[0]) == (0, 250)
    assert scale.part(way[1]) == (750, 250)
    assert scale.part(way[-1]) is None


def test_without_any_time_there_is_no_scale() -> None:
    assert scale_of(stations(Fate("unknown"), [], [])) is None


def test_figures_are_read_out_of_what_reporting_says_of_a_fact() -> None:
    href = "/reports/2024-Q1/figures/cities_engaged"
    moved = {"period": {"id": "2024-Q1"}, "title": "Cities engaged", "href": href}
    assert figures_of({"moved": [moved]}, "http://reports") == (
        Figure("2024-Q1", "Cities engaged", f"http://reports{href}"),
    )


@pytest.mark.parametrize("document", [{}, {"moved": None}, {"moved": [{"period": "2024"}]}])
def test_what_is_no_figure_is_passed_over(document: dict[str, object]) -> None:
    assert figures_of(document, "") == ()


def test_the_facts_of_a_city_are_found_wherever_its_document_names_them() -> None:
    document = {
        "memberships": [{"href": "/facts/membership/city-gent/2"}],
        "quarters": [{"touches": [{"facts": [{"href": "/facts/events/activity-w1/3"}]}]}],
        "description": "/facts/membership/city-gent/1",
        "explained": "/reports/2024-Q1/cities/gent",
        "again": ["/facts/membership/city-gent/2"],
    }
    assert facts_named(document) == [
        "membership/city-gent/2",
        "events/activity-w1/3",
        "membership/city-gent/1",
    ]


def test_a_trace_leads_to_the_fact_that_one_of_its_spans_names() -> None:
    append = span("ledger.append", attributes={"tandem.stream": "activity-w1", "tandem.version": 3})
    assert fact_told([span("process INTAKE"), append]) == "events/activity-w1/3"
    assert fact_told([span("ledger.append", attributes={"tandem.facts": 7})]) is None
