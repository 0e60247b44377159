"""Which stream a message of membership speaks to, what it waits for, and what a fact provides."""

import pytest

from services.membership.domain import DECIDERS, needs, provides, stream_of
from services.membership.intake import _city_of
from services.membership.projections import project
from services.membership.resolver import FREE_MAIL_DOMAINS, Question
from shared.contracts.membership import (
    CityReferenceDismissed,
    CityReferenceResolved,
    CityRegistered,
    MembershipEvent,
)
from shared.contracts.messages.membership import (
    DescribeCity,
    DismissReference,
    EndMembership,
    FormPartnership,
    MembershipDecision,
    MembershipMessage,
    RegisterCity,
    ResolveReference,
    RevokeSuccession,
    StartMembership,
    SucceedCity,
)
from shared.contracts.messages.resources import WithdrawResource
from shared.contracts.values import CityReference, Fact, Message
from shared.recorded import noun_of
from tests.support.deciding import command, named_cities
from tests.support.recording import facts_of, messages_of, recorded

GENT = CityReference(city_id="gent")
ATHENS = CityReference(name="Athens", country="US")
REGISTER = RegisterCity(city_id="gent", name="Gent", kind="city", country="BE")
SUCCEED = SucceedCity(city_id="gent", successors=("aalst",), on="2025", reason="merger")
RESOLVE = ResolveReference(reference_id="r1", city_id="gent")
DISMISS = DismissReference(reference_id="r1", reason="a firm")
START = StartMembership(city=GENT, network="SCN", on="2019")
END = EndMembership(city=GENT, network="SCN", on="2019")
ONE_OF_SOME = StartMembership(city=ATHENS, network="NLC", on="2019")


@pytest.mark.parametrize(
    ("said", "stream"),
    [
        (REGISTER, "city-gent"),
        (DescribeCity(city_id="gent"), "city-gent"),
        (SUCCEED, "city-gent"),
        (RevokeSuccession(city_id="gent", reason="a mistake"), "city-gent"),
        (START, "city-gent"),
        (END, "city-gent"),
        (ONE_OF_SOME, "reference-asked-athens"),
        (FormPartnership(partners=("SCN", "NLC"), on="2023"), "partnership-nlc-scn"),
        (FormPartnership(partners=("NLC", "SCN"), on="2023"), "partnership-nlc-scn"),
        (RESOLVE, "reference-r1"),
        (DISMISS, "reference-r1"),
    ],
)
def test_a_message_speaks_to_one_stream(said: Message, stream: str) -> None:
    assert stream_of(command(said)) == stream


@pytest.mark.parametrize(
    ("said", "key"),
    [
        (REGISTER, None),
        (FormPartnership(partners=("NLC", "SCN"), on="2023"), None),
        (DISMISS, None),
        (RESOLVE, None),
        (DescribeCity(city_id="gent"), "city-gent"),
        (SUCCEED, "city-gent"),
        (RevokeSuccession(city_id="gent", reason="a mistake"), "city-gent"),
        (START, "city-gent"),
        (END, "city-gent"),
        (ONE_OF_SOME, "resolved-asked-athens"),
    ],
)
def test_a_message_waits_for_the_city_it_speaks_of(said: Message, key: str | None) -> None:
    assert needs(command(said)) == key


@pytest.mark.parametrize("fact", facts_of(MembershipEvent), ids=lambda fact: fact.TYPE)
def test_registered_cities_and_answers_are_what_others_wait_for(fact: Fact) -> None:
    match fact:
        case CityRegistered():
            assert provides(fact) == f"city-{fact.city_id}"
        case CityReferenceResolved():
            assert provides(fact) == f"resolved-{fact.reference_id}"
        case _:
            assert provides(fact) is None


def test_membership_takes_nothing_that_is_said_to_others() -> None:
    with pytest.raises(TypeError, match="WithdrawResource is not for membership"):
        stream_of(command(WithdrawResource(resource_id="toolkit", on="2024")))


@pytest.mark.parametrize(
    "said", messages_of(MembershipMessage | MembershipDecision), ids=lambda said: said.TYPE
)
def test_every_stream_has_a_decider_and_a_name_that_fits_a_subject(said: Message) -> None:
    stream = stream_of(command(said))
    assert noun_of(stream) in DECIDERS
    assert not set(stream) & set(". *>\t\n")


@pytest.mark.parametrize("said", messages_of(MembershipMessage), ids=lambda said: said.TYPE)
def test_every_city_that_a_message_names_is_looked_up(said: Message) -> None:
    looked_up = _city_of(said)
    assert {looked_up} - {None} == named_cities(said)


def test_the_same_question_has_the_same_id_however_it_is_written() -> None:
    shouted = Question(reference=CityReference(name="ATHENS", country="US"))
    assert Question(reference=ATHENS).reference_id == shouted.reference_id
    assert (
        Question(email_domain="x.gov").reference_id == Question(email_domain="X.GOV").reference_id
    )


def test_different_questions_have_different_ids() -> None:
    ids = {
        Question(reference=ATHENS).reference_id,
        Question(reference=CityReference(name="Athens", country="GR")).reference_id,
        Question(
            reference=CityReference(name="Athens", country="US", subdivision="OH")
        ).reference_id,
        Question(reference=CityReference(city_id="athens")).reference_id,
        Question(email_domain="athens").reference_id,
    }
    assert len(ids) == 5


def test_free_mail_says_nothing_of_a_city() -> None:
    assert "gmail.com" in FREE_MAIL_DOMAINS
    assert "stad.gent" not in FREE_MAIL_DOMAINS


def test_a_dismissed_question_is_answered_with_no_city() -> None:
    [dismissed] = [
        project(recorded(fact))
        for fact in facts_of(MembershipEvent)
        if isinstance(fact, CityReferenceDismissed) and fact.reference
    ][:1]
    reference_id, question, _, city_id, is_dismissed = dismissed[0].arguments
    assert (city_id, is_dismissed) == (None, True)
    assert question is not None
    assert reference_id
