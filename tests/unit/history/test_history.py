"""Invented histories: the same for the same seed, exactly as long as asked, valid to the owners."""

import json
from collections import Counter
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from deploy.history.history import History
from deploy.history.shape import FACTS_MIN, Budget, Shape
from shared.cli.generate import generate, write
from shared.cli.publish import problem_of
from shared.client import Event
from shared.embedded.data_directory import OperatorError
from tests.bench import decided
from tests.bench.decided import Decisions

FACTS = 4_000


def test_the_same_seed_gives_the_same_bytes_and_another_gives_others() -> None:
    assert written(FACTS, seed=7) == written(FACTS, seed=7)
    assert written(FACTS, seed=7) != written(FACTS, seed=8)


@settings(max_examples=12, deadline=None)
@example(facts=2_224, seed=3_496_163)  # a sitting in person of more people than there were
@given(facts=st.integers(FACTS_MIN, 6_000), seed=st.integers(0, 2**40))
def test_a_history_is_exactly_as_long_as_asked_for(facts: int, seed: int) -> None:
    ids = [event["id"] for event in History(facts, seed).events()]

    assert len(ids) == len(set(ids)) == facts


def test_two_parts_hold_the_whole_and_nothing_twice() -> None:
    history = History(FACTS, seed=7)
    whole = {event["id"] for event in history.events()}
    parts = [[event["id"] for event in history.events(part, 2)] for part in (0, 1)]

    assert sorted(parts[0] + parts[1]) == sorted(whole)
    assert all(parts)


def test_two_parts_share_no_stream_so_that_two_processes_may_write_them() -> None:
    history = History(FACTS, seed=7)
    streams = [
        {fact.stream for each in Decisions().of(history.events(part, 2)) for fact in each.facts}
        for part in (0, 1)
    ]

    assert not streams[0] & streams[1]


def test_every_event_would_be_accepted_by_its_owner() -> None:
    problems = {problem_of(line, "demo") for line in written(FACTS, seed=7).splitlines()}

    assert problems == {None}


def test_every_event_becomes_one_fact_though_few_streams_are_held(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(decided, "STREAMS_MAX", 1_000)
    reached: Counter[str] = Counter()
    for each in Decisions().of(History(FACTS, seed=7).events()):
        [fact] = each.facts
        reached[fact.stream] += 1
        assert fact.version == reached[fact.stream]


def test_histories_of_two_seeds_can_stand_side_by_side() -> None:
    streams = [
        {
            fact.stream
            for each in Decisions().of(History(FACTS, seed).events())
            for fact in each.facts
        }
        for seed in (7, 8)
    ]

    assert not streams[0] & streams[1]


def test_the_mix_is_the_documented_one_however_long_the_history() -> None:
    for facts in (FACTS, 40_000):
        types = Counter(event["type"].split(".")[2] for event in History(facts, seed=7).events())
        tells_of_people = ("registration_received", "registration_cancelled")
        participation = sum(
            types[name] for name in (*tells_of_people, "participant_joined", "participant_left")
        )
        assert participation == facts * 85 // 100
        assert set(types) >= {"attendance_recorded", "resource_delivered", "resource_downloaded"}


def test_a_longer_history_has_more_activities_not_larger_files() -> None:
    shapes = [Shape.of(facts) for facts in (10**5, 10**6, 10**7, 10**9)]

    assert [shape.activities for shape in shapes] == [250, 2_500, 6_000, 500_000]
    assert [shape.cities for shape in shapes] == [500, 2_000, 2_000, 2_000]
    with pytest.raises(ValueError, match="at least 2,000 facts"):
        Shape.of(FACTS_MIN - 1)


@given(st.integers(0, 10_000), st.lists(st.floats(0.01, 5), min_size=1, max_size=50))
def test_a_budget_is_dealt_out_to_the_last_fact(facts: int, weights: list[float]) -> None:
    budget = Budget(facts, sum(weights))
    shares = [budget.share(weight) for weight in weights]

    assert sum(shares) == facts
    assert min(shares) >= 0


def test_the_command_writes_what_publish_reads(
    tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    file = tmp_path / "history.jsonl"
    generate(FACTS, 7, output=file)
    generate(FACTS, 7)

    assert file.read_bytes() == capsysbinary.readouterr().out == written(FACTS, seed=7)
    assert json.loads(file.read_bytes().splitlines()[-1])["source"] == "/systems/demo"
    with pytest.raises(OperatorError, match="Choose one"):
        generate(FACTS, 7, output=file, publish=True)


def written(facts: int, seed: int) -> bytes:
    """The events of a history, one a line."""
    lines = BytesIO()
    write(map(Event.parse, History(facts, seed).events()), lines, lambda count: None)
    return lines.getvalue()
