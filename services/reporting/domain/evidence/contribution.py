"""The facts under what a figure counts."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.reporting.domain.evidence.item import Item
from services.reporting.domain.knowledge import Sitting
from services.reporting.domain.report import instant_json

FactKey = tuple[str, int]
"""A fact by its keys: (stream, version)."""


@dataclass(frozen=True, slots=True)
class Contribution:
    """A fact that an item stands on.

    Args:
        part: what it says: announced, held, roll, mention, merged, registration, passage, help,
            work.
        city: the city pointer it carries, if any.
        personal: its stream names a person's key.
    """

    part: str
    fact: FactKey
    ledger: str
    type: str
    fact_id: str
    source: str
    occurred_at: datetime
    recorded_at: datetime
    trace_id: str | None
    city: str | None = None
    personal: bool = False

    def to_json(self) -> dict[str, Any]:
        """Return its part of the document."""
        return {
            "part": self.part,
            "ledger": self.ledger,
            "stream": self.fact[0],
            "version": self.fact[1],
            "fact_id": self.fact_id,
            "type": self.type,
            "source": self.source,
            "occurred_at": instant_json(self.occurred_at),
            "recorded_at": instant_json(self.recorded_at),
            "trace_id": self.trace_id,
            "href": f"/facts/{self.ledger}/{self.fact[0]}/{self.fact[1]}",
        }


def contributions(
    item: Item,
    by_sitting: Mapping[Sitting, Sequence[Contribution]],
    by_resource: Mapping[str, Sequence[Contribution]],
    by_fact: Mapping[FactKey, Contribution],
    resolves_to: Callable[[Contribution], str | None],
) -> list[Contribution]:
    """Return the facts under an item, without repetition, in order.

    Under a city stand the outcome and the roll of each occurrence, and of what names a city, what
    names this one.
    """
    found: dict[FactKey, Contribution] = {}
    for sitting in item.occurrences:
        found.update((fact.fact, fact) for fact in by_sitting.get(sitting, ()))
    for resource_id in item.resources:
        found.update((fact.fact, fact) for fact in by_resource.get(resource_id, ()))
    for touch in item.touches:
        if touch.fact is not None and touch.fact in by_fact:
            found[touch.fact] = by_fact[touch.fact]
        near = [
            *(by_sitting.get(touch.sitting, ()) if touch.sitting else ()),
            *(by_resource.get(touch.resource_id, ()) if touch.resource_id else ()),
        ]
        for fact in near:
            if fact.city is None or resolves_to(fact) == item.lineage:
                found[fact.fact] = fact
    return sorted(found.values(), key=lambda fact: (fact.recorded_at, fact.fact))


def facts_json(facts: Sequence[Contribution], everything: bool) -> dict[str, Any]:
    """Return the facts that may be seen, and whether there are others.

    How many others is not told: it would tell of how many people.
    """
    shown = [fact for fact in facts if everything or not fact.personal]
    return {
        "facts": [fact.to_json() for fact in shown],
        "facts_of_people_withheld": len(shown) < len(facts),
    }
