"""Rules tried without a database: `given(decider, *facts).when(message)` returns what follows.

assert given(DECIDER, registered).when(StartMembership(...)) == [MembershipStarted(...)]
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar

from pydantic import BaseModel

from shared.contracts.values import CityPointer, CityReference, Fact, Message, Person
from shared.decider import Command, Decider, PersonKey
from shared.errors import Refused

State = TypeVar("State")
Model = TypeVar("Model", bound=BaseModel)

TUESDAY = datetime(2024, 3, 26, 9, 0, tzinfo=UTC)
CRM = "crm"


def command(
    said: Message,
    *,
    source: str = CRM,
    id_: str = "m-1",
    at: datetime = TUESDAY,
    now: datetime = TUESDAY,
    cities: Mapping[CityReference, CityPointer] | None = None,
    people: Mapping[Person, PersonKey] | None = None,
) -> Command:
    """Return the command for a message, with what it names looked up.

    A city that is named by its id is that city, any other is an open question; a person is known
    by `key_of`. `cities` and `people` say otherwise where a test is about it.
    """
    return Command(
        said=said,
        source=source,
        id=id_,
        occurred_at=at,
        now=now,
        cities={each: pointer_of(each) for each in _all(CityReference, said)} | dict(cities or {}),
        people={each: key_of(each) for each in _all(Person, said)} | dict(people or {}),
    )


def pointer_of(reference: CityReference) -> CityPointer:
    """Return the city that is named by its id, or an open question."""
    if reference.city_id is not None:
        return CityPointer(city_id=reference.city_id)
    outside = reference.geonames_id or reference.census_geoid or reference.name
    return CityPointer(reference_id=f"asked-{outside}".lower().replace(" ", "-"))


def key_of(person: Person) -> PersonKey:
    """Return a key that tells the same person from others; weak when only a name stands."""
    identity = person.id or person.email or f"{person.name} {person.organisation}"
    key = "".join(each if each.isalnum() else "-" for each in identity.lower())
    return PersonKey(key=f"p-{key}"[:80], weak=person.id is None and person.email is None)


def _all(wanted: type[Model], model: BaseModel) -> Iterator[Model]:
    """Yield every model of a kind within another."""
    if isinstance(model, wanted):
        yield model
    values: list[Any] = [getattr(model, name) for name in type(model).model_fields]
    while values:
        value = values.pop()
        if isinstance(value, tuple):
            values += value
        elif isinstance(value, BaseModel):
            yield from _all(wanted, value)


def named_cities(said: Message) -> set[CityReference]:
    """Return every city that a message names, wherever in it."""
    return set(_all(CityReference, said))


def named_people(said: Message) -> set[Person]:
    """Return everybody whom a message names, wherever in it."""
    return set(_all(Person, said))


@dataclass(frozen=True)
class Given(Generic[State]):
    """A decider in the state that some facts led to."""

    decider: Decider[State]
    state: State

    def when(self, *said: Message | Command) -> list[Fact]:
        """Return the facts that follow, message after message; every one of them is evolved."""
        facts: list[Fact] = []
        state = self.state
        for each in said:
            asked = each if isinstance(each, Command) else command(each)
            following = list(self.decider.decide(asked, state))
            for fact in following:
                state = self.decider.evolve(state, fact)
            facts += following
        return facts

    def and_then(self, *said: Message | Command) -> "Given[State]":
        """Return this with the facts behind it that follow from these messages."""
        given_more = self
        for each in said:
            following = given_more.when(each)
            given_more = replace(given_more, state=_evolved(given_more, following))
        return given_more


def _evolved(given: Given[State], facts: Sequence[Fact]) -> State:
    state = given.state
    for fact in facts:
        state = given.decider.evolve(state, fact)
    return state


def given(decider: Decider[State], *facts: Fact) -> Given[State]:
    """Return the decider as it stands after some facts, oldest first."""
    return Given(decider, decider.state_after(facts))


def assert_nothing_follows_twice(decider: Decider[State], facts: Sequence[Fact], said: Any) -> None:
    """Try messages one after another, each twice, in any order that a test has thought up.

    A message is refused or followed by facts; the facts evolve and survive the ledger; and said
    again it is followed by nothing.
    """
    tried = given(decider, *facts)
    for each in said:
        try:
            following = tried.when(each)
        except Refused:
            continue
        for fact in following:
            stored = fact.model_dump_json(exclude_none=True)
            assert type(fact).model_validate_json(stored) == fact
        tried = tried.and_then(each)
        assert _or_refused(tried, each) == [], each


def _or_refused(tried: Given[Any], said: Message | Command) -> list[Fact]:
    try:
        return tried.when(said)
    except Refused:
        return []
