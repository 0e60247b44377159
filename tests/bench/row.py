"""A row of the table: what was measured of Tandem, beside whom, and what it should reach."""

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

MEGABYTES = "MB"


@dataclass(frozen=True, slots=True)
class Measured:
    """Several rounds of one thing; what counts is their median."""

    what: str
    rounds: tuple[float, ...]

    @property
    def median(self) -> float:
        """The middle one, which one disturbed round does not move."""
        return statistics.median(self.rounds)


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table with its peers.

    Args:
        name: what `--only` calls it.
        work: what was done, in a few words.
        unit: of every value in it, such as "events/s" or "ms".
        ours: Tandem's own.
        peers: who does the same, or what bounds it.
        target: what Tandem should reach: at least, or at most where less is better.
        times: how many times as fast as a peer it should be.
        less_is_better: true for times and memory.
        grows: its peers are itself, with less behind it.
        note: a sentence for the reader of the document.
    """

    name: str
    work: str
    unit: str
    ours: Measured
    peers: tuple[Measured, ...] = ()
    target: float | None = None
    times: Mapping[str, float] = field(default_factory=dict)
    less_is_better: bool = False
    grows: bool = False
    note: str = ""

    def ratio(self, peer: Measured) -> float:
        """Return how many times as fast as a peer Tandem is."""
        ours, theirs = self.ours.median, peer.median
        return theirs / ours if self.less_is_better else ours / theirs

    def beside(self, peer: Measured) -> str:
        """Return how Tandem compares with a peer, in words."""
        if self.unit == MEGABYTES:
            return f"{number(self.ours.median / peer.median)}× as much"
        wanted = self.times.get(peer.what)
        told = f"{number(self.ratio(peer))}× as fast"
        return told if wanted is None else f"{told}, target {number(wanted)}×"

    @property
    def verdict(self) -> str:
        """Whether the target of its own is reached, in words; empty when it has none."""
        if self.target is None:
            return ""
        if not self._is_on_target:
            return f"{'over' if self.less_is_better else 'short of'} {number(self.target)}"
        return f"on target, {number(self.target)}"

    @property
    def is_reached(self) -> bool:
        """Whether every target of this row is reached; true when it has none."""
        times = all(
            self.ratio(peer) >= self.times[peer.what]
            for peer in self.peers
            if peer.what in self.times
        )
        return times and self._is_on_target

    @property
    def _is_on_target(self) -> bool:
        if self.target is None:
            return True
        ours = self.ours.median
        return ours <= self.target if self.less_is_better else ours >= self.target


@dataclass(frozen=True, slots=True)
class Results:
    """Everything of one run, as it is kept beside the document."""

    kind: str
    machine: Mapping[str, str]
    rows: tuple[Row, ...]
    notes: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return it as plain values."""
        return asdict(self)

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> "Results":
        """Return what `to_json` gave."""
        return cls(
            kind=document["kind"],
            machine=document["machine"],
            rows=tuple(_row(each) for each in document["rows"]),
            notes=tuple(document["notes"]),
        )


def _row(document: Mapping[str, Any]) -> Row:
    return Row(
        **{
            **document,
            "ours": _measured(document["ours"]),
            "peers": tuple(_measured(each) for each in document["peers"]),
        }
    )


def _measured(document: Mapping[str, Any]) -> Measured:
    return Measured(document["what"], tuple(document["rounds"]))


def number(value: float) -> str:
    """Return a number as people read it: whole from a hundred on, else three digits."""
    if value >= 100 or value == round(value):
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def percentile(values: Sequence[float], percent: float) -> float:
    """Return the value that so many percent do not exceed (nearest rank)."""
    ordered = sorted(values)
    rank = -(-len(ordered) * percent // 100)
    return ordered[max(0, int(rank) - 1)]
