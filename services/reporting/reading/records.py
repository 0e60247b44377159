"""Reading what is known of one city, activity, resource or fact, and what leads on from it."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from services.reporting.domain.course import Stage, course
from services.reporting.domain.dates import FOREVER, Dates, local_date, on_day, stated_dates
from services.reporting.domain.evidence import ITEMS, Contribution, Item, Question, items_of
from services.reporting.domain.ground import Ground
from services.reporting.domain.knowledge import (
    Activity,
    City,
    Edition,
    Knowledge,
    OccurrenceState,
    Share,
    Work,
)
from services.reporting.domain.occurrences import Occurrence, date_of
from services.reporting.domain.period import Period, quarter_of
from services.reporting.domain.registry import Registry
from services.reporting.reading import rows
from services.reporting.reading.absence import ground_of_city
from services.reporting.reading.as_known import AsKnown
from services.reporting.reading.evidence import facts_under, standing
from services.reporting.reading.surroundings import Surroundings
from services.reporting.reading.tables import QUERIES, snapshot
from shared.ledger import RemoteLedger
from shared.queries import Connection
from shared.recorded import Recorded

WORKS_OF_CITY_MAX = 200
QUARTERS_MOVED_MAX = 4
EVER = Dates(date.min, FOREVER.date())


class UnknownRecord(LookupError):
    """Nothing is known by this id; the message says what was asked for."""


@dataclass(frozen=True, slots=True)
class Handed:
    """A work that reached a city, by the fact that says so."""

    resource_id: str
    title: str | None
    way: str
    on: Dates
    fact: tuple[str, int]


@dataclass(frozen=True, slots=True)
class CityRecord:
    """What is known of a city.

    Args:
        description: as it stands now, from the ledger: with the ids of other registers.
        stages: its quarters, the latest first.
        activities: those at which it was.
    """

    city: City
    lineage: str
    ground: Ground
    description: Recorded
    stages: Sequence[Stage]
    activities: Mapping[str, Activity]
    handed: Sequence[Handed]


@dataclass(frozen=True, slots=True)
class ActivityRecord:
    """What is known of an activity, and the facts under each of its occurrences."""

    activity_id: str
    activity: Activity | None
    occurrences: Sequence[tuple[OccurrenceState, Occurrence | None]]
    facts: Sequence[Sequence[Contribution]]


@dataclass(frozen=True, slots=True)
class ResourceRecord:
    """What is known of a work, and the facts under it."""

    work: Work
    editions: Sequence[Edition]
    shares: Sequence[Share]
    facts: Sequence[Contribution]


@dataclass(frozen=True, slots=True)
class FactRecord:
    """A fact as its ledger holds it, and the figures in whose evidence it stands.

    Args:
        moved: a period and a metric each.
        ground: to tell which cities it may name.
    """

    recorded: Recorded
    ground: Ground
    moved: Sequence[tuple[Period, str]]


@dataclass(frozen=True)
class Records:
    """Reads single records: rows as they stand now, and the ledgers behind them."""

    connection: Connection
    registry: Registry
    today: date
    surroundings: Surroundings
    ledgers: Mapping[str, RemoteLedger]

    async def cities(self) -> list[City]:
        """Return every city as described."""
        return [rows.city(row) for row in await self._fetch("cities", FOREVER)]

    async def city(self, city_id: str) -> CityRecord:
        """Return what is known of a city.

        Raises:
            UnknownRecord: no city is registered under the id.
        """
        epoch, latest = self.registry.parameters.partnership_epoch, quarter_of(self.today)
        async with snapshot(self.connection):
            ground, pointers = await ground_of_city(
                self._reader(latest), self.registry, EVER, city_id, None, self.surroundings
            )
            lineage = ground.cities.lineage(city_id)
            city = ground.cities.described(lineage, self.today)
            if city is None:
                raise UnknownRecord(f"no city is registered under {city_id!r}")
            touches = [touch for touch in ground.touches if touch.lineage == lineage]
            ids = sorted({touch.sitting[0] for touch in touches if touch.sitting})
            activities = await self._activities(ids)
            reached = await self._fetch(
                "works_for_city", FOREVER, sorted(pointers), WORKS_OF_CITY_MAX
            )
            [place] = await self._fetch("latest_description", city.city_id)
        return CityRecord(
            city=city,
            lineage=lineage,
            ground=ground,
            description=await self._recorded("membership", place["stream"], place["version"]),
            stages=course(ground, lineage, touches, epoch, latest),
            activities=activities,
            handed=[_handed(row, ground) for row in reached],
        )

    async def activity(self, activity_id: str) -> ActivityRecord:
        """Return what is known of an activity: its announcement, its occurrences, their facts.

        Raises:
            UnknownRecord: nothing is known of it.
        """
        async with snapshot(self.connection):
            activity = (await self._activities([activity_id])).get(activity_id)
            states = await self._states(activity_id)
            if activity is None and not states:
                raise UnknownRecord(f"no activity is known under {activity_id!r}")
            seen: dict[tuple[str, str], Occurrence] = {}
            for quarter in _quarters(date_of(state) for state in states):
                ground = await self._ground(quarter, None)
                seen |= {each.sitting: each for each in ground.within(quarter.dates)}
            await self.connection.execute(QUERIES["rows_by_key"])
            items = [
                Item(key=state.occurrence, said={}, counted=0, occurrences=(state.sitting,))
                for state in states
            ]
            facts = await self._facts(items)
        return ActivityRecord(
            activity_id=activity_id,
            activity=activity,
            occurrences=[(state, seen.get(state.sitting)) for state in states],
            facts=facts,
        )

    async def resource(self, resource_id: str) -> ResourceRecord:
        """Return what is known of a work: its editions, with whom it was shared, the facts.

        Raises:
            UnknownRecord: nothing is known of it.
        """
        async with snapshot(self.connection):
            ground = await self._ground(quarter_of(self.today), None)
            work = ground.work(resource_id)
            if work is None:
                raise UnknownRecord(f"no resource is known under {resource_id!r}")
            await self.connection.execute(QUERIES["rows_by_key"])
            item = Item(key=resource_id, said={}, counted=0, resources=(resource_id,))
            [facts] = await self._facts([item])
        known = ground.knowledge
        return ResourceRecord(
            work=work,
            editions=[each for each in known.editions if each.resource_id == resource_id],
            shares=[each for each in known.shares if each.resource_id == resource_id],
            facts=facts,
        )

    async def fact(self, ledger: str, stream: str, version: int) -> FactRecord:
        """Return a fact, and the figures in whose evidence it stands.

        Raises:
            UnknownRecord: the ledger holds nothing there that was projected.
            Unavailable: the ledger does not answer.
        """
        if ledger not in self.ledgers or not await self._fetch("fact_at", ledger, stream, version):
            raise UnknownRecord(f"no fact is known at {ledger}/{stream}/{version}")
        recorded = await self._recorded(ledger, stream, version)
        payload = await self._as_counted(recorded.fact.model_dump(mode="json"))
        moved: list[tuple[Period, str]] = []
        async with snapshot(self.connection):
            ground = await self._ground(quarter_of(self.today), None)
            for quarter in await self.quarters_of(payload):
                by_sitting = await self._ground(quarter, quarter.dates)
                counted = await asyncio.to_thread(_moved, by_sitting, quarter, recorded, payload)
                moved += [(quarter, metric) for metric in counted]
        return FactRecord(recorded, ground, moved)

    async def _as_counted(self, payload: dict[str, Any]) -> dict[str, Any]:
        """Return what a fact says, of the activity that the one it names counts as."""
        counted = await self._fetch("counted_as", FOREVER, payload.get("activity_id"))
        return payload | {"activity_id": counted[0]["root_id"]} if counted else payload

    async def quarters_of(self, payload: Mapping[str, Any]) -> list[Period]:
        """Return the quarters in which what a fact speaks of lies, the first one first."""
        dates: list[Dates | None] = []
        if "activity_id" in payload:
            dates = [
                date_of(state)
                for state in await self._states(payload["activity_id"])
                if payload.get("occurrence", state.occurrence) == state.occurrence
            ]
        elif "on" in payload and ("resource_id" in payload or "city" in payload):
            dates = [stated_dates(payload["on"])]
        elif "at" in payload:
            dates = [on_day(local_date(datetime.fromisoformat(payload["at"]), "UTC"))]
        return _quarters(dates)[:QUARTERS_MOVED_MAX]

    async def _fetch(self, query: str, *arguments: Any) -> list[Any]:
        return list(await self.connection.fetch(QUERIES[query], *arguments))

    def _reader(self, period: Period) -> AsKnown:
        return AsKnown(self.connection, self.registry.parameters, period, FOREVER)

    async def _ground(self, period: Period, days: Dates | None) -> Ground:
        known = await standing(
            self.connection, self.registry, period, days, self.surroundings, None
        )
        return Ground(known or await self._reader(period).knowledge(), self.registry)

    async def _activities(self, ids: Sequence[str]) -> dict[str, Activity]:
        found = await self._fetch("activities", FOREVER, list(ids))
        return {row["activity_id"]: rows.activity(row) for row in found}

    async def _states(self, activity_id: str) -> list[OccurrenceState]:
        found = await self._fetch("sittings_of_activity", FOREVER, activity_id)
        states = [rows.state(row) for row in found]
        return sorted(states, key=lambda state: (str(date_of(state)), state.occurrence))

    async def _facts(self, items: Sequence[Item]) -> list[Sequence[Contribution]]:
        reader = self._reader(quarter_of(self.today))
        facts = await facts_under(reader, items, Ground(Knowledge(), self.registry), EVER)
        return [facts[id(item)] for item in items]

    async def _recorded(self, ledger: str, stream: str, version: int) -> Recorded:
        """Return a fact as its ledger holds it."""
        found = await self.ledgers[ledger].fact(stream, version)
        if found is None:
            raise UnknownRecord(f"{ledger} holds no fact {version} of {stream}")
        return found


def _handed(row: Any, ground: Ground) -> Handed:
    work = ground.work(row["resource_id"])
    return Handed(
        resource_id=row["resource_id"],
        title=work.title if work else None,
        way=row["way"],
        on=rows.dates(row),
        fact=(row["stream"], row["version"]),
    )


def _quarters(dates: Iterable[Dates | None]) -> list[Period]:
    """Return the quarters in which some dates lie for certain, the first one first."""
    found = {quarter for on in dates if on and on.lies_in((quarter := quarter_of(on.first)).dates)}
    return sorted(found, key=lambda quarter: quarter.dates)


def _moved(
    ground: Ground, quarter: Period, recorded: Recorded, payload: Mapping[str, Any]
) -> list[str]:
    """Return the figures of a quarter that have an item standing on a fact."""
    question = Question(ground, quarter)
    return [
        metric
        for metric in ITEMS
        if any(_stands_on(item, recorded, payload, ground) for item in items_of(question, metric))
    ]


def _stands_on(item: Item, recorded: Recorded, payload: Mapping[str, Any], ground: Ground) -> bool:
    key, activity = (recorded.stream, recorded.version), payload.get("activity_id")
    if any(touch.fact == key for touch in item.touches):
        return True
    if not _may_be_of(item, payload, ground):
        return False
    sittings = [*item.occurrences, *(touch.sitting for touch in item.touches if touch.sitting)]
    if activity is not None:
        occurrence = payload.get("occurrence")
        return any(s[0] == activity and occurrence in (None, s[1]) for s in sittings)
    resource = payload.get("resource_id")
    return resource is not None and resource in (
        *item.resources,
        *(touch.resource_id for touch in item.touches),
    )


def _may_be_of(item: Item, payload: Mapping[str, Any], ground: Ground) -> bool:
    """Tell whether a fact that names a city names the city of an item."""
    pointer = payload.get("city")
    if item.lineage is None or not pointer:
        return True
    named = pointer["city_id"] or f"?{pointer['reference_id']}"
    city_id = ground.cities.resolve(named, EVER)
    return city_id is not None and ground.cities.lineage(city_id) == item.lineage
