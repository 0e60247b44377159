"""A figure with all it counted, as a document."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.reporting.domain.evidence.comparison import Comparison
from services.reporting.domain.evidence.contribution import Contribution, facts_json
from services.reporting.domain.evidence.filtering import DIMENSIONS, Filters
from services.reporting.domain.evidence.item import Item
from services.reporting.domain.figures import Value
from services.reporting.domain.period import Period
from services.reporting.domain.registry import Definition
from services.reporting.domain.report import Provenance, instant_json, period_json

SUPPRESSED = "Q"


@dataclass(frozen=True, slots=True)
class Evidence:
    """A figure, or a row of one, with all it counted.

    Args:
        value: as the report has it, for those who may see everything.
        facts: under each item, by its key.
        hidden: the keys of items whose counts of people not everybody sees.
        value_hidden: whether the value of the row itself is such a count.
        filters: the rows that were chosen, by dimension.
        comparison: with another period, when that was asked for.
    """

    definition: Definition
    period: Period
    known_at: datetime
    data_to: datetime | None
    value: Value
    recounted: Value
    items: Sequence[Item]
    facts: Mapping[str, Sequence[Contribution]]
    hidden: frozenset[str]
    value_hidden: bool
    filters: Filters
    comparison: Comparison | None
    provenance: Provenance

    def to_json(self, *, everything: bool = False) -> dict[str, Any]:
        """Return the document.

        Unless `everything` may be seen, small counts of people and the facts that carry the key of
        a person are left out, and the document says of how many items and where.
        """
        hide = self.value_hidden and not everything
        document: dict[str, Any] = {
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
            "filters": dict(self.filters),
            "dimensions": list(DIMENSIONS.get(self.definition.id, ())),
            "value": None if hide else self.value,
            "recounted": None if hide else self.recounted,
            "items_suppressed": (
                0 if everything else sum(item.key in self.hidden for item in self.items)
            ),
            "items": [self._item(item, everything) for item in self.items],
            "provenance": self.provenance.to_json(),
        }
        if hide:
            document["status"] = SUPPRESSED
        if self.comparison is not None:
            document["against"] = self.comparison.to_json(everything=everything)
        return document

    def _item(self, item: Item, everything: bool) -> dict[str, Any]:
        hide = item.key in self.hidden and not everything
        document: dict[str, Any] = {**item.said, "counted": None if hide else item.counted}
        if item.of is not None:
            document["of"] = None if hide else item.of
        if hide:
            document["status"] = SUPPRESSED
        return {**document, **facts_json(self.facts.get(item.key, ()), everything)}
