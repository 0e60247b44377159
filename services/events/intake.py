"""The way in: cities are resolved by membership, people become keys of the vault.

Attendance of an activity nobody has announced yet waits for it. A person whose city nobody can
tell is recorded all the same, with the open question in place of the city.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TypeVar

from services.events.merges import Merges
from services.events.vault import Vault, domain_of, is_weak
from shared.cities import Cities, Question
from shared.clock import Clock
from shared.contracts.messages.events import (
    AttendAsCity,
    CancelRegistration,
    ContributeAsCity,
    ErasePerson,
    GiveHelp,
    JoinParticipant,
    LeaveParticipant,
    ReceiveRegistration,
    RecordAttendance,
)
from shared.contracts.values import CityReference, Message, Person
from shared.decider import Command, PersonKey
from shared.execute import command_of
from shared.sift import Received

T = TypeVar("T")


class Resolution:
    """Looks up what the messages of a batch name: one call for all cities, one for all people."""

    def __init__(self, cities: Cities, vault: Vault, merges: Merges, clock: Clock) -> None:
        """Bind membership, the vault and the answers about duplicates."""
        self._cities, self._vault, self._merges = cities, vault, merges
        self._clock = clock

    async def commands(
        self, received: Sequence[Received], *, dry_run: bool = False
    ) -> list[Command]:
        """Return a command for each message, in order.

        Raises:
            Unavailable: membership does not answer; nothing was decided.
        """
        received = [await self._with_key(each) for each in received]
        people = [tuple(people_in(each.message)) for each in received]
        known = {
            (each.key[0], person)
            for each, some in zip(received, people, strict=True)
            for person in some
        }
        questions: set[Question] = {city for each in received for city in cities_in(each.message)}
        questions |= {domain for _, person in known if (domain := domain_of(person))}
        pointers = await self._cities.resolve(questions, dry_run=dry_run)
        vault = await self._vault.keys(known, dry_run=dry_run)
        cities = {
            question: pointer
            for question, pointer in pointers.items()
            if isinstance(question, CityReference) and pointer is not None
        }
        keys = {
            each: PersonKey(key, is_weak(each[1]), pointers.get(domain_of(each[1]) or ""))
            for each, key in vault.items()
        }
        now = self._clock()
        return [
            command_of(each, now, cities, {person: keys[each.key[0], person] for person in some})
            for each, some in zip(received, people, strict=True)
        ]

    async def _with_key(self, received: Received) -> Received:
        """Turn who is to be erased into their key; somebody unknown is not met on this occasion.

        Raises:
            NotFound, Refused: what is to be merged cannot be.
        """
        said = received.message
        await self._merges.require_possible(said)
        if not isinstance(said, ErasePerson) or said.identity is None:
            return received
        key = await self._vault.find(received.key[0], said.identity)
        return replace(received, message=ErasePerson(person=key)) if key else received


def people_in(message: Message) -> Iterator[Person]:
    """Yield the people that a message names."""
    match message:
        case ReceiveRegistration() | CancelRegistration() | JoinParticipant() | LeaveParticipant():
            yield message.person
        case RecordAttendance():
            yield from (participant.person for participant in message.participants)
        case _:
            return


def cities_in(message: Message) -> Iterator[CityReference]:
    """Yield the cities that a message names."""
    match message:
        case AttendAsCity() | ContributeAsCity() | GiveHelp():
            yield message.city
        case ReceiveRegistration() | CancelRegistration() | JoinParticipant() | LeaveParticipant():
            yield from _present([message.city])
        case RecordAttendance():
            yield from _present(participant.city for participant in message.participants)
        case _:
            return


def _present(values: Iterable[T | None]) -> Iterator[T]:
    return (value for value in values if value is not None)
