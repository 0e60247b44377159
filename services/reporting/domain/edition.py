"""A report as it is published: a document with its number, its status, and what it revises."""

from collections.abc import Sequence
from copy import deepcopy
from typing import Any

from services.reporting.domain.difference import Difference, differences
from services.reporting.domain.hiding import Json, hide_counts
from services.reporting.domain.period import Status

NOTE = (
    "Counts of people that moved by less than {shown_min} since an earlier version are not printed."
)
NOTE_OF_A_MOMENT = (
    "Counts of people in fine rows are printed as of a chosen moment where they are the same today."
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
    """Hide counts of people whose difference to an earlier version would tell of one to four."""

    def small(now: int, before: int | None) -> bool:
        return before is not None and 0 < abs(now - before) < shown_min

    if hide_counts(document, earlier, small, shown_min):
        document["notes"].append(NOTE.format(shown_min=shown_min))


def hide_what_moved(document: dict[str, Any], today: Json, shown_min: int) -> None:
    """Hide counts of people at a moment of choice that are others today.

    Whoever may choose moments chooses two that lie as near as they like. What is printed of any of
    them is what is printed today, or nothing at all; so there is nothing to subtract.
    """
    if hide_counts(document, [today], lambda then, now: then not in (0, now), shown_min):
        document["notes"].append(NOTE_OF_A_MOMENT)
