"""The quarters that events count in, as far as the events themselves tell."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from shared.importing.drafting import Draft
from shared.importing.known import KnownActivity

DATES = ("on", "starts_at")
INSTANTS = ("started_at", "at")
DAY_CHARACTERS, MONTH_CHARACTERS = 10, 7
MONTHS_OF_QUARTER = 3


def quarters_of(drafts: Iterable[Draft], known: Mapping[str, KnownActivity]) -> list[str]:
    """Return the quarters touched, oldest first: of the days told, and of those known before."""
    days: set[str] = set()
    zones = {activity_id: activity.time_zone for activity_id, activity in known.items()}
    for draft in drafts:
        activity_id = getattr(draft.message, "activity_id", None)
        zone = getattr(draft.message, "time_zone", None)
        if activity_id is not None and zone is not None:
            zones[activity_id] = zone
    for draft in drafts:
        days |= set(_days(draft, zones, known))
    return sorted({_quarter(day) for day in days if len(day) >= MONTH_CHARACTERS})


def _days(
    draft: Draft, zones: Mapping[str, str], known: Mapping[str, KnownActivity]
) -> Iterable[str]:
    message = draft.message
    activity_id = str(getattr(message, "activity_id", ""))
    for name in DATES:
        if (told := getattr(message, name, None)) is not None:
            yield str(told)[:DAY_CHARACTERS]
    for each in getattr(message, "occurrences", ()):
        yield each.starts_at[:DAY_CHARACTERS]
    for name in INSTANTS:
        moment = getattr(message, name, None)
        if isinstance(moment, datetime):
            yield moment.astimezone(ZoneInfo(zones.get(activity_id, "UTC"))).date().isoformat()
    activity = known.get(activity_id)
    if activity is not None:
        one = activity.occurrences.get(str(getattr(message, "occurrence", None)))
        for sitting in [one] if one else activity.occurrences.values():
            if sitting.day is not None:
                yield sitting.day[:DAY_CHARACTERS]


def _quarter(day: str) -> str:
    return f"{day[:4]}-Q{(int(day[5:7]) + 2) // MONTHS_OF_QUARTER}"
