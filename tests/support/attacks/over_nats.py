"""Attacks over NATS by a publisher with a good credential, or with a stolen one."""

import asyncio
import json

import nats.errors
import pytest

from shared.embedded.credentials import revoke_publisher
from shared.publishing import Outgoing, publish_batches, publish_one
from tests.support.attacks.doors import ATTACKER, HONEST, NARROW, NATS, Doors, attack
from tests.support.doors import Held, hold, may_publish
from tests.support.settling import SECONDS_MAX, until
from tests.support.system import binary, structured
from tests.support.telling import described, registered

FLOOD_EVENTS = 5_000
DEDUPLICATION_SECONDS = 0.3
"""More than the shortest window in which NATS can be told to know a message id."""


async def refused(held: Held, said: str) -> None:
    async def heard() -> bool:
        return any(said.lower() in refusal.lower() for refusal in held.refusals)

    await until(heard, f"the broker says {said!r}")


@attack("a source that is another's", NATS, "kept among the rejected as `source_mismatch`")
async def another_source(doors: Doors) -> None:
    id_ = doors.name("id")
    for told in (structured, binary):
        event = registered("forged", id_) | {"source": f"/systems/{HONEST}"}
        await doors.real.system.send([told(event, ATTACKER)], ATTACKER)
    await doors.passed(ATTACKER)
    assert await doors.rejections(ATTACKER, id_) == ["source_mismatch", "source_mismatch"]
    assert await doors.facts(ATTACKER, id_) == await doors.facts(HONEST, id_) == []


@attack("another's subject or method", NATS, "refused by the broker, and not stored")
async def another_subject(doors: Doors) -> None:
    held = await doors.hold(ATTACKER)
    for subject in (
        f"intake.{HONEST}.membership.city_registered",
        "facts.membership.city.gent.city_registered",
        f"rejected.{HONEST}",
        "$JS.API.STREAM.PURGE.INTAKE",
        "$JS.API.CONSUMER.CREATE.INTAKE",
    ):
        before = await doors.stored(subject)
        assert not await may_publish(held.client, subject), subject
        await refused(held, f'publish to "{subject}"')
        assert await doors.stored(subject) == before
    await held.client.close()


@attack("a type on another type's subject", NATS, "kept among the rejected as `unknown_type`")
async def another_types_subject(doors: Doors) -> None:
    event = registered("forged", id_ := doors.name("id"))
    told = structured(event, ATTACKER)
    other = f"intake.{ATTACKER}.membership.city_described"
    await doors.real.system.send([Outgoing(other, told.headers, told.body)], ATTACKER)
    await doors.passed(ATTACKER)
    assert await doors.rejections(ATTACKER, id_) == ["unknown_type"]


@attack("listening to others", NATS, "refused by the broker")
async def listening(doors: Doors) -> None:
    held = await doors.hold(ATTACKER)
    for subject in (f"rejected.{HONEST}", "facts.>", "intake.>", f"_INBOX_{HONEST}.>", ">"):
        await held.client.subscribe(subject)
        await held.client.flush()
        await refused(held, f'subscription to "{subject}"')
    await held.client.close()


@attack(
    "an acknowledgement as a fact",
    NATS,
    "publishers have an account of their own: it goes nowhere",
)
async def acknowledgement_as_fact(doors: Doors) -> None:
    held = await doors.hold(ATTACKER)
    for stored in ("facts.membership.city.a.city_registered", f"intake.{HONEST}.events.x"):
        before = await doors.stored(stored)
        await held.client.publish(
            f"intake.{ATTACKER}.membership.city_registered", b"{}", reply=stored
        )
        await doors.passed(ATTACKER)
        assert await doors.stored(stored) == before
    await held.client.close()


@attack(
    "a message id that another will use",
    NATS,
    "no effect on events that are sent without one; on others none after 0.1 s, see below",
)
async def forged_message_id(doors: Doors) -> None:
    """The honest event is sent at once without a message id, then another behind the window."""
    client, id_ = await doors.client(HONEST), doors.name("id")
    for each, waits in (({}, 0.0), ({"Nats-Msg-Id": id_}, DEDUPLICATION_SECONDS)):
        forged = structured(registered(doors.name("forged")), ATTACKER)
        headers = {**forged.headers, "Nats-Msg-Id": id_}
        await publish_one(
            await doors.client(ATTACKER), Outgoing(forged.subject, headers, forged.body)
        )
        await asyncio.sleep(waits)  # the one thing here that only time can do
        event_id = doors.name("id")
        honest = structured(registered(doors.name("city"), event_id), HONEST)
        headers = {**honest.headers, **each}
        answer = await client.request(
            honest.subject, honest.body, headers=headers, timeout=SECONDS_MAX
        )
        assert not json.loads(answer.data).get("duplicate")
        await doors.taken(HONEST, event_id)


@attack("an id that another has used", NATS, "no effect: each source has ids of its own")
async def id_of_another(doors: Doors) -> None:
    id_ = doors.name("id")
    for source in (ATTACKER, HONEST):
        city = doors.name("city")
        await doors.real.system.send([structured(registered(city, id_), source)], source)
        await doors.taken(source, id_)
        assert [fact["stream"] for fact in await doors.facts(source, id_)] == [f"city-{city}"]


@attack(
    "another body under a used id",
    NATS,
    "kept among the rejected as `id_reused`; the first stands",
)
async def another_body(doors: Doors) -> None:
    first, second = doors.name("city"), doors.name("city")
    id_ = doors.name("id")
    for city in (first, second):
        await doors.real.system.send([structured(registered(city, id_), ATTACKER)], ATTACKER)
    await doors.passed(ATTACKER)
    assert await doors.rejections(ATTACKER, id_) == ["id_reused"]
    assert [fact["stream"] for fact in await doors.facts(ATTACKER, id_)] == [f"city-{first}"]


@attack("the same again, as captured", NATS, "no second fact, and no rejection")
async def replayed(doors: Doors) -> None:
    id_ = doors.name("id")
    captured = structured(registered(doors.name("city"), id_), ATTACKER)
    for _ in range(3):
        await doors.real.system.send([captured], ATTACKER)
    await doors.passed(ATTACKER)
    assert len(await doors.facts(ATTACKER, id_)) == 1
    assert await doors.rejections(ATTACKER, id_) == []


@attack(
    "another's message, as captured",
    NATS,
    "kept among the rejected as `source_mismatch`: it says whose it is",
)
async def replayed_of_another(doors: Doors) -> None:
    captured = structured(registered(doors.name("city"), id_ := doors.name("id")), HONEST)
    subject = f"intake.{ATTACKER}.membership.city_registered"
    await doors.real.system.send([Outgoing(subject, captured.headers, captured.body)], ATTACKER)
    await doors.passed(ATTACKER)
    assert await doors.rejections(ATTACKER, id_) == ["source_mismatch"]
    assert await doors.facts(HONEST, id_) == []


@attack("a scope exceeded", NATS, "refused by the broker, and not stored")
async def scope_exceeded(doors: Doors) -> None:
    held = await doors.hold(NARROW)
    inside = structured(described("gent", urban="city"), NARROW)
    assert await may_publish(held.client, inside.subject)
    for subject in (
        f"intake.{NARROW}.membership.city_registered",
        f"intake.{NARROW}.events.activity_held",
    ):
        assert not await may_publish(held.client, subject)
        await refused(held, f'publish to "{subject}"')
        assert await doors.stored(subject) == 0
    await held.client.close()


@attack("a flood", NATS, "the flooding source waits for itself, others for one batch of it")
async def flood(doors: Doors) -> None:
    said = (structured(registered(doors.name("flood")), ATTACKER) for _ in range(FLOOD_EVENTS))

    async def flooding() -> None:
        await publish_batches(await doors.client(ATTACKER), said)
        await doors.passed(ATTACKER)

    async def say() -> None:
        event = registered(doors.name("city"), id_ := doors.name("id"))
        await doors.real.system.send([structured(event, HONEST)], HONEST)
        await doors.taken(HONEST, id_)

    await doors.others_wait(NATS, flooding(), say)


@attack("a revoked key", NATS, "its connection is dropped at once, and a new one refused")
async def revoked_key(doors: Doors) -> None:
    stolen = doors.credential()
    held = await doors.hold(stolen.name)
    seed = doors.root / f"{stolen.name}.copy"
    seed.write_bytes(doors.real.system.servers.seed_file(stolen.name).read_bytes())

    revoke_publisher(doors.root, stolen.name, "an attack of the tests")

    await asyncio.wait_for(held.closed.wait(), SECONDS_MAX)
    with pytest.raises(nats.errors.Error, match="Authorization Violation"):
        await hold(doors.real.system.servers.nats_url, stolen.name, seed)
