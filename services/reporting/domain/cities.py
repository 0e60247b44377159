"""Cities over time: who is the same city as whom, who belongs to which network, who has left."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from services.reporting.domain.dates import Dates, on_day
from services.reporting.domain.knowledge import (
    City,
    CityPopulation,
    MembershipChange,
    Succession,
)

NETWORKS = ("NLC", "SCN")
Vintage = tuple[str, int]
"""A source of populations and its year."""


class Cities:
    """The identity of every city, as known at one moment.

    A *lineage* is one city through its renames and second entries: figures count lineages. Its
    key is the last identity of the chain; `shown` tells which identity was valid on a day.
    """

    def __init__(
        self,
        cities: Iterable[City],
        populations: Iterable[CityPopulation] = (),
        successions: Iterable[Succession] = (),
        memberships: Iterable[MembershipChange] = (),
        references: Mapping[str, str | None] | None = None,
    ) -> None:
        """Take the rows; nothing is counted yet."""
        self._described = {city.city_id: city for city in cities}
        self._references = dict(references or {})
        self._duplicates: dict[str, str] = {}
        self._renames: dict[str, Succession] = {}
        self._departures: dict[str, Succession] = {}
        for succession in successions:
            self._place(succession)
        self._renamed_from: dict[str, str] = {}
        for city_id, rename in sorted(self._renames.items(), reverse=True):
            self._renamed_from[self.canonical(rename.successors[0])] = self.canonical(city_id)
        renamed = {former: rename.successors[0] for former, rename in self._renames.items()}
        self._steps = self._duplicates | renamed
        self._lineages: dict[str, str] = {}
        self._shown: dict[tuple[str, date], str] = {}
        self._networks: dict[tuple[str, date], frozenset[str]] = {}
        self._meant: dict[str, str] = {}
        self._changes: dict[str, list[MembershipChange]] = defaultdict(list)
        for change in memberships:
            self._changes[self.lineage(change.city_id)].append(change)
        self._populations = self._by_vintage(populations)

    def _place(self, succession: Succession) -> None:
        only_one = len(succession.successors) == 1
        if succession.reason == "duplicate":
            self._duplicates[succession.city_id] = succession.successors[0]
        elif succession.reason == "rename" and only_one:
            self._renames[succession.city_id] = succession
        else:
            self._departures[succession.city_id] = succession

    def departed_pointers(self) -> frozenset[str]:
        """Return the pointers to cities that went over into others at some time."""
        named = self._duplicates.keys() | self._departures.keys()
        meant = [(city_id, city_id) for city_id in named]
        meant += [(f"?{name}", city_id) for name, city_id in self._references.items() if city_id]
        return frozenset(
            pointer for pointer, city_id in meant if self.canonical(city_id) in self._departures
        )

    def departure_days(self) -> frozenset[date]:
        """Return the days from which a pointer may mean another city than before."""
        return frozenset(departure.on.certain for departure in self._departures.values())

    def meanings(self, pointer: str) -> frozenset[str]:
        """Return the lineages that a pointer means on one day or another; none while unknown."""
        named = self._references.get(pointer[1:]) if pointer.startswith("?") else pointer
        if named is None:
            return frozenset()
        city_id = self.canonical(named)
        passed = [city_id]
        while (departure := self._departures.get(city_id)) and len(departure.successors) == 1:
            city_id = self.canonical(departure.successors[0])
            if city_id in passed:
                break
            passed.append(city_id)
        return frozenset(map(self.lineage, passed))

    def canonical(self, city_id: str) -> str:
        """Return the city that an id stands for: itself, or the one it was a second entry of."""
        return _followed(city_id, self._duplicates)

    def lineage(self, city_id: str) -> str:
        """Return the key of the city's lineage: its last identity."""
        found = self._lineages.get(city_id)
        if found is None:
            found = self._lineages[city_id] = _followed(city_id, self._steps)
        return found

    def resolve(self, pointer: str | None, on: Dates) -> str | None:
        """Return the city that a pointer meant on a date, or None while nobody can tell.

        A merged city stands for its successor from the day of the merger on; a split one keeps its
        name, because nothing says which part was meant.
        """
        if pointer is None:
            return None
        city_id = self._meant.get(pointer)
        if city_id is None:
            named = self._references.get(pointer[1:]) if pointer.startswith("?") else pointer
            if named is None:
                return None
            city_id = self._meant[pointer] = self.canonical(named)
        return self._merged(city_id, on) if city_id in self._departures else city_id

    def _merged(self, city_id: str, on: Dates) -> str:
        seen = {city_id}
        while (departure := self._departures.get(city_id)) is not None:
            if len(departure.successors) != 1 or on.first < departure.on.certain:
                break
            following = self.canonical(departure.successors[0])
            if following in seen:
                break
            seen.add(following)
            city_id = following
        return city_id

    def shown(self, lineage: str, day: date) -> str:
        """Return the identity of a lineage that was valid on a day."""
        found = self._shown.get((lineage, day))
        if found is None:
            found = self._shown[lineage, day] = self._valid(lineage, day)
        return found

    def _valid(self, lineage: str, day: date) -> str:
        identity = self.canonical(lineage)
        seen = {identity}
        while (former := self._renamed_from.get(identity)) is not None and former not in seen:
            if self._renames[former].on.certain <= day:
                break
            seen.add(former)
            identity = former
        return identity

    def described(self, lineage: str, day: date) -> City | None:
        """Return the description of the identity valid on a day; None before it is registered."""
        return self._described.get(self.shown(lineage, day)) or self._described.get(lineage)

    def networks(self, lineage: str, day: date) -> frozenset[str]:
        """Return the networks of which the city is a member on a day."""
        found = self._networks.get((lineage, day))
        if found is None:
            found = self._networks[lineage, day] = self._belongs(lineage, day)
        return found

    def _belongs(self, lineage: str, day: date) -> frozenset[str]:
        if self.gone(lineage, day):
            return frozenset()
        changes = self._changes.get(lineage, ())
        return frozenset(network for network in NETWORKS if _active(changes, network, day))

    def members(self, network: str, day: date) -> frozenset[str]:
        """Return the lineages that are members of a network on a day."""
        return frozenset(
            lineage for lineage in self._changes if network in self.networks(lineage, day)
        )

    def gone(self, lineage: str, day: date) -> bool:
        """Tell whether the city had gone over into others, by merger or split, on a day."""
        return self.departure(lineage, day) is not None

    def departure(self, lineage: str, day: date) -> Succession | None:
        """Return the merger or split by which the city had gone over into others on a day."""
        found = self._departures.get(self.shown(lineage, day)) or self._departures.get(lineage)
        return found if found is not None and found.on.certain <= day else None

    def pointers(self, lineage: str, window: Dates) -> frozenset[str]:
        """Return the pointers that mean a city at the start or at the end of a window."""
        ids = {
            *self._described,
            *self._steps,
            *self._departures,
            *self._renames,
            *(change.city_id for changes in self._changes.values() for change in changes),
            lineage,
        }
        asked = [*ids, *(f"?{name}" for name in self._references)]
        days = (on_day(window.first), on_day(window.last))
        return frozenset(
            pointer
            for pointer in asked
            for day in days
            if (city_id := self.resolve(pointer, day)) and self.lineage(city_id) == lineage
        )

    def left(self, lineage: str, day: date) -> bool:
        """Tell whether the city is no longer eligible: gone, or all its memberships have ended.

        A city that never was a member has not left.
        """
        if self.gone(lineage, day):
            return True
        was_member = any(
            change.active and change.on.certain <= day for change in self._changes.get(lineage, ())
        )
        return was_member and not self.networks(lineage, day)

    def enclosing(self, lineage: str, day: date) -> list[str]:
        """Return the lineages around the city, the nearest first."""
        around: list[str] = []
        inner = self.described(lineage, day)
        while inner is not None and inner.within is not None:
            outer = self.lineage(inner.within)
            if outer in around or outer == lineage:
                break
            around.append(outer)
            inner = self.described(outer, day)
        return around

    def best_vintage(self) -> Vintage | None:
        """Return the source and year that knows most cities; of equals the newest, then by name."""
        if not self._populations:
            return None
        return min(
            self._populations,
            key=lambda vintage: (-len(self._populations[vintage]), -vintage[1], vintage[0]),
        )

    def population(self, lineage: str, vintage: Vintage | None) -> int | None:
        """Return the city's population in a vintage, when it is known."""
        return self._populations[vintage].get(lineage) if vintage in self._populations else None

    def _by_vintage(self, populations: Iterable[CityPopulation]) -> dict[Vintage, dict[str, int]]:
        """Sort populations by vintage; of two identities of a city the last one's counts."""
        vintages: dict[Vintage, dict[str, int]] = defaultdict(dict)

        def lateness(row: CityPopulation) -> tuple[bool, bool, str]:
            lineage = self.lineage(row.city_id)
            return row.city_id == lineage, row.city_id == self.canonical(row.city_id), row.city_id

        for row in sorted(populations, key=lateness):
            vintages[(row.source, row.year)][self.lineage(row.city_id)] = row.population
        return dict(vintages)


def _followed(start: str, steps: Mapping[str, str]) -> str:
    """Follow the steps to their end; a circle ends at its smallest id, wherever it was entered."""
    path = [start]
    while (following := steps.get(path[-1])) is not None:
        if following in path:
            return min(path[path.index(following) :])
        path.append(following)
    return path[-1]


def _active(changes: Sequence[MembershipChange], network: str, day: date) -> bool:
    """Tell whether the latest change in force on a day, by its own date, was a start.

    Of one stream's changes on the same date the later version counts; where two identities of a
    city change on the same date (the old one ends, the new one starts), a start counts.
    """
    in_force = [
        change for change in changes if change.network == network and change.on.certain <= day
    ]
    if not in_force:
        return False
    latest = max(change.on.certain for change in in_force)
    last_words: dict[str, MembershipChange] = {}
    for change in sorted(in_force, key=lambda change: change.version):
        if change.on.certain == latest:
            last_words[change.stream] = change
    return any(change.active for change in last_words.values())
