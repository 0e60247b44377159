"""A city is resolved beyond doubt or becomes a question; the answer counts for what waited."""

from typing import Any

import pytest
from tandem.membership.v1.membership_pb2 import (
    DismissReferenceRequest,
    ListReferencesRequest,
    ResolveReferenceRequest,
)

from shared.messaging import INTAKE
from tests.support.system import System
from tests.support.telling import attended, came, joined, registered, scheduled

COLUMBUS = {"name": "Columbus", "country": "US"}
GENT = {"name": "Gent", "country": "BE"}
GENT_IN_GEONAMES = 2797656


async def test_a_name_that_several_cities_bear_becomes_a_question_with_candidates(
    system: System,
) -> None:
    await system.start("membership", "events")
    await system.publish(registered("columbus-oh", country="US", subdivision="OH", name="Columbus"))
    await system.settled()
    await system.publish(scheduled("w1"), came("w1", COLUMBUS))
    await system.settled()

    [question] = await questions(system)
    assert question.reference.name == "Columbus"
    assert question.mentions == 1
    states = {candidate.subdivision: candidate.city_id for candidate in question.candidates}
    assert states["OH"] == "columbus-oh"
    assert states["GA"] == ""
    assert await attending(system) == [{"reference_id": question.reference_id}]


async def test_staff_answer_and_what_waited_is_released_and_later_messages_resolve(
    system: System,
) -> None:
    await system.start("membership", "events")
    await system.publish(registered("columbus-oh", country="US", subdivision="OH", name="Columbus"))
    await system.settled()
    await system.publish(joined(COLUMBUS), scheduled("w1"))
    await system.settled()
    [question] = await questions(system)
    waiting = await system.waiting("membership")
    assert [row["needs"] for row in waiting] == [f"resolved-{question.reference_id}"]

    await resolve(system, question.reference_id, "columbus-oh")
    await system.settled()
    await system.publish(came("w1", COLUMBUS))
    await system.settled()

    kinds = [fact["kind"] for fact in await system.facts("membership")]
    assert kinds == ["city_registered", "city_reference_resolved", "membership_started"]
    answered = (await system.facts("membership"))[1]["data"]
    assert answered["reference"] == COLUMBUS
    assert await attending(system) == [{"city_id": "columbus-oh"}]
    assert await questions(system) == []


async def test_a_question_asked_often_is_one_question_and_stands_first(system: System) -> None:
    await system.start("membership", "events")
    await system.publish(scheduled("w1"), scheduled("w2"), scheduled("w3"))
    await system.settled()
    await system.publish(came("w1", {"name": "Springfield", "country": "US"}))
    await system.settled()
    for activity in ("w1", "w2", "w3"):
        await system.publish(came(activity, COLUMBUS))
        await system.settled()

    assert [(each.reference.name, each.mentions) for each in await questions(system)] == [
        ("Columbus", 3),
        ("Springfield", 1),
    ]


async def test_a_question_settles_by_itself_once_the_only_city_it_can_mean_is_registered(
    system: System,
) -> None:
    await system.start("membership")
    await system.publish(joined(GENT))
    await system.settled()
    [question] = await questions(system)
    assert [each.geonames_id for each in question.candidates] == [GENT_IN_GEONAMES]

    await system.publish(registered("gent", geonames_id=GENT_IN_GEONAMES))
    await system.settled()

    kinds = [fact["kind"] for fact in await system.facts("membership")]
    assert kinds == ["city_registered", "city_reference_resolved", "membership_started"]
    assert await questions(system) == []
    settled = (await system.facts("membership"))[1]
    assert (settled["source"], settled["data"]["city_id"]) == ("membership", "gent")


async def test_a_city_id_that_nobody_registered_is_listed_until_it_is(system: System) -> None:
    await system.start("membership", "events")
    await system.publish(scheduled("w1"), came("w1", "gent"))
    await system.settled()
    assert [each.reference.city_id for each in await questions(system)] == ["gent"]
    assert await attending(system) == [{"city_id": "gent"}]

    await system.publish(registered("gent"))
    await system.settled()
    assert await questions(system) == []


async def test_the_domain_of_an_email_address_is_asked_for_once_and_answered_for_all(
    system: System,
) -> None:
    await system.start("membership", "events")
    await system.publish(registered("gent"), scheduled("w1"), scheduled("w2"))
    await system.settled()
    await system.publish(attended("w1", None, {"email": "Ann@Stad.Gent"}))
    await system.settled()
    [question] = await questions(system)
    assert question.email_domain == "stad.gent"

    await resolve(system, question.reference_id, "gent")
    await system.publish(attended("w2", None, {"email": "ben@stad.gent"}))
    await system.settled()

    rolls = await system.rows(
        "events",
        "select data -> 'participants' -> 0 -> 'city_by_domain' ->> 'city_id' as city,"
        " data -> 'participants' -> 0 -> 'city_by_domain' ->> 'reference_id' as question"
        " from ledger where type like 'events.attendance%' order by position",
    )
    assert rolls == [
        {"city": None, "question": question.reference_id},
        {"city": "gent", "question": None},
    ]


async def test_free_mail_says_nothing_of_a_city_and_nobody_is_asked(system: System) -> None:
    await system.start("membership", "events")
    await system.publish(scheduled("w1"), attended("w1", None, {"email": "ann@gmail.com"}))
    await system.settled()

    [participant] = (await system.facts("events"))[1]["data"]["participants"]
    assert "city_by_domain" not in participant
    assert await questions(system) == []


async def test_a_dismissed_question_is_not_listed_again(system: System) -> None:
    await system.start("membership", "events")
    await system.publish(scheduled("w1"), attended("w1", None, {"email": "ann@firm.example"}))
    await system.settled()
    [question] = await questions(system)
    request = DismissReferenceRequest(reference_id=question.reference_id, reason="a firm")
    request.context.id = "no-city"
    await system.stub("membership", by="staff").DismissReference(request)
    await system.publish(scheduled("w2"), attended("w2", None, {"email": "ben@firm.example"}))
    await system.settled()

    assert await questions(system) == []
    assert len(await system.facts("events")) == 4


async def test_while_membership_is_away_messages_stay_with_the_broker(system: System) -> None:
    await system.start("membership", "events")
    await system.publish(registered("gent"), scheduled("w1"))
    await system.settled()
    await system.stop("membership")
    await system.publish(came("w1", "gent"))
    jetstream = (await system.nats("provision")).jetstream()
    assert (await jetstream.consumer_info(INTAKE, "events-demo")).ack_floor.stream_seq < 3
    assert len(await system.facts("events")) == 1

    await system.start("membership")
    await system.settled()
    assert await attending(system) == [{"city_id": "gent"}]


async def test_only_staff_and_operators_decide(system: System) -> None:
    await system.start("membership")
    await system.publish(registered("gent"), joined(COLUMBUS))
    await system.settled()
    [question] = await questions(system)
    with pytest.raises(Exception, match="PERMISSION_DENIED"):
        await resolve(system, question.reference_id, "gent", by="demo")


async def questions(system: System) -> list[Any]:
    stub = system.stub("membership", by="staff")
    return list((await stub.ListReferences(ListReferencesRequest())).references)


async def resolve(system: System, reference_id: str, city_id: str, by: str = "staff") -> None:
    request = ResolveReferenceRequest(reference_id=reference_id, city_id=city_id)
    request.context.id = f"answer-{reference_id}"
    await system.stub("membership", by=by).ResolveReference(request)


async def attending(system: System) -> list[dict[str, Any]]:
    facts = await system.facts("events")
    return [fact["data"]["city"] for fact in facts if fact["kind"] == "city_attended"]
