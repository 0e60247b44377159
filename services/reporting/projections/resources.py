"""Works, their editions, and whom they reached."""

from datetime import UTC
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
from shared.queries import Row
from shared.recorded import Recorded


def project(recorded: Recorded, event: ResourcesEvent) -> list[Row]:
    """Return the rows that a fact of resources adds."""

    def add(table: str, *values: Any) -> list[Row]:
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
            return add("resource_delivery", pointer(event.city), event.channel, *_days(event.on))
        case ResourceDownloaded():
            day = event.at.astimezone(UTC).date()
            return add("resource_download", pointer(event.city), day)
        case ResourceWithdrawn():
            return add("resource_withdrawal", *_days(event.on))
        case _:
            assert_never(event)


def _days(on: str) -> tuple[Any, Any]:
    dates = stated_dates(on)
    return dates.first, dates.last
