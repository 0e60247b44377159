"""An event sent over HTTP is in INTAKE when the answer says so, and its owner reads it as sent."""

import asyncio
import base64
import json
from typing import Any

import pytest

from shared.contracts.envelope import parse
from tests.support.sending import (
    event_of,
    gateway,
    in_intake,
    send,
    send_batch,
    send_binary,
)
from tests.support.system import System, said
from tests.support.telling import registered, scheduled

TRACEPARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


async def test_an_event_in_each_mode_becomes_the_same_fact(system: System) -> None:
    await system.start("membership", "gateway")
    async with gateway(system) as client:
        one = await send(client, event_of(registered("gent")))
        two = await send_binary(client, event_of(registered("bruges")))
        three = await send_batch(client, [event_of(registered("liege"))])
    await system.settled()

    assert [each.status_code for each in (one, two, three)] == [202, 202, 202], one.text
    facts = await system.facts("membership")
    assert sorted(fact["data"]["city_id"] for fact in facts) == [
        "bruges",
        "gent",
        "liege",
    ]
    assert {fact["source"] for fact in facts} == {"demo"}


async def test_the_owner_finds_the_bytes_that_were_sent(system: System) -> None:
    await system.start("gateway")
    event = event_of(registered("gent"), subject="Gent été/100%", partitionkey="a b")
    async with gateway(system) as client:
        await send(client, event)
        await send_binary(client, event)
    structured, binary = await in_intake(system)

    assert structured.subject == binary.subject == "intake.demo.membership.city_registered"
    assert json.loads(structured.data) == event
    assert json.loads(binary.data) == event["data"]
    assert dict(binary.headers or {})["ce-subject"] == "Gent%20%C3%A9t%C3%A9/100%25"
    assert dict(binary.headers or {})["ce-partitionkey"] == "a%20b"
    assert parse(structured.headers, structured.data) == parse(binary.headers, binary.data)


async def test_data_in_base64_are_the_data_when_they_hold_json(system: System) -> None:
    await system.start("membership", "gateway")
    event = event_of(registered("gent"))
    encoded = base64.b64encode(json.dumps(event.pop("data")).encode()).decode()
    async with gateway(system) as client:
        answer = await send(client, event | {"data_base64": encoded})
        bytes_ = await send(client, event | {"data_base64": "AAECAw=="})
        both = await send(client, event | {"data_base64": encoded, "data": {}})
    await system.settled()

    assert answer.status_code == 202
    [fact] = await system.facts("membership")
    assert fact["data"]["city_id"] == "gent"
    assert [each.json()["violations"][0]["path"] for each in (bytes_, both)] == [
        "$.data_base64",
        "$.data_base64",
    ]


async def test_data_that_are_a_text_are_not_parsed_once_more(system: System) -> None:
    await system.start("gateway")
    event = event_of(registered("gent"))
    async with gateway(system) as client:
        answer = await send(client, event | {"data": json.dumps(event["data"])})
    assert answer.json()["violations"][0]["path"] == "$.data"


async def test_an_event_tells_where_to_ask_for_its_receipt(system: System) -> None:
    await system.start("gateway")
    async with gateway(system) as client:
        answer = await send(client, event_of(registered("gent"), id="a/b c?é"))

    assert answer.json()["id"] == "a/b c?é"
    assert answer.headers["Location"] == answer.json()["receipt"] == "/events/a%2Fb%20c%3F%C3%A9"


async def test_the_trace_of_a_request_or_of_its_event_goes_on(system: System) -> None:
    await system.start("gateway")
    other = TRACEPARENT.replace("4bf9", "aaaa")
    async with gateway(system) as client:
        by_header = await send(client, event_of(registered("a")), traceparent=TRACEPARENT)
        by_event = await send(
            client, event_of(registered("b"), traceparent=TRACEPARENT), traceparent=other
        )
        await send(client, event_of(registered("c")), traceparent="00-nonsense")
    envelopes = [parse(each.headers, each.data) for each in await in_intake(system)]

    assert by_header.json()["trace_id"] == by_event.json()["trace_id"] == TRACEPARENT[3:35]
    assert by_header.headers["traceresponse"][3:35] == TRACEPARENT[3:35]
    assert [each.traceparent and each.traceparent[3:35] for each in envelopes[:2]] == [
        TRACEPARENT[3:35],
        TRACEPARENT[3:35],
    ]
    assert envelopes[2].traceparent != "00-nonsense"


async def test_a_batch_answers_for_each_event_in_its_order(system: System) -> None:
    await system.start("gateway")
    good = [event_of(registered(city)) for city in ("gent", "bruges")]
    async with gateway(system) as client:
        answer = await send_batch(
            client,
            [
                good[0],
                "not an object",
                event_of(registered("x"), source="/systems/crm"),
                {"specversion": "1.0"},
                event_of(said("events.activity_exploded", activity_id="w1")),
                event_of(said("membership.city_registered", city_id="UPPER", name="n")),
                good[1],
            ],
        )

    assert answer.status_code == 207
    document = answer.json()
    assert (document["accepted"], document["refused"]) == (2, 5)
    assert [each["index"] for each in document["results"]] == list(range(7))
    assert [each.get("reason") for each in document["results"]] == [
        None,
        "malformed",
        "source_mismatch",
        "invalid_data",
        "unknown_type",
        "invalid_data",
        None,
    ]
    assert [each["status"] for each in document["results"]] == [202, 400, 403, 422, 422, 422, 202]
    taken = [json.loads(each.data) for each in await in_intake(system)]
    assert taken == good


async def test_a_batch_of_which_nothing_is_taken_is_a_problem(system: System) -> None:
    await system.start("gateway")
    async with gateway(system) as client:
        alike = await send_batch(client, [1, 2])
        mixed = await send_batch(client, [1, event_of(registered("x"), source="/systems/crm")])

    assert alike.status_code == 400
    assert alike.headers["Content-Type"] == "application/problem+json"
    assert alike.json()["reason"] == "malformed"
    assert mixed.status_code == 422
    assert [each["status"] for each in mixed.json()["results"]] == [400, 403]
    assert await in_intake(system) == []


async def test_a_batch_of_none_is_taken(system: System) -> None:
    await system.start("gateway")
    async with gateway(system) as client:
        answer = await send_batch(client, [])
    assert answer.status_code == 202
    assert answer.json() == {"accepted": 0, "refused": 0, "results": []}


async def test_many_at_once_are_each_stored_once(system: System) -> None:
    await system.start("gateway")
    events = [event_of(registered(f"city-{n}")) for n in range(200)]
    async with gateway(system) as client:
        answers = await asyncio.gather(*(send(client, event) for event in events))

    assert {answer.status_code for answer in answers} == {202}
    stored = [json.loads(each.data)["id"] for each in await in_intake(system)]
    assert sorted(stored) == sorted(event["id"] for event in events)


async def test_the_same_event_again_changes_nothing(system: System) -> None:
    await system.start("membership", "gateway")
    event = event_of(registered("gent"))
    async with gateway(system) as client:
        for _ in range(3):
            assert (await send(client, event)).status_code == 202
    await system.settled()
    assert len(await system.facts("membership")) == 1


@pytest.mark.parametrize(
    ("event", "status", "reason", "path"),
    [
        (event_of(registered("gent"), source="/systems/crm"), 403, "source_mismatch", "$.source"),
        (event_of(registered("gent"), source="urn:elsewhere"), 403, "source_mismatch", "$.source"),
        (event_of(registered("gent"), type="com.example.x"), 422, "unknown_type", "$.type"),
        (event_of(registered("gent"), time=None), 422, "invalid_data", "$.time"),
        (event_of(registered("gent"), time="2024-13-01T00:00:00Z"), 422, "invalid_data", "$.time"),
        (event_of(registered("gent"), time="2024-06-01T00:00:00Z"), 422, "invalid_data", "$.time"),
        (event_of(registered("gent"), id=None), 422, "invalid_data", "$.id"),
        (event_of(registered("gent"), data=None), 422, "invalid_data", "$.data"),
        (event_of(registered("gent"), data=[1]), 422, "invalid_data", "$.data"),
        (event_of(registered("gent"), BadName="x"), 422, "invalid_data", "$.BadName"),
        (event_of(registered("Gent")), 422, "invalid_data", "$.data.city_id"),
        (
            event_of(scheduled("w1"), data={**scheduled("w1")["data"], "organisers": ["NLC", 7]}),
            422,
            "invalid_data",
            "$.data.organisers[1]",
        ),
        (
            event_of(registered("gent"), data={**registered("gent")["data"], "city": "x"}),
            422,
            "invalid_data",
            "$.data.city",
        ),
    ],
)
async def test_a_bad_event_is_told_at_once_and_goes_nowhere(
    system: System, event: dict[str, Any], status: int, reason: str, path: str
) -> None:
    await system.start("gateway")
    async with gateway(system) as client:
        answer = await send(client, event)

    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    problem = answer.json()
    assert (problem["status"], problem["reason"]) == (status, reason)
    assert problem["type"] == f"/docs#{reason}"
    [violation] = problem["violations"]
    assert violation["path"] == path
    assert violation["description"]
    assert violation["hint"]
    assert await in_intake(system) == []


@pytest.mark.parametrize("token", [None, "", "Basic abc", "Bearer nobody"])
async def test_who_is_not_known_sends_nothing(system: System, token: str | None) -> None:
    await system.start("gateway")
    async with gateway(system, by="") as client:
        headers = {} if token is None else {"Authorization": token}
        answer = await send(client, event_of(registered("gent")), **headers)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert await in_intake(system) == []


@pytest.mark.parametrize("by", ["viewer", "operator"])
async def test_who_may_not_say_anything_sends_nothing(system: System, by: str) -> None:
    await system.start("gateway")
    async with gateway(system, by) as client:
        answer = await send(client, event_of(registered("gent"), by=by))
    assert answer.status_code == 403
    assert await in_intake(system) == []


async def test_a_credential_for_some_services_says_nothing_of_others(system: System) -> None:
    await system.start("gateway")
    async with gateway(system, "narrow") as client:
        forbidden = await send(client, event_of(registered("gent"), by="narrow"))
        allowed = await send(client, event_of(scheduled("w1"), by="narrow"))
    assert (forbidden.status_code, forbidden.json()["reason"]) == (403, "not_allowed")
    assert allowed.status_code == 202


async def test_nothing_is_taken_while_the_broker_is_away(system: System, machine: Any) -> None:
    await system.start("gateway")
    async with gateway(system) as client:
        async with machine.nats_down():
            one = await send(client, event_of(registered("gent")))
            many = await send_batch(client, [event_of(registered("gent")), 7])
        assert (one.status_code, many.status_code) == (503, 503)
        assert int(one.headers["Retry-After"]) >= 1
        assert "same id" in one.json()["detail"]
        assert [each["status"] for each in many.json()["results"]] == [503, 400]


async def test_the_gateway_is_ready_without_the_owners(system: System) -> None:
    await system.start("gateway")
    async with gateway(system) as client:
        ready = await client.get("/readyz")
        assert ready.status_code == 200
        assert ready.json() == {
            "nats": True,
            "membership": False,
            "events": False,
            "resources": False,
        }
        await system.start("membership")
        assert (await client.get("/readyz")).json()["membership"] is True
