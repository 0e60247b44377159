"""Somebody is forgotten: once, for good."""

import pytest

from services.events.domain.person import DECIDER
from shared.contracts.events import PersonErased
from shared.contracts.messages.events import ErasePerson, GiveHelp
from shared.contracts.values import CityReference, Person
from shared.errors import Refused
from tests.support.deciding import given

ERASED = PersonErased(person="k1")


def test_somebody_is_erased() -> None:
    assert given(DECIDER).when(ErasePerson(person="k1")) == [ERASED]


def test_somebody_is_erased_once() -> None:
    assert given(DECIDER, ERASED).when(ErasePerson(person="k1")) == []


def test_a_person_does_not_take_what_is_said_to_others() -> None:
    said = GiveHelp(city=CityReference(city_id="gent"), network="SCN", on="2024")
    with pytest.raises(TypeError, match="GiveHelp is not a command for a person"):
        given(DECIDER).when(said)


def test_nobody_is_erased_by_an_identity_that_is_not_known() -> None:
    with pytest.raises(Refused, match="nobody is known"):
        given(DECIDER).when(ErasePerson(identity=Person(email="someone@example.org")))
