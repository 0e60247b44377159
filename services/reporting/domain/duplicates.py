"""Activities that may have been published as two, for a person to look at."""

import re
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import combinations

from services.reporting.domain.dates import Dates
from services.reporting.domain.knowledge import Activity
from services.reporting.domain.occurrences import Occurrence

Dismissed = Collection[tuple[str, str]]
"""Pairs of ids, in order, of which a person said that they are two."""


@dataclass(frozen=True, slots=True)
class PossibleDuplicate:
    """Two activities on one day under nearly one title."""

    activity_ids: tuple[str, str]
    titles: tuple[str, str]
    sources: tuple[str, str]
    on: Dates


def similarity(title: str, other: str) -> float:
    """Return how alike two titles are, word by word, whatever case and signs: 0 to 1."""
    return SequenceMatcher(None, _words(title), _words(other)).ratio()


def possible_duplicates(
    occurrences: Iterable[Occurrence], similarity_min: float, dismissed: Dismissed = ()
) -> list[PossibleDuplicate]:
    """Return the pairs that two systems, or other organisers, announced on one day, in order."""

    def alike(first: Activity, second: Activity) -> bool:
        return _apart(first, second) and similarity(first.title, second.title) >= similarity_min

    return _pairs(occurrences, alike, dismissed)


def double_entries(
    occurrences: Iterable[Occurrence], dismissed: Dismissed = ()
) -> list[PossibleDuplicate]:
    """Return the pairs that one system announced twice: one title, one kind, one day, in order."""

    def alike(first: Activity, second: Activity) -> bool:
        same = first.kind == second.kind and _words(first.title) == _words(second.title)
        return same and not _apart(first, second)

    return _pairs(occurrences, alike, dismissed)


def _pairs(
    occurrences: Iterable[Occurrence],
    alike: Callable[[Activity, Activity], bool],
    dismissed: Dismissed,
) -> list[PossibleDuplicate]:
    days: dict[Dates, dict[str, Activity]] = {}
    for occurrence in occurrences:
        if not occurrence.cancelled:
            of_day = days.setdefault(occurrence.on, {})
            of_day[occurrence.activity.activity_id] = occurrence.activity
    pairs: dict[tuple[str, str], PossibleDuplicate] = {}
    for on in sorted(days):
        for ids in combinations(sorted(days[on]), 2):
            first, second = (days[on][each] for each in ids)
            if ids not in pairs and ids not in dismissed and alike(first, second):
                titles, sources = (
                    (first.title, second.title),
                    (first.announced_by, second.announced_by),
                )
                pairs[ids] = PossibleDuplicate(ids, titles, sources, on)
    return [pairs[ids] for ids in sorted(pairs)]


def _words(title: str) -> list[str]:
    return re.findall(r"\w+", title.casefold())


def _apart(first: Activity, second: Activity) -> bool:
    """Tell whether two systems, or other organisers, stand behind two activities."""
    return first.announced_by != second.announced_by or first.organisers != second.organisers
