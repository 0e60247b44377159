"""Works, their editions, and whom they reached."""

from datetime import UTC, date
from typing import Any, assert_never

from services.reporting.domain.dates import stated_dates
from services.reporting.domain.presence import pointer
from shared.contracts.resources import (
    EditionPublished,
    ResourceDelivered,
    ResourceDownloaded,
    ResourcePublished,
    ResourcesEvent,
    ResourceShared,
    ResourceWithdrawn,
)
from shared.queries import Entry, Row
from shared.recorded import Recorded


def project(recorded: Recorded, event: ResourcesEvent) -> list[Row | Entry]:
    """Return the rows that a fact of resources adds, and what it adds to the counts of reach."""

    def add(table: str, *values: Any) -> list[Row | Entry]:
        key = (recorded.stream, recorded.version, recorded.recorded_at, event.resource_id)
        return [Row(table, (*key, *values))]

    match event:
        case ResourcePublished():
            return add(
                "resource_description",
                *(event.title, event.kind, event.publisher, *_days(event.on)),
                *(list(event.languages), list(event.themes), event.url),
            )
        case EditionPublished():
            return add("resource_edition", event.language, event.version, *_days(event.on))
        case ResourceShared():
            return add("resource_share", event.shared_with, *_days(event.on))
        case ResourceDelivered():
            city, days = pointer(event.city), _days(event.on)
            count = Entry("count_reach", (city, event.resource_id, *days, 1, 0))
            return [*add("resource_delivery", city, event.channel, *days), count]
        case ResourceDownloaded():
            city, day = pointer(event.city), event.at.astimezone(UTC).date()
            month = day.replace(day=1)
            count = Entry("count_reach", (city, event.resource_id, month, month, 0, 1))
            return [*add("resource_download", city, day), count]
        case ResourceWithdrawn():
            return add("resource_withdrawal", *_days(event.on))
        case _:
            assert_never(event)


def _days(on: str) -> tuple[date, date]:
    dates = stated_dates(on)
    return dates.first, dates.last
