"""What facts make out of date: the sittings whose derived rows no longer say what the facts do."""

from collections.abc import Sequence
from typing import cast

from shared.contracts.events import (
    ActivityClaimed,
    ActivityMerged,
    ActivityScheduled,
    ActivityUnmerged,
    DuplicateDismissed,
    DuplicateReopened,
    EventsEvent,
    HelpGiven,
    PersonErased,
    PersonMerged,
    PersonUnmerged,
)
from shared.queries import Statement
from shared.recorded import Recorded

Mark = tuple[str | None, str | None, str | None]
"""An activity, its occurrence or all of them, or a person."""


def stale(facts: Sequence[Recorded]) -> list[Statement]:
    """Return the marks of a batch of facts, each once however many facts ask for it."""
    marks = {
        mark
        for recorded in facts
        if recorded.ledger == "events"
        for mark in _marks(cast(EventsEvent, recorded.fact))
    }
    ordered = sorted(marks, key=lambda mark: [part or "" for part in mark])
    columns = [[mark[part] for mark in ordered] for part in range(3)]
    return [Statement("mark_stale", tuple(columns))] if ordered else []


def _marks(event: EventsEvent) -> Sequence[Mark]:
    match event:
        case ActivityScheduled():
            return [(event.activity_id, None, None)]  # a new announcement replaces earlier starts
        case ActivityMerged() | ActivityUnmerged():
            # What is merged is unmerged before it is merged anew, so these two are all there are.
            return [(event.activity_id, None, None), (event.into, None, None)]
        case ActivityClaimed():
            return []  # who leads an activity is read with the report
        case DuplicateDismissed() | DuplicateReopened():
            return []  # and so is what may be one
        case HelpGiven():
            return []  # help is at no sitting
        case PersonErased():
            return [(None, None, event.person)]
        case PersonMerged() | PersonUnmerged():
            return [(None, None, event.person), (None, None, event.into)]
        case _:
            return [(event.activity_id, event.occurrence, None)]
