"""Facts of events into the rows that it lists activities by, and out of the vault."""

from shared.contracts.events import ActivityScheduled, PersonErased
from shared.queries import Statement
from shared.recorded import Recorded


def project(recorded: Recorded) -> list[Statement]:
    """Return the writes that keep the tables in step with a fact; most facts change none."""
    match recorded.fact:
        case ActivityScheduled() as fact:
            row = (fact.activity_id, fact.title, fact.kind, fact.starts_at)
            return [Statement("put_activity", row)]
        case PersonErased() as fact:
            return [Statement("erase_person", (fact.person,))]
        case _:
            return []  # read from the activity's stream
