"""The items behind one row of a breakdown, or behind several rows at once."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from services.reporting.domain.breakdowns import (
    CITY_DIMENSIONS,
    SITTING_DIMENSIONS,
    WORK_DIMENSIONS,
)
from services.reporting.domain.evidence.item import PEOPLE, Item

DIMENSIONS: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(
        (
            "cities_engaged",
            "cities_engaged_broad",
            "resource_deliveries",
            "population_represented",
            "member_share",
            "new",
            "returning",
            "reactivated",
            "not_repeated",
            "left",
            "retention",
            "lapsed",
        ),
        CITY_DIMENSIONS,
    ),
    **dict.fromkeys(
        ("webinars_held", "activities_held", "timeliness", "completeness"), SITTING_DIMENSIONS
    ),
    **dict.fromkeys(("resources_shared", "resources_published"), WORK_DIMENSIONS),
    "attendance": ("country", "subdivision", "position", "organisers", "kind"),
    "registrations": ("organisers", "kind"),
}
"""The dimensions by which the items of a figure can be told apart; of other figures by none."""

Filters = Mapping[str, str]
"""A row for each of some dimensions."""


class UnknownRow(LookupError):
    """A figure is not told apart in this way; the message says in which it is."""


def filtered(metric: str, items: Iterable[Item], filters: Filters) -> list[Item]:
    """Return the items that stand in all of these rows, with what they add to them.

    People are told apart by one dimension at a time: two would make cells of very few.

    Raises:
        UnknownRow: the figure knows no such dimension, or counts people and was given several.
    """
    known = DIMENSIONS.get(metric, ())
    for dimension in filters:
        if dimension not in known:
            told = f"it is told apart by {', '.join(known)}" if known else "it is not told apart"
            raise UnknownRow(f"{metric} has no rows by {dimension!r}: {told}")
    if metric in PEOPLE and len(filters) > 1:
        raise UnknownRow(f"{metric} counts people, who are told apart by one dimension at a time")
    found = list(items)
    for dimension, row in filters.items():
        found = [kept for item in found if (kept := _within(item, dimension, row)) is not None]
    return found


def _within(item: Item, dimension: str, row: str) -> Item | None:
    if dimension in item.parts:
        part = item.parts[dimension].get(row, 0)
        return replace(item, counted=part) if part else None
    return item if row in item.rows.get(dimension, ()) else None
