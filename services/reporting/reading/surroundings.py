"""What surrounds the occurrences: cities and networks, works and whom they reached.

It grows slowly, and every report reads all of it. As of now it is kept until a fact of its ledger
is projected, because then, and only then, can it have changed.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from sys import intern
from typing import Any

from services.reporting.domain.dates import FOREVER, Dates
from services.reporting.domain.knowledge import (
    CityPopulation,
    Delivery,
    Downloads,
    Edition,
    MembershipChange,
    Share,
    Succession,
)
from services.reporting.reading import rows
from services.reporting.reading.tables import QUERIES
from shared.queries import Connection

Part = Mapping[str, Any]
"""Fields of `Knowledge`, by name."""

REACHES_KEPT_MAX = 4
"""Of so many stretches of days, five quarters each: with a million facts one takes some 8 MB."""


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


async def works(connection: Connection, known_at: datetime, recent: Dates) -> Part:
    """Return all works and, within the recent days, whom they reached."""

    async def fetch(query: str, *arguments: Any) -> list[Any]:
        return list(await connection.fetch(QUERIES[query], known_at, *arguments))

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
        "deliveries": [
            Delivery(intern(row["resource_id"]), intern(row["city"]), rows.dates(row), row["times"])
            for row in await fetch("deliveries", recent.first, recent.last)
        ],
        "downloads": [
            Downloads(
                intern(row["resource_id"]),
                row["city"] and intern(row["city"]),
                rows.month(row),
                row["times"],
            )
            for row in await fetch("downloads", recent.first, recent.last)
        ],
    }


@dataclass
class Surroundings:
    """What surrounds the occurrences as of now, read again when its ledger has moved."""

    _kept: dict[object, tuple[object, Part]] = field(default_factory=dict)

    async def read(
        self, connection: Connection, versions: Mapping[str, object], recent: Dates
    ) -> dict[str, Any]:
        """Return all of it.

        Args:
            connection: inside of the snapshot of the report.
            versions: what is another when that snapshot holds other facts of a ledger.
            recent: the days within which deliveries and downloads matter.
        """

        async def read_works() -> Part:
            return await works(connection, FOREVER, recent)

        async def read_cities() -> Part:
            return await cities(connection, FOREVER)

        return {
            **await self._of("cities", versions.get("membership"), read_cities),
            **await self._of(recent, versions.get("resources"), read_works),
        }

    async def _of(self, key: object, version: object, read: Callable[[], Awaitable[Part]]) -> Part:
        kept = self._kept.pop(key, None)
        if kept is None or kept[0] != version:
            kept = version, await read()
        self._kept[key] = kept
        while len(self._kept) > REACHES_KEPT_MAX:
            del self._kept[next(iter(self._kept))]
        return kept[1]
