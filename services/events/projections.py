"""Facts of events into the rows that it lists activities by, the answers, and out of the vault."""

from shared.contracts.events import (
    ActivityMerged,
    ActivityScheduled,
    ActivityUnmerged,
    DuplicateDismissed,
    DuplicateReopened,
    PersonErased,
    PersonMerged,
    PersonUnmerged,
)
from shared.queries import Statement
from shared.recorded import Recorded


def project(recorded: Recorded) -> list[Statement]:
    """Return the writes that keep the tables in step with a fact; most facts change none."""
    match recorded.fact:
        case ActivityScheduled() as fact:
            row = (fact.activity_id, fact.title, fact.kind, fact.starts_at)
            return [Statement("put_activity", row)]
        case ActivityMerged() as fact:
            return [Statement("put_merge", ("activities", fact.activity_id, fact.into))]
        case ActivityUnmerged() as fact:
            return [Statement("drop_merge", ("activities", fact.activity_id))]
        case PersonErased() as fact:
            return [Statement("erase_person", (fact.person,))]
        case PersonMerged() as fact:
            return [Statement("put_merge", ("people", fact.person, fact.into))]
        case PersonUnmerged() as fact:
            return [Statement("drop_merge", ("people", fact.person))]
        case DuplicateDismissed() as fact:
            return [Statement("put_dismissal", (fact.kind, fact.first, fact.second))]
        case DuplicateReopened() as fact:
            return [Statement("drop_dismissal", (fact.kind, fact.first, fact.second))]
        case _:
            return []  # read from the activity's stream
