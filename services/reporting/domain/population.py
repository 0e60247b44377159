"""How many people live in the engaged cities, from one named source and vintage."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from services.reporting.domain.cities import Cities, Vintage


@dataclass(frozen=True, slots=True)
class Represented:
    """The residents of some cities.

    Args:
        counted: the population of each city that was added.
        inside: cities that lie in another one of them, which counts for both.
        unknown: cities without a population in this vintage: the sum is a lower bound.
    """

    vintage: Vintage | None
    counted: dict[str, int]
    inside: frozenset[str]
    unknown: frozenset[str]

    @property
    def total(self) -> int | None:
        """The sum; None when nothing is known of any city."""
        return None if self.unknown and not self.counted else sum(self.counted.values())


def represented(lineages: Iterable[str], cities: Cities, day: date) -> Represented:
    """Return the residents of distinct cities, each counted once.

    A city inside another engaged jurisdiction is left out when that one's population is known; of
    an outer one that is unknown the inner cities still are a lower bound.
    """
    engaged = frozenset(lineages)
    vintage = cities.best_vintage()
    known = {
        lineage: population
        for lineage in engaged
        if (population := cities.population(lineage, vintage)) is not None
    }
    inside = frozenset(
        lineage
        for lineage in engaged
        if any(outer in known for outer in cities.enclosing(lineage, day))
    )
    counted = {lineage: known[lineage] for lineage in sorted(known) if lineage not in inside}
    return Represented(vintage, counted, inside, engaged - inside - known.keys())


SIZE_CLASSES = (
    (10_000, "<10k"),
    (50_000, "10–<50k"),
    (100_000, "50–<100k"),
    (250_000, "100–<250k"),
    (1_000_000, "250k–<1M"),
)
LARGEST = "≥1M"
UNKNOWN = "unknown"


def size_class(population: int | None) -> str:
    """Return the size class of a city; unknown is a class of its own."""
    if population is None:
        return UNKNOWN
    return next((name for limit, name in SIZE_CLASSES if population < limit), LARGEST)
