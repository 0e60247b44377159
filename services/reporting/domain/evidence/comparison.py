"""How a figure came from what it was in another period to what it is, item by item."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from services.reporting.domain.evidence.contribution import Contribution, facts_json
from services.reporting.domain.evidence.item import Item, Json
from services.reporting.domain.figures import OVER_A_WINDOW, Value
from services.reporting.domain.numbers import difference
from services.reporting.domain.period import Period
from services.reporting.domain.report import period_json


class Against(StrEnum):
    """Which period a figure is compared with."""

    PREVIOUS = "previous"
    YEAR_BEFORE = "year-before"


class UnknownComparison(LookupError):
    """The figure is not compared in this way; the message says why."""


def compared_with(period: Period, metric: str, against: Against) -> Period:
    """Return the period that a figure is compared with.

    Raises:
        UnknownComparison: the figure has no such comparison.
    """
    if against is Against.PREVIOUS:
        return period.previous()
    if period.quarter is None:
        raise UnknownComparison("a year is compared with the previous one")
    if metric not in OVER_A_WINDOW:
        raise UnknownComparison(f"{metric} looks back by itself and has no figure a year before")
    return replace(period, year=period.year - 1)


def comparable(period: Period, metric: str, against: Against) -> bool:
    """Tell whether a figure is compared with that period."""
    if against is Against.PREVIOUS:
        return True
    return period.quarter is not None and metric in OVER_A_WINDOW


@dataclass(frozen=True, slots=True)
class Move:
    """An item that counts otherwise than in the other period, or in one of both only.

    Args:
        said: what it is, as printed.
        hidden: whether one of its counts is of so few people that not everybody sees it.
    """

    said: Json
    now: Item | None
    before: Item | None
    hidden: bool
    facts: Sequence[Contribution] = ()

    def to_json(self, *, everything: bool) -> dict[str, Any]:
        """Return its part of the document."""
        hide = self.hidden and not everything
        document: dict[str, Any] = dict(self.said)
        for name, side in (("now", self.now), ("before", self.before)):
            if side is not None:
                document[name] = None if hide else side.counted
                if side.of is not None:
                    document[f"{name}_of"] = None if hide else side.of
        document["stands"] = self.stands
        if hide:
            document["status"] = "Q"
        return {**document, **facts_json(self.facts, everything)}

    @property
    def stands(self) -> str:
        """Where it counts: only_now, only_before, both."""
        if self.now is not None and self.before is not None:
            return "both"
        return "only_now" if self.now is not None else "only_before"


@dataclass(frozen=True, slots=True)
class Comparison:
    """A figure in another period, and what lies between the two.

    Args:
        value, change: as the report has them.
        recounted, recounted_change: counted again from the items.
        moves: every item that does not count the same in both.
    """

    against: Against
    period: Period
    value: Value
    recounted: Value
    change: Value
    recounted_change: Value
    moves: Sequence[Move]
    value_hidden: bool = False

    def to_json(self, *, everything: bool) -> dict[str, Any]:
        """Return its part of the document."""
        hide = self.value_hidden and not everything
        numbers = {
            "value": self.value,
            "recounted": self.recounted,
            "change": self.change,
            "recounted_change": self.recounted_change,
        }
        return {
            "name": self.against.value,
            "period": period_json(self.period),
            **(dict.fromkeys(numbers) if hide else numbers),
            "items": [move.to_json(everything=everything) for move in self.moves],
        }


def moves(now: Sequence[Item], before: Sequence[Item], hidden: frozenset[str]) -> list[Move]:
    """Return what differs between the items of two periods: those of now first, in their order."""
    earlier: Mapping[str, Item] = {item.key: item for item in before}
    found = [
        Move(item.said, item, earlier.get(item.key), item.key in hidden)
        for item in now
        if not _same(item, earlier.get(item.key))
    ]
    present = {item.key for item in now}
    gone = [item for item in before if item.key not in present and (item.counted or item.of)]
    return [*found, *(Move(item.said, None, item, item.key in hidden) for item in gone)]


def _same(now: Item, before: Item | None) -> bool:
    if before is None:
        return not (now.counted or now.of)
    return (now.counted, now.of) == (before.counted, before.of)


def changed(now: Value, before: Value) -> Value:
    """Return how far a value moved; None when either is not known."""
    return None if now is None or before is None else difference(now, before)
