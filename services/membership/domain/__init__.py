"""The rules of membership: which stream a command speaks to, what it needs, what follows."""

from typing import Any

from services.membership.domain import city, partnership, reference
from shared.contracts.membership import CityReferenceResolved, CityRegistered
from shared.contracts.messages.membership import (
    DescribeCity,
    DismissReference,
    EndMembership,
    FormPartnership,
    RegisterCity,
    ResolveReference,
    RevokeSuccession,
    StartMembership,
    SucceedCity,
)
from shared.contracts.values import CityPointer, Fact
from shared.decider import Command, Decider

DECIDERS: dict[str, Decider[Any]] = {
    "city": city.DECIDER,
    "partnership": partnership.DECIDER,
    "reference": reference.DECIDER,
}


def stream_of(command: Command) -> str:
    """Return the stream that a command speaks to."""
    said = command.said
    match said:
        case RegisterCity() | DescribeCity() | SucceedCity() | RevokeSuccession():
            return f"city-{said.city_id}"
        case StartMembership() | EndMembership():
            return _stream_of_pointer(command.cities[said.city])
        case FormPartnership():
            return f"partnership-{'-'.join(sorted(said.partners)).lower()}"
        case ResolveReference() | DismissReference():
            return f"reference-{said.reference_id}"
        case _:
            raise TypeError(f"{type(said).__name__} is not for membership")


def needs(command: Command) -> str | None:
    """Return what must exist before a command is decided; until then it waits."""
    said = command.said
    match said:
        case DescribeCity() | SucceedCity() | RevokeSuccession():
            return f"city-{said.city_id}"
        case StartMembership() | EndMembership():
            pointer = command.cities[said.city]
            if pointer.city_id is not None:
                return f"city-{pointer.city_id}"
            return f"resolved-{pointer.reference_id}"
        case _:
            return None


def provides(fact: Fact) -> str | None:
    """Return the key of what a fact brings into being."""
    match fact:
        case CityRegistered():
            return f"city-{fact.city_id}"
        case CityReferenceResolved():
            return f"resolved-{fact.reference_id}"
        case _:
            return None


def _stream_of_pointer(pointer: CityPointer) -> str:
    return f"city-{pointer.city_id}" if pointer.city_id else f"reference-{pointer.reference_id}"
