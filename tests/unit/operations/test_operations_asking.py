"""What operators ask for in addresses."""

from datetime import UTC, datetime, timedelta

import pytest

from services.operations.asking import fact_asked, search_asked, trace_asked
from shared.errors import InvalidData

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)


def test_without_a_word_one_looks_at_all_of_the_last_hour() -> None:
    search = search_asked({}, NOW)
    assert search.since == NOW - timedelta(hours=1)
    assert search.until > NOW
    assert (search.service, search.name, search.attribute, search.failed) == (None,) * 3 + (False,)


def test_every_part_of_a_question_counts() -> None:
    search = search_asked(
        {
            "service": "events",
            "name": "process *",
            "least": "2.5",
            "failed": "yes",
            "attribute": "rpc.method = ResolveCities",
            "since": "2026-11-26T10:00",
            "until": "2026-11-26T13:00+01:00",
        },
        NOW,
    )
    assert (search.service, search.name, search.least) == ("events", "process *", 2_500)
    assert search.failed
    assert search.attribute == ("rpc.method", "ResolveCities")
    assert search.since == datetime(2026, 11, 26, 10, tzinfo=UTC)
    assert search.until == NOW


@pytest.mark.parametrize(
    ("question", "field"),
    [
        ({"least": "soon"}, "least"),
        ({"least": "-1"}, "least"),
        ({"least": "nan"}, "least"),
        ({"within": "1y"}, "within"),
        ({"attribute": "=x"}, "attribute"),
        ({"attribute": "x"}, "attribute"),
        ({"since": "yesterday"}, "since"),
        ({"name": "x" * 500}, "name"),
        ({"service": "a\0b"}, "service"),
    ],
)
def test_a_part_that_is_none_is_named(question: dict[str, str], field: str) -> None:
    with pytest.raises(InvalidData) as raised:
        search_asked(question, NOW)
    assert raised.value.violations[0].field == field


@pytest.mark.parametrize(
    "text", ["a" * 32, "A" * 32, f" {'a' * 32} ", f"00-{'a' * 32}-{'b' * 16}-01"]
)
def test_a_trace_is_named_by_its_id_or_by_a_traceparent(text: str) -> None:
    assert trace_asked(text) == "a" * 32


@pytest.mark.parametrize("text", ["", "a" * 31, "a" * 33, "nothing"])
def test_any_other_text_names_no_trace(text: str) -> None:
    with pytest.raises(InvalidData):
        trace_asked(text)


def test_a_fact_is_named_by_ledger_stream_and_version() -> None:
    assert fact_asked("events/activity-w1/3") == ("events", "activity-w1", 3)
    assert fact_asked("/facts/events/activity-w1/3") == ("events", "activity-w1", 3)
    for text in ("events", "events/activity-w1", "events/activity-w1/x", "e/../1"):
        with pytest.raises(InvalidData):
            fact_asked(text)
