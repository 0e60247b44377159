"""The answer to an unclear reference to a city: given by a person, and given anew if need be."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import assert_never

from shared.contracts.membership import (
    CityReferenceDismissed,
    CityReferenceResolved,
    ReferenceEvent,
)
from shared.contracts.messages.membership import DismissReference, ResolveReference
from shared.decider import Command, Decider


@dataclass(frozen=True, slots=True)
class Reference:
    """The answer so far: none, a city, or that no city is meant."""

    city_id: str | None = None
    dismissed: bool = False


def decide(command: Command, reference: Reference) -> Sequence[ReferenceEvent]:
    """Return the facts that follow; the last answer holds."""
    said = command.said
    match said:
        case ResolveReference() if reference.city_id == said.city_id:
            return []
        case ResolveReference():
            return [CityReferenceResolved(**dict(said))]
        case DismissReference() if reference.dismissed:
            return []
        case DismissReference():
            return [CityReferenceDismissed(**dict(said))]
        case _:
            raise TypeError(f"{type(said).__name__} is not a command for a reference")


def evolve(reference: Reference, event: ReferenceEvent) -> Reference:
    """Return the answer after a fact."""
    match event:
        case CityReferenceResolved():
            return Reference(city_id=event.city_id)
        case CityReferenceDismissed():
            return Reference(dismissed=True)
        case _:
            assert_never(event)


DECIDER = Decider(Reference(), decide, evolve)
