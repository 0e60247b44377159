"""The rules of events: which stream a command speaks to, what it needs, what follows."""

from typing import Any

from services.events.domain import activity, assistance, duplicate, participation, person
from shared.contracts.events import ActivityScheduled
from shared.contracts.messages.events import (
    CancelRegistration,
    DismissDuplicate,
    ErasePerson,
    GiveHelp,
    JoinParticipant,
    LeaveParticipant,
    MergePerson,
    ReceiveRegistration,
    ReopenDuplicate,
    ScheduleActivity,
    UnmergePerson,
)
from shared.contracts.values import Fact
from shared.decider import Command, Decider

DECIDERS: dict[str, Decider[Any]] = {
    "activity": activity.DECIDER,
    "participation": participation.DECIDER,
    "help": assistance.DECIDER,
    "person": person.DECIDER,
    "duplicate": duplicate.DECIDER,
}


def stream_of(command: Command) -> str:
    """Return the stream that a command speaks to."""
    said = command.said
    match said:
        case ReceiveRegistration() | CancelRegistration() | JoinParticipant() | LeaveParticipant():
            key = command.people[said.person].key
            return f"participation-{said.activity_id}~{said.occurrence}~{key}"
        case GiveHelp():
            pointer = command.cities[said.city]
            return f"help-{pointer.city_id or pointer.reference_id}"
        case ErasePerson():
            return f"person-{said.person or 'unknown'}"
        case MergePerson() | UnmergePerson():
            return f"person-{said.person}"
        case DismissDuplicate() | ReopenDuplicate():
            pair = duplicate.pair_of(said)
            return f"duplicate-{pair['kind']}~{pair['first']}~{pair['second']}"
        case _:
            return f"activity-{said.activity_id}"  # type: ignore[attr-defined]


def needs(command: Command) -> str | None:
    """Return what must exist before a command is decided; until then it waits."""
    match command.said:
        case ScheduleActivity() | GiveHelp() | ErasePerson():
            return None
        case MergePerson() | UnmergePerson() | DismissDuplicate() | ReopenDuplicate():
            return None
        case said:
            return f"activity-{said.activity_id}"  # type: ignore[attr-defined]


def provides(fact: Fact) -> str | None:
    """Return the key of what a fact brings into being."""
    return f"activity-{fact.activity_id}" if isinstance(fact, ActivityScheduled) else None
