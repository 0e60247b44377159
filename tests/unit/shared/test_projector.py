"""A repeat is dropped, a jump is a gap, and facts are taken in order however they come."""

import logging
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st

from shared.contracts.events import EventsEvent, PersonErased
from shared.contracts.resources import ResourcesEvent
from shared.projector import Projector, _gaps, _in_order, fact_row
from shared.queries import Queries
from shared.recorded import Recorded
from shared.wire import to_wire
from tests.support.recording import FACT_ID, TUESDAY, recorded

GENT, AALST = ("events", "activity-gent"), ("events", "activity-aalst")


def fact(version: int, stream: str = "activity-gent", ledger: str = "events") -> Recorded:
    return recorded(PersonErased(person="k1"), stream, version, ledger=ledger)


def reader_of(facts: Any) -> Projector:
    """Return a projector that reads these facts, and writes nowhere."""
    return Projector(None, facts, lambda each: [], Queries(), {})  # type: ignore[arg-type]


def delivered(body: bytes) -> Any:
    """Return a message as far as a projector reads it."""
    return SimpleNamespace(data=body, subject="facts.x")


def versions(facts: list[Recorded]) -> list[tuple[str, int]]:
    return [(each.stream.removeprefix("activity-"), each.version) for each in facts]


@pytest.mark.parametrize(
    ("arrived", "have", "gap"),
    [
        ([], {}, {}),
        ([1], {}, {}),
        ([1, 2, 3], {}, {}),
        ([3, 1, 2], {}, {}),
        ([2], {}, {"activity-gent": 0}),
        ([1, 3], {}, {"activity-gent": 0}),
        ([3], {GENT: 2}, {}),
        ([4], {GENT: 2}, {"activity-gent": 2}),
        ([1, 2], {GENT: 2}, {}),
        ([1, 4], {GENT: 2}, {"activity-gent": 2}),
        ([2, 3], {GENT: 2}, {}),
        ([2, 2], {GENT: 1}, {}),
        ([1], {AALST: 5}, {}),
    ],
)
def test_a_gap_is_a_version_that_neither_stands_nor_came(
    arrived: list[int], have: Mapping[Any, int], gap: dict[str, int]
) -> None:
    assert _gaps([fact(each) for each in arrived], have) == ({"events": gap} if gap else {})


def test_gaps_are_told_by_ledger_and_stream() -> None:
    arrived = [fact(2), fact(5, "activity-aalst"), fact(1, "city-gent", "membership")]
    arrived += [fact(9, "city-aalst", "membership")]
    assert _gaps(arrived, {AALST: 3, ("membership", "city-aalst"): 8}) == {
        "events": {"activity-gent": 0, "activity-aalst": 3}
    }


def test_streams_of_two_ledgers_that_share_a_name_are_two() -> None:
    arrived = [fact(1), fact(2, ledger="resources")]
    assert _gaps(arrived, {}) == {"resources": {"activity-gent": 0}}
    assert versions(_in_order(arrived, {})) == [("gent", 1)]


@pytest.mark.parametrize(
    ("arrived", "have", "taken"),
    [
        ([1, 2, 3], 0, [1, 2, 3]),
        ([3, 1, 2], 0, [1, 2, 3]),
        ([1, 1, 2, 2], 0, [1, 2]),
        ([1, 2, 3], 2, [3]),
        ([1, 2], 2, []),
        ([2, 3], 0, []),
        ([1, 3, 4], 0, [1]),
        ([4, 3], 2, [3, 4]),
        ([10, 9, 11], 8, [9, 10, 11]),
    ],
)
def test_what_follows_without_a_gap_is_taken_once_and_in_order(
    arrived: list[int], have: int, taken: list[int]
) -> None:
    ordered = _in_order([fact(each) for each in arrived], {GENT: have})
    assert [each.version for each in ordered] == taken


def test_a_gap_in_one_stream_holds_up_no_other() -> None:
    arrived = [fact(2, "activity-aalst"), fact(2), fact(1)]
    assert versions(_in_order(arrived, {})) == [("gent", 1), ("gent", 2)]


def test_the_versions_known_before_stay_as_they_were() -> None:
    known = {GENT: 0}
    _in_order([fact(1)], known)
    assert known == {GENT: 0}


@for_all(
    st.lists(st.tuples(st.sampled_from(["gent", "aalst"]), st.integers(1, 8)), max_size=20),
    st.randoms(),
)
def test_delivered_in_any_order_and_any_number_of_times_facts_project_alike(
    deliveries: list[tuple[str, int]], chance: Any
) -> None:
    whole = [(name, version) for name in ("gent", "aalst") for version in range(1, 9)]
    shuffled = [*whole, *deliveries]
    chance.shuffle(shuffled)
    reached: dict[tuple[str, str], int] = {}
    taken: list[tuple[str, int]] = []
    waiting = [fact(version, f"activity-{name}") for name, version in shuffled]
    for end in range(1, len(waiting) + 1):
        for each in _in_order(waiting[:end], reached):
            assert each.version == reached.get((each.ledger, each.stream), 0) + 1
            reached[each.ledger, each.stream] = each.version
            taken += versions([each])
    assert sorted(taken) == sorted(whole)


@for_all(st.sets(st.integers(1, 12)), st.integers(0, 12))
def test_there_is_a_gap_exactly_where_something_cannot_be_taken(
    arrived: set[int], have: int
) -> None:
    facts = [fact(version) for version in arrived]
    left = {version for version in arrived if version > have}
    taken = {each.version for each in _in_order(facts, {GENT: have})}
    assert bool(_gaps(facts, {GENT: have})) == (taken != left)


def test_the_row_of_a_fact_carries_its_place_and_its_trace() -> None:
    entry = recorded(PersonErased(person="k1"), "person-k1", 3, position=99, traceparent="t")
    assert fact_row(entry).values == (
        *("events", "person-k1", 3, 99, FACT_ID, "events.person_erased.v1"),
        *(TUESDAY, TUESDAY, "crm", "m-1", "t"),
    )


def test_a_message_that_is_no_fact_is_logged_and_passed_over(
    caplog: pytest.LogCaptureFixture,
) -> None:
    projector = reader_of(EventsEvent)
    strangers = [b"", b"[]", b"{}", b"\xff", b'{"type": 7}']
    with caplog.at_level(logging.ERROR):
        for body in strangers:
            assert projector._read(delivered(body)) is None
    assert [record.getMessage() for record in caplog.records] == ["not a fact of ours"] * 5


def test_a_fact_that_reporting_cannot_read_yet_is_passed_over() -> None:
    entry = fact(1)
    row = {
        **{name: getattr(entry, name) for name in Recorded.__slots__ if name != "fact"},
        "type": entry.fact.TYPE,
        "data": entry.fact.model_dump_json(),
    }
    message = delivered(to_wire(row).body)
    assert reader_of(EventsEvent)._read(message) == entry
    assert reader_of(ResourcesEvent)._read(message) is None
