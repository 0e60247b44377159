"""A city is registered, described, member of networks for a time, and succeeded by others."""

from typing import Any

import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st

from services.membership.domain.city import DECIDER, Term
from shared.contracts.membership import (
    CityDescribed,
    CityRegistered,
    CitySucceeded,
    CitySuccessionRevoked,
    MembershipEnded,
    MembershipStarted,
)
from shared.contracts.messages.membership import (
    DescribeCity,
    EndMembership,
    FormPartnership,
    RegisterCity,
    RevokeSuccession,
    StartMembership,
    SucceedCity,
)
from shared.contracts.values import CityReference, Network, Population, SuccessionReason
from shared.errors import Refused
from tests.support.deciding import assert_nothing_follows_twice, command, given

GENT = CityReference(city_id="gent")
GENT_IS: dict[str, Any] = {"city_id": "gent", "name": "Gent", "kind": "city", "country": "BE"}
REGISTER = RegisterCity(**GENT_IS)
REGISTERED = CityRegistered(**GENT_IS)
MERGED = CitySucceeded(
    city_id="gent", successors=("gent-metropolis",), on="2025-01-01", reason="merger"
)


def start(on: str, network: Network = "SCN", reason: str | None = None) -> StartMembership:
    return StartMembership(city=GENT, network=network, on=on, reason=reason)


def end(on: str, network: Network = "SCN") -> EndMembership:
    return EndMembership(city=GENT, network=network, on=on, reason="fees")


def started(on: str, network: Network = "SCN") -> MembershipStarted:
    return MembershipStarted(city_id="gent", network=network, on=on)


def ended(on: str, network: Network = "SCN") -> MembershipEnded:
    return MembershipEnded(city_id="gent", network=network, on=on)


def succeed(*successors: str, reason: SuccessionReason = "merger") -> SucceedCity:
    return SucceedCity(city_id="gent", successors=successors, on="2025-01-01", reason=reason)


def test_a_city_is_registered_with_all_that_was_said() -> None:
    said = RegisterCity(**GENT_IS, geonames_id=2797656, latitude=51.05, named=False)
    [fact] = given(DECIDER).when(said)
    assert fact == CityRegistered(**GENT_IS, geonames_id=2797656, latitude=51.05, named=False)


def test_a_second_system_that_registers_the_same_city_changes_nothing() -> None:
    assert given(DECIDER, REGISTERED).when(command(REGISTER, source="another")) == []


def test_a_city_is_not_registered_anew_under_another_description() -> None:
    with pytest.raises(Refused, match="gent is registered as 'Gent', BE; send city_described"):
        given(DECIDER, REGISTERED).when(REGISTER.model_copy(update={"name": "Ghent"}))


def test_a_city_is_not_registered_within_itself() -> None:
    with pytest.raises(Refused, match="gent cannot lie within itself"):
        given(DECIDER).when(RegisterCity(**GENT_IS, within="gent"))


def test_a_description_keeps_what_it_does_not_speak_of() -> None:
    people = Population(value=262219, source="Statbel", year=2023)
    before = CityRegistered(**GENT_IS, time_zone="Europe/Brussels")
    [fact] = given(DECIDER, before).when(
        DescribeCity(city_id="gent", name="Ghent", population=people)
    )
    assert fact == CityDescribed(
        **GENT_IS | {"name": "Ghent"}, time_zone="Europe/Brussels", population=people
    )


def test_a_description_may_say_that_a_city_is_not_to_be_named() -> None:
    [fact] = given(DECIDER, REGISTERED).when(DescribeCity(city_id="gent", named=False))
    assert isinstance(fact, CityDescribed)
    assert not fact.named


def test_a_description_of_what_is_known_changes_nothing() -> None:
    assert given(DECIDER, REGISTERED).when(DescribeCity(city_id="gent", name="Gent")) == []


def test_a_later_description_stands_on_the_one_before() -> None:
    facts = given(DECIDER, REGISTERED).when(
        DescribeCity(city_id="gent", name="Ghent"), DescribeCity(city_id="gent", urban="city")
    )
    assert facts[-1] == CityDescribed(**GENT_IS | {"name": "Ghent"}, urban="city")


def test_a_city_is_not_described_as_lying_within_itself() -> None:
    with pytest.raises(Refused, match="gent cannot lie within itself"):
        given(DECIDER, REGISTERED).when(DescribeCity(city_id="gent", within="gent"))


def test_a_city_goes_over_into_others() -> None:
    assert given(DECIDER, REGISTERED).when(succeed("gent-metropolis")) == [MERGED]


def test_a_city_cannot_succeed_itself() -> None:
    with pytest.raises(Refused, match="gent cannot succeed itself"):
        given(DECIDER, REGISTERED).when(succeed("gent", "deinze", reason="split"))


def test_the_same_succession_told_twice_is_one() -> None:
    assert given(DECIDER, REGISTERED, MERGED).when(succeed("gent-metropolis")) == []


def test_another_succession_has_to_wait_until_the_first_is_revoked() -> None:
    with pytest.raises(Refused, match="succeeded by gent-metropolis already; revoke that first"):
        given(DECIDER, REGISTERED, MERGED).when(succeed("deinze"))


def test_a_revoked_succession_makes_room_for_another() -> None:
    revoke = RevokeSuccession(city_id="gent", reason="a mistake")
    assert given(DECIDER, REGISTERED, MERGED).when(revoke, succeed("deinze")) == [
        CitySuccessionRevoked(city_id="gent", reason="a mistake"),
        CitySucceeded(city_id="gent", successors=("deinze",), on="2025-01-01", reason="merger"),
    ]


def test_a_city_that_nobody_succeeded_has_nothing_to_revoke() -> None:
    with pytest.raises(Refused, match="gent was not succeeded by any city"):
        given(DECIDER, REGISTERED).when(RevokeSuccession(city_id="gent", reason="a mistake"))


def test_a_city_becomes_a_member_of_a_network() -> None:
    [fact] = given(DECIDER, REGISTERED).when(start("2019-05-01", reason="council vote"))
    assert fact == MembershipStarted(
        city_id="gent", network="SCN", on="2019-05-01", reason="council vote"
    )


def test_a_city_joins_each_network_by_itself() -> None:
    both = given(DECIDER, REGISTERED).when(start("2019", "SCN"), start("2020", "NLC"))
    assert both == [started("2019", "SCN"), started("2020", "NLC")]


def test_a_membership_told_twice_is_one() -> None:
    again = start("2019-05-01", reason="told once more")
    assert given(DECIDER, REGISTERED, started("2019-05-01")).when(again) == []


def test_a_member_cannot_join_again_on_another_date() -> None:
    with pytest.raises(Refused, match="gent is a member of SCN since 2019-05-01"):
        given(DECIDER, REGISTERED, started("2019-05-01")).when(start("2020-01-01"))


def test_a_city_leaves_a_network() -> None:
    [fact] = given(DECIDER, REGISTERED, started("2019")).when(end("2023-06-30"))
    assert fact == MembershipEnded(city_id="gent", network="SCN", on="2023-06-30", reason="fees")


def test_a_city_that_left_on_that_date_already_changes_nothing_by_leaving() -> None:
    left = given(DECIDER, REGISTERED, started("2019"), ended("2023-06-30"))
    assert left.when(end("2023-06-30")) == []


@pytest.mark.parametrize("facts", [[], [started("2019", "NLC")], [started("2019"), ended("2022")]])
def test_a_city_that_is_no_member_cannot_leave(facts: list[MembershipStarted]) -> None:
    with pytest.raises(Refused, match="gent is not a member of SCN, so it cannot leave"):
        given(DECIDER, REGISTERED, *facts).when(end("2023"))


def test_a_city_cannot_leave_before_it_joined() -> None:
    with pytest.raises(Refused, match="gent joined SCN on 2019-05-01, after 2019-04-30"):
        given(DECIDER, REGISTERED, started("2019-05-01")).when(end("2019-04-30"))


@pytest.mark.parametrize("on", ["2019", "2019-05", "2019-05-01"])
def test_a_date_that_is_known_roughly_may_lie_behind_a_day_of_it(on: str) -> None:
    assert len(given(DECIDER, REGISTERED, started("2019-05-01")).when(end(on))) == 1


@pytest.mark.parametrize("on", ["2023-06-30", "2023-07", "2023", "2024"])
def test_a_city_that_left_may_join_again(on: str) -> None:
    left = given(DECIDER, REGISTERED, started("2019"), ended("2023-06-30"))
    assert left.when(start(on)) == [started(on)]
    assert left.and_then(start(on)).state.terms["SCN"] == (Term("2019", "2023-06-30"), Term(on))


@pytest.mark.parametrize("on", ["2023-06-29", "2023-05", "2022"])
def test_a_city_cannot_join_again_before_it_left(on: str) -> None:
    left = given(DECIDER, REGISTERED, started("2019"), ended("2023-06-30"))
    with pytest.raises(Refused, match="gent was a member of SCN until 2023-06-30"):
        left.when(start(on))


def test_a_city_does_not_take_what_is_said_to_others() -> None:
    with pytest.raises(TypeError, match="FormPartnership is not a command for a city"):
        given(DECIDER).when(FormPartnership(partners=("NLC", "SCN"), on="2024"))


DATES = st.sampled_from(["2019", "2019-05", "2019-05-01", "2020", "2023-06-30"])
NETWORKS = st.sampled_from(["NLC", "SCN"])
SAID = st.one_of(
    st.builds(start, DATES, NETWORKS),
    st.builds(end, DATES, NETWORKS),
    st.builds(succeed, st.sampled_from(["gent", "deinze", "aalst"])),
    st.just(RevokeSuccession(city_id="gent", reason="a mistake")),
    st.builds(DescribeCity, city_id=st.just("gent"), name=st.sampled_from(["Gent", "Ghent"])),
    st.just(REGISTER),
)


@for_all(st.lists(SAID, max_size=12))
def test_whatever_is_said_of_a_city_nothing_follows_twice(said: list[object]) -> None:
    assert_nothing_follows_twice(DECIDER, [REGISTERED], said)
