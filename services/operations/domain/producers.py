"""Who sends what: how much became what, how late it comes, and how old the keys are."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from services.operations.domain.seeing import Seen


@dataclass(frozen=True, slots=True)
class Lateness:
    """How long after it happened something was recorded, in seconds."""

    p50: float
    p95: float
    facts: int


@dataclass(frozen=True, slots=True)
class Known:
    """A source as its credential tells of it; `keys` is when each valid key was made."""

    services: Sequence[str] | None = None
    types: Sequence[str] | None = None
    keys: Sequence[datetime | None] = ()


@dataclass(frozen=True, slots=True)
class Producer:
    """A source.

    Attributes:
        last_at: when its last message came that the broker still holds.
        types: what it sent, with how many of each; under the version that came last.
        outcomes: what became of its messages, since their services started.
        lateness: None when nothing of it was recorded lately.
        known: None when its credential was taken back.
    """

    source: str
    last_at: datetime | None
    types: Mapping[str, int]
    outcomes: Mapping[str, int]
    lateness: Lateness | None
    known: Known | None


@dataclass(frozen=True, slots=True)
class Heard:
    """What is known of sources from their messages."""

    last_at: Mapping[str, datetime] = field(default_factory=dict)
    types: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    delays: Mapping[str, Sequence[float]] = field(default_factory=dict)


def producers(heard: Heard, known: Mapping[str, Known], seen: Seen | None) -> list[Producer]:
    """Return every source that is known or was heard, by name."""
    outcomes = _outcomes(seen)
    names = {*known, *heard.last_at, *heard.types, *outcomes}
    return [
        Producer(
            name,
            heard.last_at.get(name),
            heard.types.get(name, {}),
            outcomes.get(name, {}),
            lateness(heard.delays.get(name, ())),
            known.get(name),
        )
        for name in sorted(names)
    ]


def _outcomes(seen: Seen | None) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for service in seen.services if seen else ():
        for each in service.counted:
            of = found.setdefault(each.source, {})
            of[each.outcome] = of.get(each.outcome, 0) + each.count
    return found


def lateness(delays: Iterable[float]) -> Lateness | None:
    """Return the median of delays, and what 95 of 100 stay within; None without any."""
    ordered = sorted(max(0.0, each) for each in delays)
    if not ordered:
        return None
    return Lateness(_share(ordered, 0.5), _share(ordered, 0.95), len(ordered))


def _share(ordered: Sequence[float], share: float) -> float:
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]
