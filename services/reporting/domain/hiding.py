"""Counts of people that a document must not print beside another one that is printed too.

Whoever holds two documents of a period can subtract one from the other. So a count of people finer
than country and quarter goes where the two would tell too much, and with it, in each group of rows
whose sum is printed, a second one where a single hidden one would follow from the sum.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from services.reporting.domain.suppression import suppressed_across

Json = Mapping[str, Any]
Betrays = Callable[[int, int | None], bool]
"""Tells whether a count may not be printed beside the one of another document; None is hidden."""

SUPPRESSED = "Q"
PEOPLE_ROWS = {
    "attendance": ("subdivision", "position", "organisers", "kind"),
    "registrations": ("organisers", "kind"),
}
"""Breakdowns that count people more finely than by country and quarter."""
PEOPLE_COUNTS = ("attendance", "registrations")
"""Counts of people in the list of occurrences."""


def hide_counts(
    document: dict[str, Any], others: Sequence[Json], betrays: Betrays, shown_min: int
) -> bool:
    """Hide the counts of a document that betray something beside others; tells whether any did.

    Args:
        document: is changed; its occurrences only where it lists them.
        others: documents of the same period that are printed too.
        betrays: of which counts they must not be printed together.
        shown_min: the smallest count of people that is printed.
    """
    changed = False
    for metric, dimensions in PEOPLE_ROWS.items():
        for dimension in dimensions:
            before = [_rows(version, metric, dimension) for version in others]
            rows = _rows(document, metric, dimension)
            hidden = _hidden_rows(rows, before, dimension, betrays, shown_min)
            if hidden:
                document["breakdowns"][metric][dimension] = {
                    row: None if row in hidden else count for row, count in rows.items()
                }
                names = {*document["suppressed"].get(metric, {}).get(dimension, ()), *hidden}
                document["suppressed"].setdefault(metric, {})[dimension] = [
                    row for row in rows if row in names
                ]
                changed = True
    for field in PEOPLE_COUNTS if "lists" in document else ():
        changed |= _hide_in_occurrences(document, others, field, betrays, shown_min)
    return changed


def _rows(document: Json, metric: str, dimension: str) -> Mapping[str, int | None]:
    rows: Mapping[str, int | None] = document["breakdowns"].get(metric, {}).get(dimension, {})
    return rows


def _hidden_rows(
    rows: Mapping[str, int | None],
    others: Sequence[Mapping[str, int | None]],
    dimension: str,
    betrays: Betrays,
    shown_min: int,
) -> frozenset[str]:
    """Return the rows to hide beside those that are hidden already."""
    told = frozenset(
        row
        for row, count in rows.items()
        if count is not None and any(betrays(count, before.get(row, 0)) for before in others)
    )
    if not told:
        return told
    by_country = dimension == "subdivision"
    hidden = frozenset(row for row, count in rows.items() if count is None)
    found = suppressed_across(
        {row: count or 0 for row, count in rows.items()},
        shown_min,
        [lambda row: row.partition("-")[0] if by_country else ""],
        hidden | told,
    )
    return found - hidden


def _hide_in_occurrences(
    document: dict[str, Any],
    others: Sequence[Json],
    field: str,
    betrays: Betrays,
    shown_min: int,
) -> bool:
    """Hide the counts of the list that tell too much; tells whether there were any."""
    versions = [
        {_occurrence(row): row[field] for row in version["lists"]["occurrences"]}
        for version in others
    ]
    rows = {
        _occurrence(row): row
        for row in document["lists"]["occurrences"]
        if row["state"] != "cancelled" and row[f"{field}_status"] is not None
    }
    told = frozenset(
        key
        for key, row in rows.items()
        if row[field] is not None
        and any(betrays(row[field], before.get(key)) for before in versions)
    )
    if not told:
        return False
    hidden = frozenset(key for key, row in rows.items() if row[f"{field}_status"] == SUPPRESSED)
    found = suppressed_across(
        {key: row[field] or 0 for key, row in rows.items()},
        shown_min,
        [
            lambda key: "",
            lambda key: str(rows[key]["kind"]),
            lambda key: str(rows[key]["organisers"]),
        ],
        hidden | told,
    )
    for key in found - hidden:
        rows[key][field], rows[key][f"{field}_status"] = None, SUPPRESSED
    return bool(found - hidden)


def _occurrence(row: Json) -> tuple[str, str]:
    return row["activity_id"], row["occurrence"]
