"""A person's right to be forgotten: erased once, for good."""

from collections.abc import Sequence
from dataclasses import dataclass

from shared.contracts.events import PersonErased, PersonEvent
from shared.contracts.messages.events import ErasePerson
from shared.decider import Command, Decider


@dataclass(frozen=True, slots=True)
class Person:
    """Whether the vault's row is gone."""

    erased: bool = False


def decide(command: Command, person: Person) -> Sequence[PersonEvent]:
    """Return the facts that follow; the vault's row goes in the same transaction."""
    said = command.said
    match said:
        case ErasePerson():
            return [] if person.erased else [PersonErased(person=person_key(command, said))]
        case _:
            raise TypeError(f"{type(said).__name__} is not a command for a person")


def person_key(command: Command, said: ErasePerson) -> str:
    """Return the key of the person meant, given as such or by identity."""
    return said.person or command.people[said.identity].key  # type: ignore[index]


def evolve(person: Person, event: PersonEvent) -> Person:
    """Return the person after a fact."""
    return Person(erased=True)


DECIDER = Decider(Person(), decide, evolve)
