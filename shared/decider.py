"""Pure rules around a command: what was said, by whom, when, and what its names resolved to."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, TypeVar

from shared.contracts.values import CityPointer, CityReference, Fact, Message, Person

State = TypeVar("State")


@dataclass(frozen=True, slots=True)
class PersonKey:
    """A person as the vault knows them: a key, whether the identity is weak, the domain's city."""

    key: str
    weak: bool = False
    city_by_domain: CityPointer | None = None


@dataclass(frozen=True, slots=True)
class Command:
    """A message with all that a rule may know: no rule looks anything up by itself."""

    said: Message
    source: str
    id: str
    occurred_at: datetime
    now: datetime
    cities: Mapping[CityReference, CityPointer] = field(default_factory=dict)
    people: Mapping[Person, PersonKey] = field(default_factory=dict)

    def city(self, reference: CityReference | None) -> CityPointer | None:
        """Return what a city reference resolved to."""
        return None if reference is None else self.cities[reference]


@dataclass(frozen=True, slots=True)
class Decider(Generic[State]):
    """The rules of one kind of stream: `decide(command, state) -> facts`, `evolve(state, fact)`."""

    initial: State
    decide: Callable[[Command, State], Sequence[Fact]]
    evolve: Callable[[State, Any], State]

    def state_after(self, facts: Sequence[Fact]) -> State:
        """Return the state that these facts, oldest first, lead to."""
        state = self.initial
        for fact in facts:
            state = self.evolve(state, fact)
        return state
