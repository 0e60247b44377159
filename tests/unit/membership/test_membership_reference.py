"""An unclear reference is answered by a person, and answered anew if need be."""

import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st

from services.membership.domain.reference import DECIDER
from shared.contracts.membership import CityReferenceDismissed, CityReferenceResolved
from shared.contracts.messages.membership import (
    DismissReference,
    ResolveReference,
    StartMembership,
)
from shared.contracts.values import CityReference
from tests.support.deciding import assert_nothing_follows_twice, given

ATHENS = CityReference(name="Athens", country="US")
RESOLVED = CityReferenceResolved(reference_id="r1", city_id="athens-oh", reference=ATHENS)
DISMISSED = CityReferenceDismissed(reference_id="r1", reason="a firm", reference=ATHENS)


def resolve(city_id: str = "athens-oh") -> ResolveReference:
    return ResolveReference(reference_id="r1", city_id=city_id, reference=ATHENS)


DISMISS = DismissReference(reference_id="r1", reason="a firm", reference=ATHENS)


def test_an_answer_is_recorded_with_its_question() -> None:
    assert given(DECIDER).when(resolve()) == [RESOLVED]


def test_the_same_answer_again_changes_nothing() -> None:
    assert given(DECIDER, RESOLVED).when(resolve()) == []


def test_another_answer_takes_the_place_of_the_first() -> None:
    [fact] = given(DECIDER, RESOLVED).when(resolve("athens-ga"))
    assert fact == RESOLVED.model_copy(update={"city_id": "athens-ga"})


def test_a_reference_may_mean_no_city() -> None:
    assert given(DECIDER).when(DISMISS) == [DISMISSED]


def test_what_means_no_city_already_changes_nothing_by_being_dismissed() -> None:
    assert given(DECIDER, DISMISSED).when(DISMISS) == []


def test_a_dismissed_reference_may_be_resolved_after_all_and_dismissed_again() -> None:
    assert given(DECIDER, DISMISSED).when(resolve(), DISMISS) == [RESOLVED, DISMISSED]


def test_an_answer_to_a_domain_keeps_the_domain() -> None:
    said = ResolveReference(reference_id="r2", city_id="gent", email_domain="stad.gent")
    [fact] = given(DECIDER).when(said)
    assert isinstance(fact, CityReferenceResolved)
    assert fact.email_domain == "stad.gent"


def test_a_reference_does_not_take_what_is_said_to_others() -> None:
    with pytest.raises(TypeError, match="StartMembership is not a command for a reference"):
        given(DECIDER).when(StartMembership(city=ATHENS, network="NLC", on="2024"))


@for_all(st.lists(st.sampled_from([resolve(), resolve("athens-ga"), DISMISS]), max_size=8))
def test_whatever_is_answered_nothing_follows_twice(said: list[object]) -> None:
    assert_nothing_follows_twice(DECIDER, [], said)
