"""A key into the vault: erased once, for good; the same person as another one until undone."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import assert_never

from shared.contracts.events import PersonErased, PersonEvent, PersonMerged, PersonUnmerged
from shared.contracts.messages.events import ErasePerson, MergePerson, UnmergePerson
from shared.decider import Command, Decider
from shared.errors import Refused


@dataclass(frozen=True, slots=True)
class Person:
    """Whether the vault's row is gone, and the key under which the person counts instead."""

    erased: bool = False
    merged_into: str | None = None


def decide(command: Command, person: Person) -> Sequence[PersonEvent]:
    """Return the facts that follow; the vault's row goes in the same transaction."""
    said = command.said
    match said:
        case ErasePerson() if said.person is None:
            raise Refused("nobody is known by this identity")
        case ErasePerson():
            return [] if person.erased else [PersonErased(person=str(said.person))]
        case MergePerson() if person.merged_into == said.into:
            return []
        case MergePerson() if person.merged_into is not None:
            raise Refused(f"{said.person} is merged into {person.merged_into}: unmerge it first")
        case MergePerson():
            return [PersonMerged(person=said.person, into=said.into, reason=said.reason)]
        case UnmergePerson() if person.merged_into is not None:
            return [PersonUnmerged(person=said.person, into=person.merged_into, reason=said.reason)]
        case UnmergePerson():
            return []  # the key stands for itself already
        case _:
            raise TypeError(f"{type(said).__name__} is not a command for a person")


def evolve(person: Person, event: PersonEvent) -> Person:
    """Return the person after a fact."""
    match event:
        case PersonErased():
            return replace(person, erased=True)
        case PersonMerged():
            return replace(person, merged_into=event.into)
        case PersonUnmerged():
            return replace(person, merged_into=None)
        case _:
            assert_never(event)


DECIDER = Decider(Person(), decide, evolve)
