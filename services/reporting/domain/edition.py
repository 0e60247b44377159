"""A report as it is published: a document with its number, its status, and what it revises."""

from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import Any

from services.reporting.domain.difference import Difference, differences
from services.reporting.domain.period import Status
from services.reporting.domain.suppression import suppressed_across

Json = Mapping[str, Any]

SUPPRESSED = "Q"
PEOPLE_ROWS = {
    "attendance": ("subdivision", "position", "organisers", "kind"),
    "registrations": ("organisers", "kind"),
}
"""Breakdowns that count people more finely than by country and quarter."""
PEOPLE_COUNTS = ("attendance", "registrations")
"""Counts of people in the list of occurrences."""
NOTE = (
    "Counts of people that moved by less than {shown_min} since an earlier version are not printed."
)


def status_of(version: int, calendar: Status) -> Status:
    """Return the status of a version: what was final already is revised by a later one."""
    return Status.REVISED if version > 1 and calendar is Status.FINAL else calendar


def settled(status: str) -> Status:
    """Return how settled the calendar calls a published status."""
    return Status.FINAL if status == Status.REVISED else Status(status)


def edition(
    document: Json,
    earlier: Sequence[Json],
    shown_min: int,
    published_by: str,
    reason: str | None,
    note: str | None,
) -> tuple[dict[str, Any], list[Difference]]:
    """Return a document as the next version, and what it changes of the version before.

    Args:
        document: as composed.
        earlier: all versions before it, as published, the first one first.
        shown_min: the smallest count of people, and the smallest change of one, that is printed.
        published_by: who publishes it.
        reason: why it revises the version before, as a code.
        note: why, in words.
    """
    version = len(earlier) + 1
    new = deepcopy(dict(document))
    new["version"] = version
    new["status"] = status_of(version, Status(document["status"])).value
    hide_small_changes(new, earlier, shown_min)
    changed = differences(earlier[-1], new) if earlier else []
    for metric in {each.metric for each in changed if each.revises}:
        if metric in new["figures"]:
            new["figures"][metric]["revised"] = True
    new["revisions"] = [
        *(_with_hash(before) for before in earlier),
        {
            "version": version,
            "published_on": new["known_at"][:10],
            "sha256": None,  # the seal below holds it: no text contains its own hash
            "published_by": published_by,
            "reason": reason,
            "note": note,
            "changed": [each.path for each in changed],
        },
    ]
    return new, changed


def _with_hash(before: Json) -> dict[str, Any]:
    """Return what an earlier version said of itself, with the hash that its seal holds."""
    return {**before["revisions"][-1], "sha256": before["seal"]["sha256"]}


def hide_small_changes(document: dict[str, Any], earlier: Sequence[Json], shown_min: int) -> None:
    """Hide counts of people whose difference to an earlier version would tell of one to four.

    In each group of rows whose sum is printed a second one goes with a single hidden one.
    """
    changed = False
    for metric, dimensions in PEOPLE_ROWS.items():
        for dimension in dimensions:
            before = [_rows(version, metric, dimension) for version in earlier]
            rows = _rows(document, metric, dimension)
            hidden = _hidden_rows(rows, before, dimension, shown_min)
            if hidden:
                document["breakdowns"][metric][dimension] = {
                    row: None if row in hidden else count for row, count in rows.items()
                }
                names = {*document["suppressed"].get(metric, {}).get(dimension, ()), *hidden}
                document["suppressed"].setdefault(metric, {})[dimension] = [
                    row for row in rows if row in names
                ]
                changed = True
    for field in PEOPLE_COUNTS:
        changed |= _hide_in_occurrences(document, earlier, field, shown_min)
    if changed:
        document["notes"].append(NOTE.format(shown_min=shown_min))


def _rows(document: Json, metric: str, dimension: str) -> Mapping[str, int | None]:
    rows: Mapping[str, int | None] = document["breakdowns"].get(metric, {}).get(dimension, {})
    return rows


def _hidden_rows(
    rows: Mapping[str, int | None],
    earlier: Sequence[Mapping[str, int | None]],
    dimension: str,
    shown_min: int,
) -> frozenset[str]:
    """Return the rows to hide beside those that are hidden already."""
    told = frozenset(
        row
        for row, count in rows.items()
        if any(_small(count, before.get(row, 0), shown_min) for before in earlier)
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
    document: dict[str, Any], earlier: Sequence[Json], field: str, shown_min: int
) -> bool:
    """Hide the counts of the list that tell too much; tells whether there were any."""
    versions = [
        {_occurrence(row): row[field] for row in version["lists"]["occurrences"]}
        for version in earlier
    ]
    rows = {
        _occurrence(row): row
        for row in document["lists"]["occurrences"]
        if row["state"] != "cancelled" and row[f"{field}_status"] is not None
    }
    told = frozenset(
        key
        for key, row in rows.items()
        if any(_small(row[field], before.get(key), shown_min) for before in versions)
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


def _small(now: int | None, before: int | None, shown_min: int) -> bool:
    return now is not None and before is not None and 0 < abs(now - before) < shown_min
