"""All that a report looks at, as of now, from what stands derived (standing.py).

Costs what the report shows: the sittings of its windows, and the cities of each quarter since the
partnership began; never the people, and never the history of a sitting.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from services.reporting.domain.cities import Cities
from services.reporting.domain.dates import FOREVER, Dates
from services.reporting.domain.knowledge import (
    CityPresence,
    Help,
    Knowledge,
    Uniques,
)
from services.reporting.domain.period import Period
from services.reporting.domain.registry import Parameters, canonical_json
from services.reporting.reading import reach, rows
from services.reporting.reading.as_known import LEDGERS
from services.reporting.reading.surroundings import Surroundings
from services.reporting.reading.tables import QUERIES
from shared.queries import Connection

DERIVATION = 1
"""What stands derived by another number is derived again. Raise it when other rows follow from the
same facts; when the tables themselves change, a migration empties them."""


def meaning_of(parameters: Parameters) -> str:
    """Return what stands for the parameters and the code by which rows are derived."""
    canonical = canonical_json({"derivation": DERIVATION, **asdict(parameters)})
    return hashlib.sha256(canonical.encode()).hexdigest()


@dataclass(frozen=True)
class AsOfNow:
    """The rows that stand derived.

    Args:
        one_by_one: the days whose sittings are wanted one by one, for evidence.
        of: the pointers to the only cities for which they are wanted so.
        works_one_by_one: the days for which it is wanted so whom works reached.
    """

    connection: Connection
    parameters: Parameters
    period: Period
    surroundings: Surroundings
    one_by_one: Dates | None = None
    of: frozenset[str] | None = None
    works_one_by_one: Dates | None = None

    async def knowledge(self) -> Knowledge | None:
        """Return all that the report of the period looks at.

        None while not every sitting has been derived by these parameters and this code. What it
        says of the ledger of events is all that is in it for certain: of sittings that are being
        derived anew there may be more.
        """
        meaning = meaning_of(self.parameters)
        level = await self.connection.fetchrow(QUERIES["standing_level"], meaning)
        if level is None:
            return None
        span = self.period.span(self.parameters.partnership_epoch)
        if self.of is not None:  # whatever is known of these cities
            span = Dates(date.min, span.last)
        recent = self.period.recent
        projected = {row["ledger"]: row for row in await self._fetch("projected")}
        versions = {name: (row["tables"], row["facts"]) for name, row in projected.items()}
        projected["events"] = level
        facts = {name: projected[name]["facts"] if name in projected else 0 for name in LEDGERS}
        around = await self.surroundings.read(self.connection, versions, self.period)
        more = await self._reach_one_by_one(around)
        sittings = await self._fetch("standing_sittings", recent.first, recent.last)
        states = [rows.state(row) for row in sittings]
        ids = sorted({state.activity_id for state in states})
        return Knowledge(
            **around | more,
            activities={
                row["activity_id"]: rows.activity(row)
                for row in await self._fetch("activities", FOREVER, ids)
            },
            occurrences=states,
            turnouts={
                (row["activity_id"], row["occurrence"]): rows.turnout(row, row["registered"])
                for row in sittings
            },
            presences=await self._presences(span, around),
            uniques=await self._uniques(),
            dismissed=frozenset(map(tuple, await self._fetch("dismissals", FOREVER))),
            help=[
                Help(row["city"], row["network"], rows.dates(row), row["stream"], row["version"])
                for row in await self._fetch("help", FOREVER, span.first, span.last)
            ],
            facts=facts,
            data_to=max(
                (row["data_to"] for row in projected.values() if row["data_to"]), default=None
            ),
        )

    async def _fetch(self, query: str, *arguments: Any) -> list[Any]:
        return list(await self.connection.fetch(QUERIES[query], *arguments))

    async def _reach_one_by_one(self, around: Mapping[str, Any]) -> dict[str, Any]:
        """Return the deliveries and downloads that are told apart, and those that are wanted so."""
        counted = frozenset(supply.city for supply in around["supplies"])
        wanted: list[reach.Part] = [around]
        if self.of:
            pointers = self.of & counted
            wanted.append(await reach.of_cities(self.connection, pointers, self.period.recent))
        elif self.works_one_by_one is not None:
            every = await reach.one_by_one(self.connection, FOREVER, self.works_one_by_one)
            wanted.append(
                {
                    kind: [row for row in found if row.city in counted]
                    for kind, found in every.items()
                }
            )
        return {
            kind: [row for part in wanted for row in part.get(kind, ())]
            for kind in ("deliveries", "downloads")
        }

    async def _presences(self, span: Dates, around: Mapping[str, Any]) -> list[CityPresence]:
        """Return the cities of each stretch of days together, and by sitting where that matters."""
        # What a pointer to a city that went over into another means, the day decides.
        cities = Cities((), successions=around["successions"], references=around["references"])
        departed, days = cities.departed_pointers(), cities.departure_days()
        none = frozenset[str]()
        found: list[CityPresence] = []
        for row in await self._fetch("standing_cities", span.first, span.last):
            stretch = rows.dates(row)
            lists = row["cities"], row["attended"], row["contributed"], row["named"]
            together = rows.presences(*lists, stretch)
            apart = departed if any(stretch.first < day <= stretch.last for day in days) else none
            if self.one_by_one is not None and stretch.may_lie_in(self.one_by_one):
                if self.of is None:
                    found.extend(await self._of_sittings(stretch, None))
                    continue
                apart |= self.of
            found.extend(each for each in together if each.city not in apart)
            if apart:
                found.extend(await self._of_sittings(stretch, apart))
        return found

    async def _of_sittings(self, stretch: Dates, only: frozenset[str] | None) -> list[CityPresence]:
        """Return the cities at each sitting held in a stretch: all of them, or only some."""
        pointers = None if only is None else sorted(only)
        found = await self._fetch(
            "standing_cities_of_sittings", stretch.first, stretch.last, pointers
        )
        return [
            presence
            for row in found
            for presence in rows.presences(
                *(row["cities"], row["city_attended"], row["city_contributed"]),
                *(row["city_named"], rows.dates(row), (row["activity_id"], row["occurrence"])),
            )
            if only is None or presence.city in only
        ]

    async def _uniques(self) -> dict[Dates, Uniques]:
        windows = self.period.windows
        counted = await self._fetch(
            "standing_uniques",
            [window.first for window in windows],
            [window.last for window in windows],
        )
        return {rows.dates(row): Uniques(*tuple(row)[2:]) for row in counted}
