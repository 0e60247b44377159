"""The ground a report stands on: what is known, made into occurrences, touches and works once."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from services.reporting.domain.cities import Cities
from services.reporting.domain.dates import Dates
from services.reporting.domain.knowledge import CityPresence, Knowledge, Work
from services.reporting.domain.occurrences import Occurrence, occurrences
from services.reporting.domain.period import Period
from services.reporting.domain.registry import Registry
from services.reporting.domain.supplies import Supplies
from services.reporting.domain.touches import (
    Calendar,
    Touch,
    broad_touches,
    core_days,
    core_touches,
)
from services.reporting.domain.works import Shared, first_shares


@dataclass(frozen=True)
class Ground:
    """What every figure of a report is counted from, and nothing else is."""

    knowledge: Knowledge
    registry: Registry

    @cached_property
    def cities(self) -> Cities:
        """Who is the same city as whom."""
        knowledge = self.knowledge
        return Cities(
            knowledge.cities,
            knowledge.populations,
            knowledge.successions,
            knowledge.memberships,
            knowledge.references,
        )

    @cached_property
    def occurrences(self) -> Sequence[Occurrence]:
        """All occurrences with a date."""
        knowledge = self.knowledge
        return occurrences(
            knowledge.occurrences,
            knowledge.activities,
            knowledge.turnouts,
            self.registry.parameters,
        )

    @cached_property
    def touches(self) -> Sequence[Touch]:
        """All core touches."""
        return core_touches(self.knowledge.presences, self.knowledge.help, self.cities)

    @cached_property
    def broad_touches(self) -> Sequence[Touch]:
        """The attributed deliveries and downloads, of those that are known one by one."""
        return broad_touches(self.knowledge.deliveries, self.knowledge.downloads, self.cities)

    @cached_property
    def supplies(self) -> Supplies:
        """Whom works reached, in numbers."""
        return Supplies(self.knowledge, self.cities)

    @cached_property
    def first_shares(self) -> Sequence[Shared]:
        """The first share of each work."""
        return first_shares(self.knowledge.shares, self.knowledge.works)

    @cached_property
    def _works(self) -> dict[str, Work]:
        return {work.resource_id: work for work in self.knowledge.works}

    def work(self, resource_id: str) -> Work | None:
        """Return a work; None before its description is known."""
        return self._works.get(resource_id)

    @cached_property
    def _engaged(self) -> Calendar:
        return Calendar(core_days(self._presences, self.knowledge.help, self.cities))

    @cached_property
    def _supplied(self) -> Calendar:
        return Calendar(self.supplies.reached())

    @cached_property
    def _presences(self) -> dict[Dates, list[CityPresence]]:
        found: dict[Dates, list[CityPresence]] = {}
        for presence in self.knowledge.presences:
            found.setdefault(presence.on, []).append(presence)
        return found

    @cached_property
    def _attributed(self) -> dict[Dates, int]:
        return {
            on: sum(map(self.attributed_of, presences)) for on, presences in self._presences.items()
        }

    def engaged(self, window: Dates) -> frozenset[str]:
        """Return the cities with a core touch within a window."""
        return self._engaged.within(window)

    def last_engaged(self, window: Dates) -> dict[str, Dates]:
        """Return the last date within a window on which each city was touched."""
        return self._engaged.last(window)

    def broadly_engaged(self, window: Dates) -> frozenset[str]:
        """Return those, and the cities with an attributed delivery or download."""
        return self.engaged(window) | self._supplied.within(window)

    def presences(self, window: Dates) -> list[CityPresence]:
        """Return how cities were there at the occurrences held in a window."""
        return [
            presence
            for on, presences in self._presences.items()
            if on.lies_in(window)
            for presence in presences
        ]

    def attributed(self, window: Dates) -> int:
        """Return how many of those who attended within a window belong to a city."""
        return sum(people for on, people in self._attributed.items() if on.lies_in(window))

    def attributed_of(self, presence: CityPresence) -> int:
        """Return how many of those who attended belong to a city."""
        known = self.cities.resolve(presence.city, presence.on) is not None
        return presence.attended if known else 0

    def within(self, window: Dates) -> list[Occurrence]:
        """Return the occurrences that lie in a window."""
        return [occurrence for occurrence in self.occurrences if occurrence.on.lies_in(window)]

    def held(self, window: Dates) -> list[Occurrence]:
        """Return the occurrences that were held in a window."""
        return [occurrence for occurrence in self.within(window) if occurrence.held]

    def awaiting(self, window: Dates) -> list[Occurrence]:
        """Return the held occurrences whose attendance is not settled."""
        return [occurrence for occurrence in self.held(window) if not occurrence.final]

    def known_earlier(self, period: Period) -> frozenset[str]:
        """Return the cities touched since the partnership began and before a period."""
        epoch = self.registry.parameters.partnership_epoch
        before = period.previous().dates.last
        return self.engaged(Dates(epoch, before)) if epoch <= before else frozenset()
