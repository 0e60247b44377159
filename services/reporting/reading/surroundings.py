"""What surrounds the occurrences: cities and networks, works and whom they reached.

It grows slowly, and every report reads all of it; whom works reached is counted (reach.py). As of
now it is kept until a fact of its ledger is projected: then, and only then, can it have changed.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from services.reporting.domain.cities import Cities
from services.reporting.domain.dates import FOREVER
from services.reporting.domain.knowledge import (
    CityPopulation,
    Edition,
    MembershipChange,
    Share,
    Succession,
)
from services.reporting.domain.period import Period
from services.reporting.reading import reach, rows
from services.reporting.reading.reach import Part
from services.reporting.reading.tables import QUERIES
from shared.queries import Connection

PARTS_KEPT_MAX = 14
"""The cities, the works, and whom they reached in 12 periods: of 2,000 cities one takes 1 MB."""


async def cities(connection: Connection, known_at: datetime) -> Part:
    """Return the cities, who they are and were, and to which networks they belong."""

    async def fetch(query: str) -> list[Any]:
        return list(await connection.fetch(QUERIES[query], known_at))

    return {
        "cities": [rows.city(row) for row in await fetch("cities")],
        "populations": [CityPopulation(*row) for row in await fetch("populations")],
        "successions": [
            Succession(row["city_id"], tuple(row["successors"]), row["reason"], rows.dates(row))
            for row in await fetch("successions")
        ],
        "memberships": [
            MembershipChange(
                row["city_id"],
                row["network"],
                row["active"],
                rows.dates(row),
                row["stream"],
                row["version"],
            )
            for row in await fetch("memberships")
        ],
        "references": {row["reference_id"]: row["city_id"] for row in await fetch("references")},
    }


async def works(connection: Connection, known_at: datetime) -> Part:
    """Return all works, their editions, and with whom they were shared."""

    async def fetch(query: str) -> list[Any]:
        return list(await connection.fetch(QUERIES[query], known_at))

    return {
        "works": [rows.work(row) for row in await fetch("works")],
        "editions": [
            Edition(row["resource_id"], row["language"], row["edition"], rows.dates(row))
            for row in await fetch("editions")
        ],
        "shares": [
            Share(row["resource_id"], row["shared_with"], rows.dates(row))
            for row in await fetch("shares")
        ],
    }


@dataclass
class Surroundings:
    """What surrounds the occurrences as of now, read again when its ledger has moved."""

    _kept: dict[object, tuple[object, Part]] = field(default_factory=dict)

    async def read(
        self, connection: Connection, versions: Mapping[str, object], period: Period
    ) -> dict[str, Any]:
        """Return all of it.

        Args:
            connection: inside of the snapshot of the report.
            versions: what is another when that snapshot holds other facts of a ledger.
            period: of the report; whom works reached is counted over its windows.
        """
        of_cities, of_works = versions.get("membership"), versions.get("resources")
        known = await self._of("cities", of_cities, lambda: cities(connection, FOREVER))

        async def read_reach() -> Part:
            identities = Cities(
                known["cities"], successions=known["successions"], references=known["references"]
            )
            return await reach.counted(connection, identities, period.windows, period.recent)

        return {
            **known,
            **await self._of("works", of_works, lambda: works(connection, FOREVER)),
            # What a pointer means is of membership.
            **await self._of(period, (of_cities, of_works), read_reach),
        }

    async def _of(self, key: object, version: object, read: Callable[[], Awaitable[Part]]) -> Part:
        kept = self._kept.pop(key, None)
        if kept is None or kept[0] != version:
            kept = version, await read()
        self._kept[key] = kept
        while len(self._kept) > PARTS_KEPT_MAX:
            del self._kept[next(iter(self._kept))]
        return kept[1]
