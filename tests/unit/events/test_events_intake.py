"""What a message names is looked up once for the whole batch, and stands in its command."""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

import pytest

from services.events.intake import Resolution
from shared.contracts.messages.events import (
    AttendAsCity,
    ErasePerson,
    HoldActivity,
    ReceiveRegistration,
)
from shared.contracts.values import CityPointer, CityReference, Message, Person
from shared.decider import Command, PersonKey
from shared.errors import NotFound
from shared.sift import Received, own
from tests.support.deciding import TUESDAY, pointer_of

GENT = CityReference(city_id="gent")
ANNA = Person(email="anna@Stad.GENT")
BEN = Person(name="Ben", organisation="Gent")
CITY_OF_DOMAIN = {"stad.gent": CityPointer(city_id="gent"), "gmail.com": None}
NOW = TUESDAY + timedelta(hours=1)


class Cities:
    """Membership as far as events ask it; remembers every question."""

    def __init__(self) -> None:
        self.asked: list[list[Any]] = []

    async def resolve(
        self, questions: Iterable[Any], *, dry_run: bool = False
    ) -> Mapping[Any, CityPointer | None]:
        self.asked.append(list(questions))
        return {
            each: CITY_OF_DOMAIN[each] if isinstance(each, str) else pointer_of(each)
            for each in self.asked[-1]
        }


class Vault:
    """Knows everybody by who told of them, and remembers how often it was asked."""

    def __init__(self) -> None:
        self.asked = 0

    async def keys(
        self, people: Iterable[tuple[str, Person]], *, dry_run: bool = False
    ) -> Mapping[tuple[str, Person], str]:
        self.asked += 1
        return {each: await self.find(*each) for each in people}

    async def find(self, source: str, person: Person) -> str:
        if person.id == "nobody":
            raise NotFound("nobody is known by this identity")
        return f"{source}-{(person.email or person.name or '').partition('@')[0].lower()}"


class Merges:
    """Finds every merge possible."""

    async def require_possible(self, message: Message) -> None:
        return


def said(message: Message, source: str = "crm") -> Received:
    return own(message, source, "m-1", TUESDAY)


async def commands(*received: Received) -> tuple[list[Command], Cities, Vault]:
    cities, vault = Cities(), Vault()
    lookup = Resolution(cities, vault, Merges(), lambda: NOW)  # type: ignore[arg-type]  # stand-ins
    return await lookup.commands(received), cities, vault


def registration(person: Person, city: CityReference | None = None) -> ReceiveRegistration:
    return ReceiveRegistration(activity_id="w1", person=person, city=city)


async def test_a_command_says_who_said_what_and_when() -> None:
    message = HoldActivity(activity_id="w1", on="2024")
    [command], _, _ = await commands(said(message))
    assert command == Command(message, "crm", "m-1", occurred_at=TUESDAY, now=NOW)


async def test_cities_people_and_their_domains_are_looked_up() -> None:
    [command], _, _ = await commands(said(registration(ANNA, GENT)))
    assert command.cities == {GENT: CityPointer(city_id="gent")}
    assert command.people == {
        ANNA: PersonKey("crm-anna", weak=False, city_by_domain=CityPointer(city_id="gent"))
    }


async def test_somebody_known_by_name_is_weak_and_has_no_domain() -> None:
    [command], _, _ = await commands(said(registration(BEN)))
    assert command.people == {BEN: PersonKey("crm-ben", weak=True)}


async def test_a_domain_may_say_nothing_of_a_city() -> None:
    free = Person(email="anna@gmail.com")
    [command], _, _ = await commands(said(registration(free)))
    assert command.people[free].city_by_domain is None


async def test_a_batch_asks_once_and_its_commands_stay_in_order() -> None:
    batch = [
        said(registration(ANNA, GENT)),
        said(AttendAsCity(activity_id="w1", city=CityReference(name="Athens", country="US"))),
        said(HoldActivity(activity_id="w1", on="2024")),
    ]
    found, cities, vault = await commands(*batch)
    assert [command.said for command in found] == [each.message for each in batch]
    assert (len(cities.asked), vault.asked) == (1, 1)


async def test_the_same_person_told_by_two_systems_is_looked_up_for_each() -> None:
    first, second = (await commands(said(registration(BEN)), said(registration(BEN), "portal")))[0]
    assert (first.people[BEN].key, second.people[BEN].key) == ("crm-ben", "portal-ben")


async def test_whoever_is_to_be_erased_is_named_by_their_key() -> None:
    [command], _, _ = await commands(said(ErasePerson(identity=ANNA)))
    assert command.said == ErasePerson(person="crm-anna")
    assert command.people == {}


async def test_whoever_is_to_be_erased_by_key_is_not_looked_up() -> None:
    [command], _, _ = await commands(said(ErasePerson(person="k1")))
    assert command.said == ErasePerson(person="k1")


async def test_somebody_unknown_is_not_made_known_by_being_erased() -> None:
    with pytest.raises(NotFound, match="nobody is known"):
        await commands(said(ErasePerson(identity=Person(id="nobody"))))
