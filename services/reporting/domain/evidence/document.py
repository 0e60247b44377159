"""A figure with all it counted, as a document."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.reporting.domain.evidence.contribution import Contribution
from services.reporting.domain.evidence.item import PEOPLE, Item
from services.reporting.domain.figures import Value
from services.reporting.domain.period import Period
from services.reporting.domain.registry import Definition
from services.reporting.domain.report import Provenance, instant_json, period_json
from services.reporting.domain.suppression import suppressed


@dataclass(frozen=True, slots=True)
class Evidence:
    """A figure with all it counted."""

    definition: Definition
    period: Period
    known_at: datetime
    data_to: datetime | None
    value: Value
    recounted: Value
    items: Sequence[Item]
    facts: Mapping[int, Sequence[Contribution]]
    hidden: frozenset[int]
    provenance: Provenance

    def to_json(self, *, everything: bool = False) -> dict[str, Any]:
        """Return the document.

        Unless `everything` may be seen, small counts of people and the facts that carry the key of
        a person are left out, and the document says of how many.
        """
        return {
            "metric": self.definition.id,
            "period": period_json(self.period),
            "definition": self.definition.reference,
            "title": self.definition.title["en"],
            "titles": self.definition.title,
            "unit": self.definition.unit,
            "how_counted": self.definition.formula,
            "includes": list(self.definition.includes),
            "excludes": list(self.definition.excludes),
            "known_at": instant_json(self.known_at),
            "data_to": instant_json(self.data_to) if self.data_to else None,
            "value": self.value,
            "recounted": self.recounted,
            "items_suppressed": 0 if everything else len(self.hidden),
            "items": [
                self._item(number, item, everything) for number, item in enumerate(self.items)
            ],
            "provenance": self.provenance.to_json(),
        }

    def _item(self, number: int, item: Item, everything: bool) -> dict[str, Any]:
        hide = number in self.hidden and not everything
        facts = self.facts.get(number, ())
        shown = [fact for fact in facts if everything or not fact.personal]
        document: dict[str, Any] = {**item.said, "counted": None if hide else item.counted}
        if item.of is not None:
            document["of"] = None if hide else item.of
        if hide:
            document["status"] = "Q"
        document["facts"] = [fact.to_json() for fact in shown]
        if len(shown) < len(facts):
            document["facts_withheld"] = len(facts) - len(shown)
        return document


def hidden_items(definition: Definition, items: Sequence[Item], shown_min: int) -> frozenset[int]:
    """Return the numbers of the items whose counts of people are too small to be shown."""
    if definition.id not in PEOPLE:
        return frozenset()
    counted = {str(number): item.counted for number, item in enumerate(items)}
    of = {str(number): item.of for number, item in enumerate(items) if item.of is not None}
    hidden = suppressed(counted, shown_min) | suppressed(of, shown_min)
    return frozenset(int(number) for number in hidden)
