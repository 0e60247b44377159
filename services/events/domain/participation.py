"""One person's part in one occurrence: registered, withdrawn, came and went."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, assert_never

from shared.contracts.events import (
    ParticipantJoined,
    ParticipantLeft,
    ParticipationEvent,
    RegistrationCancelled,
    RegistrationReceived,
)
from shared.contracts.messages.events import (
    CancelRegistration,
    JoinParticipant,
    LeaveParticipant,
    ReceiveRegistration,
)
from shared.decider import Command, Decider


@dataclass(frozen=True, slots=True)
class Participation:
    """Whether the person is registered, and the moments of coming and going already told."""

    registered: bool = False
    withdrawn_at: datetime | None = None
    moments: frozenset[tuple[str, datetime]] = frozenset()


def decide(command: Command, participation: Participation) -> Sequence[ParticipationEvent]:
    """Return the facts that follow; what was told before changes nothing."""
    said = command.said
    match said:
        case ReceiveRegistration() if participation.registered:
            return []
        case ReceiveRegistration():
            person = command.people[said.person]
            return [
                RegistrationReceived(
                    activity_id=said.activity_id,
                    occurrence=said.occurrence,
                    person=person.key,
                    weak=person.weak,
                    city=command.city(said.city),
                    city_by_domain=person.city_by_domain,
                    position=said.position,
                    at=command.occurred_at,
                )
            ]
        case CancelRegistration() if participation.withdrawn_at == command.occurred_at:
            return []
        case CancelRegistration():
            # Recorded even when the registration has not arrived yet: messages come in any order.
            return [
                RegistrationCancelled(
                    activity_id=said.activity_id,
                    occurrence=said.occurrence,
                    person=command.people[said.person].key,
                    at=command.occurred_at,
                )
            ]
        case JoinParticipant() if ("joined", said.at) in participation.moments:
            return []
        case JoinParticipant():
            return [ParticipantJoined(**_moment(command, said))]
        case LeaveParticipant() if ("left", said.at) in participation.moments:
            return []
        case LeaveParticipant():
            return [ParticipantLeft(**_moment(command, said))]
        case _:
            raise TypeError(f"{type(said).__name__} is not a command for a participation")


def _moment(command: Command, said: JoinParticipant | LeaveParticipant) -> dict[str, Any]:
    person = command.people[said.person]
    return {
        "activity_id": said.activity_id,
        "occurrence": said.occurrence,
        "person": person.key,
        "weak": person.weak,
        "role": said.role,
        "city": command.city(said.city),
        "city_by_domain": person.city_by_domain,
        "at": said.at,
    }


def evolve(participation: Participation, event: ParticipationEvent) -> Participation:
    """Return the participation after a fact."""
    match event:
        case RegistrationReceived():
            return replace(participation, registered=True)
        case RegistrationCancelled():
            return replace(participation, registered=False, withdrawn_at=event.at)
        case ParticipantJoined():
            return replace(participation, moments=participation.moments | {("joined", event.at)})
        case ParticipantLeft():
            return replace(participation, moments=participation.moments | {("left", event.at)})
        case _:
            assert_never(event)


DECIDER = Decider(Participation(), decide, evolve)
