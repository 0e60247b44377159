"""A trace as a waterfall: order, depth, gaps, and the batches that follow from it."""

from hypothesis import given
from hypothesis import strategies as st

from services.operations.domain.telling import Place, Span
from services.operations.domain.waterfall import (
    DEPTH_MAX,
    Gap,
    Waterfall,
    traces_linked,
    waterfall,
)
from tests.support.spans import BATCH, TRACE, span

MILLISECOND = 1_000


def shown(*spans: Span) -> Waterfall:
    found = waterfall(TRACE, spans)
    assert found is not None
    return found


def outline(found: Waterfall) -> list[str]:
    return [
        f"gap {row.duration}" if isinstance(row, Gap) else f"{'-' * row.depth}{row.span.name}"
        for row in found.rows
    ]


def test_a_span_stands_under_its_parent_and_brothers_in_the_order_of_their_begin() -> None:
    root = span("receive", at=0, took=10)
    late, early = span("append", at=6, under=root), span("resolve", at=1, took=4, under=root)
    asked = span("ResolveCities", "membership", at=2, took=2, under=early)

    found = shown(late, asked, early, root)

    assert outline(found) == ["receive", "-resolve", "--ResolveCities", "-append"]
    assert [step.offset for step in found.steps] == [0, 1_000, 2_000, 6_000]
    assert found.duration == 10 * MILLISECOND


def test_the_time_in_which_nothing_was_at_work_is_a_gap() -> None:
    sent = span("publish", at=0, took=2, kind="producer")
    taken = span("receive", at=30, took=5, under=sent)

    found = shown(sent, taken)

    assert outline(found) == ["publish", "gap 28000", "-receive"]
    [gap] = [row for row in found.rows if isinstance(row, Gap)]
    assert (gap.after, gap.until, gap.offset) == (sent, taken, 2_000)
    assert found.waited == 28 * MILLISECOND


def test_a_pause_within_a_span_that_goes_on_is_no_gap() -> None:
    root = span("receive", at=0, took=50)
    inner = [span("one", at=1, under=root), span("two", at=40, under=root)]
    assert shown(root, *inner).waited == 0


def test_a_pause_too_short_to_look_for_is_no_gap() -> None:
    assert shown(span("one", at=0, took=1), span("two", at=1.5)).waited == 0


def test_a_batch_of_another_trace_stands_under_what_it_follows_from_with_all_it_did() -> None:
    sent = span("publish", "gateway", at=0, kind="producer")
    batch = span("receive", at=5, took=9, follows=(sent,), trace=BATCH)
    append = span("append", at=7, under=batch)
    stranger = span("elsewhere", at=6, trace=BATCH)

    found = shown(sent, batch, append, stranger)

    assert outline(found) == ["publish", "gap 4000", "-receive", "--append"]
    assert [step.linked for step in found.steps] == [False, True, True]


def test_a_batch_that_follows_from_a_span_never_told_of_is_shown_all_the_same() -> None:
    batch = span("receive", follows=(Place(TRACE, "f" * 16),), trace=BATCH)
    assert outline(shown(batch)) == ["receive"]


def test_a_span_whose_parent_was_never_told_of_says_so() -> None:
    unknown = span("unknown")
    [step] = shown(span("receive", under=unknown)).steps
    assert step.lost_parent


def test_nothing_is_shown_of_a_trace_that_nobody_told_of() -> None:
    assert waterfall(TRACE, []) is None
    assert waterfall(TRACE, [span("other", trace=BATCH)]) is None


def test_the_traces_that_spans_follow_from_are_named_once_without_their_own() -> None:
    one, two = span("one", trace="1" * 32), span("two", trace="2" * 32)
    own = span("own")
    batch = span("batch", follows=(two, one, one, own))
    assert traces_linked([batch]) == ["1" * 32, "2" * 32]


@st.composite
def forests(draw: st.DrawFn) -> list[Span]:
    """Draw spans with any parents, loops and links between two traces among them."""
    ids = [f"{number:016x}" for number in range(1, draw(st.integers(1, 12)) + 1)]
    found = []
    for id_ in ids:
        made = span(
            id_,
            at=draw(st.integers(0, 50)),
            took=draw(st.integers(0, 20)),
            trace=draw(st.sampled_from([TRACE, BATCH])),
        )
        links = draw(st.lists(st.sampled_from(ids), max_size=2))
        found.append(
            Span(
                made.trace_id,
                id_,
                draw(st.none() | st.sampled_from(ids)),
                made.service,
                made.name,
                made.kind,
                made.started_at,
                made.duration,
                None,
                {},
                links=tuple(Place(TRACE, link) for link in links),
            )
        )
    return found


@given(forests())
def test_whatever_the_spans_are_each_is_shown_once_and_no_gap_overlaps_one(
    spans: list[Span],
) -> None:
    found = waterfall(TRACE, spans)
    if found is None:
        return
    places = [step.span.place for step in found.steps]
    assert len(places) == len(set(places))
    assert all(0 <= step.depth <= DEPTH_MAX for step in found.steps)
    assert all(0 <= step.offset <= found.duration for step in found.steps)
    for gap in (row for row in found.rows if isinstance(row, Gap)):
        for step in found.steps:
            ends, gap_ends = step.offset + step.span.duration, gap.offset + gap.duration
            assert ends <= gap.offset or step.offset >= gap_ends
