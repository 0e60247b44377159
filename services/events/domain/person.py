"""A person's right to be forgotten: erased once, for good."""

from collections.abc import Sequence
from dataclasses import dataclass

from shared.contracts.events import PersonErased, PersonEvent
from shared.contracts.messages.events import ErasePerson
from shared.decider import Command, Decider
from shared.errors import Refused


@dataclass(frozen=True, slots=True)
class Person:
    """Whether the vault's row is gone."""

    erased: bool = False


def decide(command: Command, person: Person) -> Sequence[PersonEvent]:
    """Return the facts that follow; the vault's row goes in the same transaction."""
    said = command.said
    match said:
        case ErasePerson() if said.person is None:
            raise Refused("nobody is known by this identity")
        case ErasePerson():
            return [] if person.erased else [PersonErased(person=str(said.person))]
        case _:
            raise TypeError(f"{type(said).__name__} is not a command for a person")


def evolve(person: Person, event: PersonEvent) -> Person:
    """Return the person after a fact."""
    return Person(erased=True)


DECIDER = Decider(Person(), decide, evolve)
