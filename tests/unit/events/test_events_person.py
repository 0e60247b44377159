"""Somebody is forgotten: once, for good, by key or by identity."""

import pytest

from services.events.domain.person import DECIDER
from shared.contracts.events import PersonErased
from shared.contracts.messages.events import ErasePerson, GiveHelp
from shared.contracts.values import CityReference, Person
from shared.decider import PersonKey
from tests.support.deciding import command, given

ANNA = Person(email="anna@stad.gent")
ERASED = PersonErased(person="k1")


def test_somebody_is_erased_by_their_key() -> None:
    assert given(DECIDER).when(ErasePerson(person="k1")) == [ERASED]


def test_somebody_is_erased_by_their_identity() -> None:
    said = command(ErasePerson(identity=ANNA), people={ANNA: PersonKey("k1")})
    assert given(DECIDER).when(said) == [ERASED]


def test_somebody_is_erased_once() -> None:
    assert given(DECIDER, ERASED).when(ErasePerson(person="k1")) == []


def test_a_person_does_not_take_what_is_said_to_others() -> None:
    said = GiveHelp(city=CityReference(city_id="gent"), network="SCN", on="2024")
    with pytest.raises(TypeError, match="GiveHelp is not a command for a person"):
        given(DECIDER).when(said)
