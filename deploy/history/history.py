"""A whole history, told quarter by quarter: what happened in one aggregate stands together."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from deploy.history import activities, works
from deploy.history.cities import City, cities
from deploy.history.memberships import helped, memberships, registrations
from deploy.history.people import People
from deploy.history.shape import QUARTERS, Budget, CloudEvent, Shape, quarter_of

SEED = 1


@dataclass(frozen=True)
class History:
    """So many facts, from a seed; `source` is the credential they are published with.

    Nothing of it is held but its cities and one sitting at a time, however long it is.
    """

    facts: int
    seed: int = SEED
    source: str = "demo"

    @cached_property
    def shape(self) -> Shape:
        """How much of what it holds."""
        return Shape.of(self.facts)

    @cached_property
    def cities(self) -> tuple[City, ...]:
        """The cities it takes place in."""
        return cities(self.shape.cities, self.prefix)

    @property
    def prefix(self) -> str:
        """What every id in it begins with, so that two histories can stand side by side."""
        return f"s{self.seed}"

    def events(self, part: int = 0, parts: int = 1) -> Iterator[CloudEvent]:
        """Yield its CloudEvents; each becomes one fact.

        Args:
            part: of the activities and works only each parts-th, from this one on; the cities
                belong to part 0. All parts together are the whole, in another order, and no two
                of them tell of the same activity, work or city.
            parts: how many share the work.
        """
        participations = self.shape.participations
        reached = self.facts - participations - self._announced
        source = {"source": f"/systems/{self.source}"}
        for event in self._told(participations, reached, part, parts):
            yield source | event

    @cached_property
    def _announced(self) -> int:
        """How many facts tell of neither participation nor reach: counted by telling those."""
        return sum(1 for _ in self._told(0, 0))

    @cached_property
    def _weights(self) -> tuple[float, float]:
        """The weights of all activities and of all works."""
        return (
            sum(self._activity(n).weight for n in range(self.shape.activities)),
            sum(self._work(n).weight for n in range(self.shape.works)),
        )

    def _told(
        self, participations: int, reached: int, part: int = 0, parts: int = 1
    ) -> Iterator[CloudEvent]:
        people = People(self.shape.people, self.cities, self.prefix, self.seed)
        weights = self._weights
        visits, reach = Budget(participations, weights[0]), Budget(reached, weights[1])
        if part == 0:
            yield from registrations(self.cities)
        for quarter in range(QUARTERS):
            if part == 0:
                yield from memberships(self.cities, quarter, self.seed)
                yield from helped(self.cities, quarter, self.seed)
            for n in _in_quarter(quarter, self.shape.activities):
                activity = self._activity(n)
                # Every part deals out the whole, so that the parts agree on who gets what.
                if n % parts == part:
                    yield from activities.told(activity, people, self.cities, visits, self.seed)
                else:
                    for sitting in activity.sittings:
                        visits.share(sitting.weight)
            for n in _in_quarter(quarter, self.shape.works):
                work = self._work(n)
                facts = reach.share(work.weight)
                if n % parts == part:
                    yield from works.told(work, self.cities, facts, self.seed)

    def _activity(self, number: int) -> activities.Activity:
        return activities.planned(number, self.shape.activities, self.prefix, self.seed)

    def _work(self, number: int) -> works.Work:
        return works.planned(number, self.shape.works, self.prefix, self.seed)


def _in_quarter(quarter: int, count: int) -> Iterator[int]:
    return (n for n in range(count) if quarter_of(n, count) == quarter)
