"""Attacks over HTTP: on the gateway, and on what it believes of other platforms."""

import asyncio
import json
import time
from typing import Any

import httpx

from services.gateway.domain.signatures import WINDOW_SECONDS, signature_of
from shared.embedded.credentials import revoke_publisher
from shared.embedded.webhooks import register_webhook
from shared.webhooks import Webhook
from tests.support.attacks.doors import ATTACKER, HONEST, HTTP, NARROW, Doors, attack
from tests.support.platforms import zoom
from tests.support.sending import event_of, gateway, send, send_batch, send_binary
from tests.support.settling import SECONDS_MAX, until
from tests.support.system import structured
from tests.support.telling import described, registered, scheduled

FLOOD_CALLERS, FLOOD_REQUESTS, FLOOD_EVENTS, NOTHING_EVENTS = 10, 10, 100, 1000
SECRET = "a-secret-of-the-platform"


def refusal(answer: httpx.Response) -> tuple[int, str | None]:
    """Return the status and the reason of an answer."""
    return answer.status_code, answer.json().get("reason")


@attack("a source that is another's", HTTP, "403 `source_mismatch`, and not stored")
async def another_source(doors: Doors) -> None:
    before = await doors.stored(f"intake.{HONEST}.membership.city_registered")
    event = event_of(registered("forged", id_ := doors.name("id")), HONEST)
    async with gateway(doors.real.system, ATTACKER) as client:
        for answer in (
            await send(client, event),
            await send_binary(client, event),
            await send_batch(client, [event, event]),
        ):
            assert refusal(answer) == (403, "source_mismatch")
    await doors.passed(ATTACKER)
    assert await doors.facts(HONEST, id_) == await doors.facts(ATTACKER, id_) == []
    assert await doors.stored(f"intake.{HONEST}.membership.city_registered") == before


@attack("another's subject or method", HTTP, "one sees receipts and rejections of one's own alone")
async def another_address(doors: Doors) -> None:
    refused = structured(registered("x", id_ := doors.name("id"), kind="galaxy"), HONEST)
    await doors.real.system.send([refused], HONEST)
    await doors.passed(HONEST)
    event = registered(doors.name("city"), taken := doors.name("id"))
    await doors.real.system.send([structured(event, HONEST)], HONEST)
    await doors.taken(HONEST, taken)
    async with gateway(doors.real.system, HONEST) as client:
        own = (await client.get("/rejected")).json()["rejected"]
        receipt = (await client.get(f"/events/{taken}")).json()
    assert id_ in {each["id"] for each in own}
    async with gateway(doors.real.system, ATTACKER) as client:
        others = (await client.get("/rejected")).json()["rejected"]
        other = (await client.get(f"/events/{taken}")).json()
    assert id_ not in {each["id"] for each in others}
    assert receipt["state"] == "recorded" != other["state"]


@attack(
    "a type on another type's subject", HTTP, "no subject is asked for: it follows from the type"
)
async def another_types_subject(doors: Doors) -> None:
    event = event_of(registered(doors.name("city"), id_ := doors.name("id")), ATTACKER)
    async with gateway(doors.real.system, ATTACKER) as client:
        headers = {"Nats-Subject": f"intake.{HONEST}.membership.city_described"}
        assert (await send(client, event, **headers)).status_code == 202
    await doors.taken(ATTACKER, id_)


@attack("a message id that another will use", HTTP, "no effect: no header but the event's goes on")
async def forged_message_id(doors: Doors) -> None:
    client, id_ = await doors.client(HONEST), doors.name("id")
    forged = event_of(registered(doors.name("city"), doors.name("id")), ATTACKER)
    honest = structured(registered(doors.name("city"), event_id := doors.name("id")), HONEST)
    async with gateway(doors.real.system, ATTACKER) as attacker:
        await send(attacker, forged, **{"Nats-Msg-Id": id_})
        headers = {**honest.headers, "Nats-Msg-Id": id_}
        answer = await client.request(
            honest.subject, honest.body, headers=headers, timeout=SECONDS_MAX
        )
    assert not json.loads(answer.data).get("duplicate")
    await doors.taken(HONEST, event_id)


@attack("an id that another has used", HTTP, "no effect: each source has ids of its own")
async def id_of_another(doors: Doors) -> None:
    id_ = doors.name("id")
    for source in (ATTACKER, HONEST):
        city = doors.name("city")
        async with gateway(doors.real.system, source) as client:
            answer = await send(client, event_of(registered(city, id_), source))
        assert answer.status_code == 202
        await doors.taken(source, id_)
        assert [fact["stream"] for fact in await doors.facts(source, id_)] == [f"city-{city}"]


@attack(
    "another body under a used id",
    HTTP,
    "202, then kept among the rejected as `id_reused`; the first stands",
)
async def another_body(doors: Doors) -> None:
    first, second = doors.name("city"), doors.name("city")
    id_ = doors.name("id")
    async with gateway(doors.real.system, ATTACKER) as client:
        for city in (first, second):
            answer = await send(client, event_of(registered(city, id_), ATTACKER))
            assert answer.status_code == 202

        async def told() -> bool:
            rejected = (await client.get("/rejected")).json()["rejected"]
            return (id_, "id_reused") in {(each["id"], each["reason"]) for each in rejected}

        await until(told, "the sender is told of the reused id")
    assert [fact["stream"] for fact in await doors.facts(ATTACKER, id_)] == [f"city-{first}"]


@attack("the same again, as captured", HTTP, "202 again; no second fact, and no rejection")
async def replayed(doors: Doors) -> None:
    event = event_of(registered(doors.name("city"), id_ := doors.name("id")), ATTACKER)
    async with gateway(doors.real.system, ATTACKER) as client:
        answers = [await send(client, event) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [202, 202, 202]
    await doors.passed(ATTACKER)
    assert len(await doors.facts(ATTACKER, id_)) == 1
    assert await doors.rejections(ATTACKER, id_) == []


@attack("another's message, as captured", HTTP, "403 `source_mismatch`: it says whose it is")
async def replayed_of_another(doors: Doors) -> None:
    captured = structured(registered(doors.name("city"), id_ := doors.name("id")), HONEST)
    async with gateway(doors.real.system, ATTACKER) as client:
        assert refusal(await send(client, captured.body)) == (403, "source_mismatch")
    assert await doors.facts(HONEST, id_) == []


@attack("a scope exceeded", HTTP, "403 `not_allowed`, and not stored")
async def scope_exceeded(doors: Doors) -> None:
    inside = event_of(described("gent", urban="city"), NARROW)
    async with gateway(doors.real.system, NARROW) as client:
        assert (await send(client, inside)).status_code == 202
        for outside in (registered("gent"), scheduled("w1")):
            answer = await send(client, event_of(outside, NARROW))
            assert refusal(answer) == (403, "not_allowed")
    for subject in ("membership.city_registered", "events.activity_scheduled"):
        assert await doors.stored(f"intake.{NARROW}.{subject}") == 0


@attack("a flood", HTTP, "429 with `Retry-After` beyond the quota; others wait as over NATS")
async def flood(doors: Doors) -> None:
    answers: list[httpx.Response] = []
    again = event_of(registered(doors.name("city"), doors.name("id")), ATTACKER)
    # The same city again and again, which its owner must take, and what costs nothing to send.
    floods = ([again] * FLOOD_EVENTS, [1] * NOTHING_EVENTS)

    async def flooding() -> None:
        async with gateway(doors.real.system, ATTACKER) as client:
            await asyncio.gather(*(caller(client, each) for each in floods * FLOOD_CALLERS))
        await doors.passed(ATTACKER)

    async def caller(client: httpx.AsyncClient, batch: list[Any]) -> None:
        answers.extend([await send_batch(client, batch) for _ in range(FLOOD_REQUESTS)])

    async with gateway(doors.real.system, HONEST) as honest:

        async def say() -> None:
            event = event_of(registered(doors.name("city"), id_ := doors.name("id")), HONEST)
            assert (await send(honest, event)).status_code == 202
            await doors.taken(HONEST, id_)

        await doors.others_wait(HTTP, flooding(), say)
    assert {202, 429} <= {answer.status_code for answer in answers} <= {202, 400, 429}
    later = [answer for answer in answers if answer.status_code == 429]
    assert all(int(answer.headers["Retry-After"]) >= 1 for answer in later)


@attack("a revoked key", HTTP, "401 a second later, on open connections too")
async def revoked_token(doors: Doors) -> None:
    stolen = doors.credential()
    async with gateway(doors.real.system, stolen.name) as client:
        event = event_of(registered(doors.name("city"), doors.name("id")), stolen.name)
        assert (await send(client, event)).status_code == 202

        revoke_publisher(doors.root, stolen.name, "an attack of the tests")

        async def refused() -> bool:
            return (await send(client, event)).status_code == 401

        await until(refused, "the token opens nothing any more")


@attack(
    "a webhook forged or replayed",
    HTTP,
    "401 without the signature, with another body, or 5 minutes later; within them no second fact",
)
async def webhook_replayed(doors: Doors) -> None:
    platform = doors.credential().name
    register_webhook(
        doors.root, platform, Webhook(platform="zoom", secret=SECRET, organisers=("NLC",))
    )
    address = f"/webhooks/zoom/{platform}"
    document = zoom("webinar.created")
    now = int(time.time())
    body = json.dumps(document).encode()

    def signed(secret: str, at: int, over: bytes = body) -> dict[str, str]:
        return {
            "x-zm-request-timestamp": str(at),
            "x-zm-signature": signature_of(secret, str(at), over),
            "Content-Type": "application/json",
        }

    async with httpx.AsyncClient(
        base_url=doors.real.system.http("gateway"), timeout=SECONDS_MAX
    ) as client:

        async def post(headers: dict[str, str], content: bytes = body) -> httpx.Response:
            return await client.post(address, content=content, headers=headers)

        forged = (
            (await post({"Content-Type": "application/json"})).status_code,
            (await post(signed("another-secret", now))).status_code,
            (await post(signed(SECRET, now), body.replace(b"hate", b"love"))).status_code,
            (await post(signed(SECRET, now - WINDOW_SECONDS - 5))).status_code,
        )
        answers = [await post(signed(SECRET, now)) for _ in range(3)]
    assert forged == (401, 401, 401, 401)
    assert [answer.status_code for answer in answers] == [200, 200, 200]
    [id_] = answers[0].json()["events"]

    async def facts() -> list[dict[str, Any]]:
        known = "select stream from ledger where source = $1"
        return await doors.real.system.rows("events", known, platform)

    await until(facts, "the webinar is recorded")
    assert len(await facts()) == 1
    assert await doors.real.system.rows("events", "select 1 from rejected where id = $1", id_) == []
