"""One person registers, withdraws, comes and goes; in whatever order it is told."""

from datetime import timedelta

import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st

from services.events.domain.participation import DECIDER
from shared.contracts.events import (
    ParticipantJoined,
    ParticipantLeft,
    RegistrationCancelled,
    RegistrationReceived,
)
from shared.contracts.messages.events import (
    CancelRegistration,
    GiveHelp,
    JoinParticipant,
    LeaveParticipant,
    ReceiveRegistration,
)
from shared.contracts.values import CityPointer, CityReference, Person
from shared.decider import PersonKey
from tests.support.deciding import TUESDAY, assert_nothing_follows_twice, command, given

ANNA = Person(email="anna@stad.gent")
GENT = CityReference(city_id="gent")
KEY = PersonKey("k1", city_by_domain=CityPointer(city_id="gent"))
LATER = TUESDAY + timedelta(minutes=10)
REGISTER = ReceiveRegistration(activity_id="w1", person=ANNA, city=GENT, position="police")
WITHDRAW = CancelRegistration(activity_id="w1", person=ANNA)
JOIN = JoinParticipant(activity_id="w1", person=ANNA, city=GENT, at=TUESDAY)
LEAVE = LeaveParticipant(activity_id="w1", person=ANNA, at=LATER)
REGISTERED = RegistrationReceived(
    activity_id="w1",
    occurrence="1",
    person="k1",
    city=CityPointer(city_id="gent"),
    city_by_domain=CityPointer(city_id="gent"),
    position="police",
    at=TUESDAY,
)
WITHDRAWN = RegistrationCancelled(activity_id="w1", occurrence="1", person="k1", at=TUESDAY)


def test_somebody_registers_and_stands_in_the_ledger_by_a_key() -> None:
    assert given(DECIDER).when(command(REGISTER, people={ANNA: KEY})) == [REGISTERED]


def test_a_weak_identity_stays_known_as_weak() -> None:
    [fact] = given(DECIDER).when(command(REGISTER, people={ANNA: PersonKey("k1", weak=True)}))
    assert isinstance(fact, RegistrationReceived)
    assert fact.weak


def test_somebody_who_is_registered_does_not_register_again() -> None:
    assert given(DECIDER, REGISTERED).when(command(REGISTER, at=LATER)) == []


def test_somebody_withdraws() -> None:
    said = command(WITHDRAW, people={ANNA: KEY})
    assert given(DECIDER, REGISTERED).when(said) == [WITHDRAWN]


def test_a_withdrawal_told_twice_is_one() -> None:
    assert given(DECIDER, REGISTERED, WITHDRAWN).when(WITHDRAW) == []


def test_a_withdrawal_may_arrive_before_the_registration() -> None:
    facts = given(DECIDER).when(command(WITHDRAW, at=LATER), REGISTER)
    assert [type(fact) for fact in facts] == [RegistrationCancelled, RegistrationReceived]


def test_somebody_who_withdrew_may_register_and_withdraw_again() -> None:
    again = [command(said, people={ANNA: KEY}, at=LATER) for said in (REGISTER, WITHDRAW)]
    facts = given(DECIDER, REGISTERED, WITHDRAWN).when(*again)
    assert facts == [each.model_copy(update={"at": LATER}) for each in (REGISTERED, WITHDRAWN)]


def test_somebody_comes_and_goes_at_their_own_moments() -> None:
    joined, left = given(DECIDER).when(
        command(JOIN, at=LATER, people={ANNA: KEY}), command(LEAVE, people={ANNA: KEY})
    )
    assert joined == ParticipantJoined(
        activity_id="w1",
        occurrence="1",
        person="k1",
        role="attendee",
        city=CityPointer(city_id="gent"),
        city_by_domain=CityPointer(city_id="gent"),
        at=TUESDAY,
    )
    assert left == ParticipantLeft(
        activity_id="w1",
        occurrence="1",
        person="k1",
        role="attendee",
        city_by_domain=CityPointer(city_id="gent"),
        at=LATER,
    )


def test_coming_and_going_told_twice_are_one_each() -> None:
    assert len(given(DECIDER).when(JOIN, JOIN, LEAVE, LEAVE, JOIN)) == 2


def test_going_at_the_moment_of_coming_is_not_coming_twice() -> None:
    leave_at_once = LEAVE.model_copy(update={"at": TUESDAY})
    assert len(given(DECIDER).when(JOIN, leave_at_once)) == 2


def test_somebody_who_came_back_came_twice() -> None:
    assert len(given(DECIDER).when(JOIN, LEAVE, JOIN.model_copy(update={"at": LATER}))) == 3


def test_a_participation_does_not_take_what_is_said_to_others() -> None:
    with pytest.raises(TypeError, match="GiveHelp is not a command for a participation"):
        given(DECIDER).when(GiveHelp(city=GENT, network="SCN", on="2024"))


@for_all(
    st.lists(
        st.builds(
            command,
            st.sampled_from([REGISTER, WITHDRAW, JOIN, LEAVE]),
            at=st.sampled_from([TUESDAY, LATER]),
        ),
        max_size=12,
    )
)
def test_whatever_is_said_of_somebody_nothing_follows_twice(said: list[object]) -> None:
    assert_nothing_follows_twice(DECIDER, [], said)
