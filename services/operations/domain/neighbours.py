"""Who calls whom, told from spans: the map of services.

A call is a span under one of another service. What goes through the broker is not: who takes a
batch links to the spans it came from, and those links are the calls then. Databases and brokers
say nothing of themselves; the spans of whoever asks them name them.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 180, 84
"""Of a place on the map."""
BOX_WIDTH, BOX_HEIGHT = 132, 44
PASSES_MAX = 20


@dataclass(frozen=True, slots=True)
class Call:
    """What one neighbour asked of another within some time.

    Args:
        way: `call` for one that waits for the answer, `messages` for one that does not.
        duration: of all of them, in microseconds.
    """

    caller: str
    called: str
    way: str
    count: int
    errors: int
    duration: int


@dataclass(frozen=True, slots=True)
class Node:
    """A neighbour on the map; x and y are the middle of its box."""

    name: str
    x: int
    y: int
    errors: int


@dataclass(frozen=True, slots=True)
class Edge:
    """A line on the map, from one box to another."""

    call: Call
    path: str
    x: int
    y: int


@dataclass(frozen=True, slots=True)
class Map:
    """The map: its size, its boxes and lines."""

    width: int
    height: int
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]


def map_of(calls: Sequence[Call], alone: Iterable[str] = ()) -> Map:
    """Return the map of who calls whom, callers to the left; `alone` are on it without any call."""
    names = sorted({*alone, *(name for call in calls for name in (call.caller, call.called))})
    ranks = _ranks(names, calls)
    columns: dict[int, list[str]] = defaultdict(list)
    for name in names:
        columns[ranks[name]].append(name)
    height = HEIGHT * max((len(column) for column in columns.values()), default=1)
    failed: dict[str, int] = defaultdict(int)
    for call in calls:
        failed[call.called] += call.errors
    nodes = {
        name: Node(
            name,
            WIDTH // 2 + WIDTH * place,
            height * (2 * row + 1) // (2 * len(columns[rank])),
            failed[name],
        )
        for place, rank in enumerate(sorted(columns))
        for row, name in enumerate(columns[rank])
    }
    edges = tuple(
        _edge(call, nodes[call.caller], nodes[call.called])
        for call in calls
        if call.caller != call.called
    )
    return Map(WIDTH * max(len(columns), 1), height, tuple(nodes.values()), edges)


def _ranks(names: Sequence[str], calls: Sequence[Call]) -> Mapping[str, int]:
    """Return how far to the right each stands: behind its callers, as far as no circle forbids."""
    ranks = dict.fromkeys(names, 0)
    told = {(call.caller, call.called) for call in calls if call.way == "messages"}
    asked = {(call.caller, call.called) for call in calls if call.way != "messages"}
    # Where both ways are gone, messages say which is forward: what comes back are questions.
    forward = [
        (caller, called)
        for caller, called in {*told, *asked}
        if caller != called
        and (called, caller) not in told
        and ((caller, called) in told or (called, caller) not in asked)
    ]
    for _ in range(min(len(names), PASSES_MAX)):
        for caller, called in sorted(forward):
            if ranks[called] <= ranks[caller] < len(names):
                ranks[called] = ranks[caller] + 1
    return ranks


def _edge(call: Call, caller: Node, called: Node) -> Edge:
    if caller.x == called.x:
        side = BOX_WIDTH // 2
        x1, y1, x2, y2 = caller.x + side, caller.y, called.x + side, called.y
        bend = x1 + (WIDTH - BOX_WIDTH)
        middle_x, middle_y = bend - 12, (y1 + y2) // 2
        return Edge(call, f"M{x1} {y1}C{bend} {y1} {bend} {y2} {x2} {y2}", middle_x, middle_y)
    forth = 1 if called.x > caller.x else -1
    x1, x2 = caller.x + forth * BOX_WIDTH // 2, called.x - forth * BOX_WIDTH // 2
    # There and back are two lines beside each other.
    y1, y2 = caller.y + 8 * forth, called.y + 8 * forth
    middle = (x1 + x2) // 2
    path = f"M{x1} {y1}C{middle} {y1} {middle} {y2} {x2} {y2}"
    return Edge(call, path, middle, (y1 + y2) // 2 - 8)
