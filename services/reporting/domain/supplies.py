"""Whom works reached: counted where pointers stand for themselves, one by one where they do not."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from functools import cached_property

from services.reporting.domain.cities import Cities
from services.reporting.domain.dates import Dates
from services.reporting.domain.knowledge import Delivery, Downloads, Knowledge


def told_apart(pointers: Iterable[str], cities: Cities) -> frozenset[str]:
    """Return the pointers of which works cannot be counted by their number alone.

    They mean one city today and another tomorrow, or the same as some other pointer, so that a work
    handed to both went to one city; or nobody knows yet what they mean.
    """
    meanings = {pointer: cities.meanings(pointer) for pointer in pointers}
    sharing: dict[str, list[str]] = defaultdict(list)
    for pointer, lineages in meanings.items():
        for lineage in lineages:
            sharing[lineage].append(pointer)
    return frozenset(
        pointer
        for pointer, lineages in meanings.items()
        if len(lineages) != 1 or any(len(sharing[lineage]) > 1 for lineage in lineages)
    )


class Supplies:
    """What is known of deliveries and downloads, each counted once."""

    def __init__(self, knowledge: Knowledge, cities: Cities) -> None:
        """Take what is known; a row of a pointer that is counted is not counted again."""
        self._knowledge, self._cities = knowledge, cities
        self._counted = frozenset(supply.city for supply in knowledge.supplies)

    @cached_property
    def deliveries(self) -> list[Delivery]:
        """The deliveries that are not counted otherwise."""
        return [row for row in self._knowledge.deliveries if row.city not in self._counted]

    @cached_property
    def _downloads(self) -> list[Downloads]:
        return [row for row in self._knowledge.downloads if row.city not in self._counted]

    @cached_property
    def _downloaded(self) -> dict[Dates, tuple[int, int]]:
        """By date how often, and how often for a city that is known."""
        said: list[tuple[str | None, Dates, int]] = [
            *((supply.city, supply.on, supply.downloads) for supply in self._knowledge.supplies),
            *((row.city, row.month, row.times) for row in self._downloads),
        ]
        found: dict[Dates, tuple[int, int]] = {}
        for pointer, on, times in said:
            every, attributed = found.get(on, (0, 0))
            known = self._cities.resolve(pointer, on) is not None
            found[on] = every + times, attributed + times * known
        return found

    def reached(self) -> Iterator[tuple[Dates, str]]:
        """Yield when which cities were handed a work, or downloaded one."""
        reached: list[tuple[str | None, Dates]] = [
            *((supply.city, supply.on) for supply in self._knowledge.supplies),
            *((row.city, row.on) for row in self.deliveries),
            *((row.city, row.month) for row in self._downloads),
        ]
        for pointer, on in reached:
            city_id = self._cities.resolve(pointer, on)
            if city_id is not None:
                yield on, self._cities.lineage(city_id)

    def cities_by_work(self, window: Dates) -> Counter[str]:
        """Return to how many cities each work was handed within a window of the report.

        Raises:
            KeyError: no figure is counted over that window, so nothing was counted for it.
        """
        found = Counter(self._knowledge.handed[window] if self._knowledge.supplies else {})
        pairs = {
            (row.resource_id, self._cities.lineage(city_id))
            for row in self.deliveries
            if row.on.lies_in(window)
            and (city_id := self._cities.resolve(row.city, row.on)) is not None
        }
        found.update(resource_id for resource_id, _ in pairs)
        return found

    def deliveries_unattributed(self, window: Dates) -> int:
        """Return how often a work was handed to nobody knows which city."""
        # A pointer that means no city is told apart, so the supplies hold none.
        return sum(
            row.times
            for row in self.deliveries
            if row.on.lies_in(window) and self._cities.resolve(row.city, row.on) is None
        )

    def downloads(self, window: Dates) -> tuple[int, int]:
        """Return how often works were downloaded, and how often for a city that is known."""
        within = [counts for on, counts in self._downloaded.items() if on.lies_in(window)]
        return sum(every for every, _ in within), sum(attributed for _, attributed in within)
