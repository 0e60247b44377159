"""The spans of a trace as a waterfall: in their order and depth, with the gaps between them.

A batch joins many traces and belongs to none of them: its spans have a trace of their own, and
links. So the waterfall of one event holds, beside the spans of its trace, those of other traces
that follow from it, each with what it caused.

A gap is a time in which no span was at work: the event lay in the broker, or in an outbox.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.operations.domain.telling import Place, Span

GAP_LEAST = 1_000
"""Microseconds: a shorter pause is none that anybody looks for."""
DEPTH_MAX = 12
MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Step:
    """A span in the waterfall.

    Args:
        depth: how many spans it stands under, DEPTH_MAX at most.
        offset: microseconds from the beginning of the whole.
        linked: it is of another trace, and follows from this one.
        lost_parent: it is a part of a span that was never told of.
    """

    span: Span
    depth: int
    offset: int
    linked: bool
    lost_parent: bool


@dataclass(frozen=True, slots=True)
class Gap:
    """A time in which nothing was at work, before `until`."""

    offset: int
    duration: int
    after: Span
    until: Span


@dataclass(frozen=True, slots=True)
class Waterfall:
    """All of it: when it began, for how long it went on (microseconds), and its rows in order."""

    began_at: datetime
    duration: int
    rows: tuple[Step | Gap, ...]

    @property
    def steps(self) -> tuple[Step, ...]:
        """The rows that are spans."""
        return tuple(row for row in self.rows if isinstance(row, Step))

    @property
    def waited(self) -> int:
        """How long nothing was at work, in microseconds."""
        return sum(row.duration for row in self.rows if isinstance(row, Gap))


def waterfall(trace_id: str, spans: Iterable[Span]) -> Waterfall | None:
    """Return the waterfall of a trace; None when nothing of it is known.

    Args:
        trace_id: whose.
        spans: its own, and those of traces that follow from it; what does not follow is left out.
    """
    known = {span.place: span for span in spans}
    under, roots = _tree(trace_id, known)
    ordered = list(_descended(roots, under, set()))
    if not ordered:
        return None
    began = min(span.started_at for span, _ in ordered)
    ended = max(span.ended_at for span, _ in ordered)
    gaps = {gap.until.place: gap for gap in _gaps([span for span, _ in ordered], began)}
    return Waterfall(
        began, _between(began, ended), tuple(_rows(trace_id, ordered, known, gaps, began))
    )


def _tree(
    trace_id: str, known: Mapping[Place, Span]
) -> tuple[Mapping[Place, list[Span]], list[Span]]:
    """Return what stands under each span, and what stands under none and belongs to the trace."""
    under: dict[Place, list[Span]] = defaultdict(list)
    roots: list[Span] = []
    for span in sorted(known.values(), key=_order):
        parent = Place(span.trace_id, span.parent_id) if span.parent_id else None
        if parent is not None and parent in known:
            under[parent].append(span)
        elif span.trace_id == trace_id:
            roots.append(span)
        else:
            causes = [link for link in span.links if link.trace_id == trace_id]
            there = [link for link in causes if link in known]
            if there:
                under[there[0]].append(span)
            elif causes:
                roots.append(span)
    return under, roots


def _descended(
    spans: Sequence[Span], under: Mapping[Place, list[Span]], seen: set[Place], depth: int = 0
) -> Iterator[tuple[Span, int]]:
    """Yield spans with what stands under them; a loop, which only a mistake makes, is cut."""
    stack = [(span, depth) for span in reversed(spans)]
    while stack:
        span, depth = stack.pop()
        if span.place in seen:
            continue
        seen.add(span.place)
        yield span, min(depth, DEPTH_MAX)
        below = sorted(under.get(span.place, ()), key=_order)
        stack += [(each, depth + 1) for each in reversed(below)]


def _gaps(spans: Sequence[Span], began: datetime) -> Iterator[Gap]:
    latest: Span | None = None
    for span in sorted(spans, key=_order):
        if latest is not None:
            idle = _between(latest.ended_at, span.started_at)
            if idle >= GAP_LEAST:
                yield Gap(_between(began, latest.ended_at), idle, latest, span)
        if latest is None or span.ended_at > latest.ended_at:
            latest = span


def _rows(
    trace_id: str,
    ordered: Sequence[tuple[Span, int]],
    known: Mapping[Place, Span],
    gaps: Mapping[Place, Gap],
    began: datetime,
) -> Iterator[Step | Gap]:
    for span, depth in ordered:
        if (gap := gaps.get(span.place)) is not None:
            yield gap
        parent = Place(span.trace_id, span.parent_id) if span.parent_id else None
        yield Step(
            span,
            depth,
            _between(began, span.started_at),
            linked=span.trace_id != trace_id,
            lost_parent=parent is not None and parent not in known,
        )


def traces_linked(spans: Iterable[Span]) -> list[str]:
    """Return the other traces that spans follow from, in the order of their names."""
    found = {(span.trace_id, link.trace_id) for span in spans for link in span.links}
    return sorted({linked for own, linked in found if own != linked})


def _order(span: Span) -> tuple[datetime, int, str]:
    """Who began first; of two at once, who went on for longer, as parents do."""
    return span.started_at, -span.duration, span.span_id


def _between(first: datetime, second: datetime) -> int:
    return (second - first) // MICROSECOND
