"""The partnership is formed once, on a date."""

import pytest

from services.membership.domain.partnership import DECIDER
from shared.contracts.membership import PartnershipFormed
from shared.contracts.messages.membership import FormPartnership, RevokeSuccession
from shared.errors import Refused
from tests.support.deciding import given

FORMED = PartnershipFormed(partners=("NLC", "SCN"), on="2023-11-16")


def form(on: str) -> FormPartnership:
    return FormPartnership(partners=("NLC", "SCN"), on=on)


def test_the_networks_form_a_partnership() -> None:
    assert given(DECIDER).when(form("2023-11-16")) == [FORMED]


def test_a_partnership_formed_twice_on_the_same_day_is_one() -> None:
    assert given(DECIDER, FORMED).when(form("2023-11-16")) == []


def test_a_partnership_is_not_formed_on_another_day() -> None:
    with pytest.raises(Refused, match="formed on 2023-11-16, not on 2023-11-17"):
        given(DECIDER, FORMED).when(form("2023-11-17"))


def test_a_partnership_does_not_take_what_is_said_to_others() -> None:
    with pytest.raises(TypeError, match="RevokeSuccession is not a command for a partnership"):
        given(DECIDER).when(RevokeSuccession(city_id="gent", reason="a mistake"))
