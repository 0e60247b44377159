"""Activities that two systems may have published as two, for a person to look at."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import combinations

from services.reporting.domain.dates import Dates
from services.reporting.domain.knowledge import Activity
from services.reporting.domain.occurrences import Occurrence


@dataclass(frozen=True, slots=True)
class PossibleDuplicate:
    """Two activities on one day under nearly one title."""

    activity_ids: tuple[str, str]
    titles: tuple[str, str]
    on: Dates


def similarity(title: str, other: str) -> float:
    """Return how alike two titles are, word by word, whatever case and signs: 0 to 1."""
    return SequenceMatcher(None, _words(title), _words(other)).ratio()


def possible_duplicates(
    occurrences: Iterable[Occurrence], similarity_min: float
) -> list[PossibleDuplicate]:
    """Return the pairs of activities that may be one, in order."""
    days: dict[Dates, dict[str, Activity]] = {}
    for occurrence in occurrences:
        if not occurrence.cancelled:
            of_day = days.setdefault(occurrence.on, {})
            of_day[occurrence.activity.activity_id] = occurrence.activity
    pairs: dict[tuple[str, str], PossibleDuplicate] = {}
    for on in sorted(days):
        for first_id, second_id in combinations(sorted(days[on]), 2):
            first, second = days[on][first_id], days[on][second_id]
            apart = (
                first.announced_by != second.announced_by or first.organisers != second.organisers
            )
            if apart and similarity(first.title, second.title) >= similarity_min:
                pairs.setdefault(
                    (first_id, second_id),
                    PossibleDuplicate((first_id, second_id), (first.title, second.title), on),
                )
    return [pairs[ids] for ids in sorted(pairs)]


def _words(title: str) -> list[str]:
    return re.findall(r"\w+", title.casefold())


def _apart(first: Activity, second: Activity) -> bool:
    """Tell whether two systems, or other organisers, stand behind two activities."""
    return first.announced_by != second.announced_by or first.organisers != second.organisers
