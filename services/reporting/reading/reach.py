"""Whom works reached: every row of it as known at a moment, or what stands counted as of now."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from sys import intern
from typing import Any

from services.reporting.domain.cities import Cities
from services.reporting.domain.dates import Dates
from services.reporting.domain.knowledge import Delivery, Downloads, Supply
from services.reporting.domain.supplies import told_apart
from services.reporting.reading import rows
from services.reporting.reading.tables import QUERIES
from shared.queries import Connection

Part = Mapping[str, Any]
"""Fields of `Knowledge`, by name."""


async def one_by_one(connection: Connection, known_at: datetime, days: Dates) -> Part:
    """Return every delivery and every download of some days, as known at a moment."""

    async def fetch(query: str) -> list[Any]:
        return list(await connection.fetch(QUERIES[query], known_at, days.first, days.last))

    return {
        "deliveries": [
            Delivery(intern(row["resource_id"]), intern(row["city"]), rows.dates(row), row["times"])
            for row in await fetch("deliveries")
        ],
        "downloads": [
            Downloads(
                intern(row["resource_id"]),
                row["city"] and intern(row["city"]),
                rows.month(row),
                row["times"],
            )
            for row in await fetch("downloads")
        ],
    }


async def of_cities(connection: Connection, pointers: Collection[str], days: Dates) -> Part:
    """Return what reached some pointers in some days, as of now, one by one."""
    found = await connection.fetch(
        QUERIES["reach_of_cities"], sorted(pointers), days.first, days.last
    )
    return {
        "deliveries": [
            Delivery(row["resource_id"], row["city"], rows.dates(row), row["deliveries"])
            for row in found
            if row["deliveries"]
        ],
        "downloads": [
            Downloads(row["resource_id"], row["city"], rows.dates(row), row["downloads"])
            for row in found
            if row["downloads"]
        ],
    }


async def counted(
    connection: Connection, cities: Cities, windows: Sequence[Dates], days: Dates
) -> Part:
    """Return what stands counted, with those pointers one by one that have to be told apart.

    Args:
        connection: inside of the snapshot of the report.
        cities: what pointers mean.
        windows: over which works are told apart.
        days: all of these.
    """
    stretches = await connection.fetch(QUERIES["reach_by_city"], days.first, days.last)
    pointers = {pointer for row in stretches for pointer in row["cities"] if pointer}
    apart = told_apart(pointers, cities)
    part = await of_cities(connection, apart, days) if apart else {}
    handed: dict[Dates, Counter[str]] = {window: Counter() for window in windows}
    for row in await connection.fetch(
        QUERIES["reach_by_work"],
        [window.first for window in windows],
        [window.last for window in windows],
    ):
        handed[rows.dates(row)].update(
            dict(zip(map(intern, row["resources"]), row["cities"], strict=True))
        )
    for window, works in handed.items():
        # Those of the pointers that are told apart are counted from their rows.
        works.subtract(
            resource_id
            for resource_id, _ in {
                (row.resource_id, row.city)
                for row in part.get("deliveries", ())
                if row.on.lies_in(window)
            }
        )
    return {
        **part,
        "handed": handed,
        "supplies": [
            Supply(intern(pointer) if pointer else None, rows.dates(row), deliveries, downloads)
            for row in stretches
            for pointer, deliveries, downloads in zip(
                row["cities"], row["deliveries"], row["downloads"], strict=True
            )
            if pointer not in apart
        ],
    }
