"""From the outbox to FACTS: nothing skipped, nothing doubled, in order within each stream."""

import asyncio
import json
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import pytest
from tandem.membership.v1.membership_pb2 import RegisterCityRequest

from shared import relay as relaying
from shared.database import PAGE_BYTES_MAX
from shared.publishing import publish_one
from shared.queries import SHARED_QUERIES, Queries
from shared.relay import Relay
from shared.wire import to_wire
from tests.support.ledgers import count, pool_of, register, write, write_cities
from tests.support.proxy import wire_to
from tests.support.settling import until
from tests.support.system import System
from tests.support.telling import registered

IN_OUTBOX = "select count(*) from outbox"


class KilledHere(BaseException):
    """Stands for the end of the process: nothing of ours handles it."""


async def test_facts_come_out_in_order_within_each_stream_and_the_outbox_is_empty(
    system: System,
) -> None:
    async with pool_of(system, "membership") as pool, a_relay(system, pool) as relay:
        written = await write_cities(pool, number=30, versions=4)
        relayed = await relay.relay_once()

    assert relayed == written
    assert await system.value("membership", IN_OUTBOX) == 0
    assert await versions_on_wire(system) == {f"city-city-{n}": [1, 2, 3, 4] for n in range(30)}


async def test_a_message_tells_all_that_the_ledger_holds(system: System) -> None:
    async with pool_of(system, "membership") as pool, a_relay(system, pool) as relay:
        await write(pool, register("gent"))
        await relay.relay_once()

    [message] = await system.on_wire()
    [fact] = await system.facts("membership")
    event = json.loads(message.data)
    assert message.subject == "facts.membership.city.gent.city_registered"
    assert event["id"] == str(fact["fact_id"])
    assert event["id"] == (message.headers or {})["Nats-Msg-Id"]
    assert (event["subject"], event["streamversion"]) == (fact["stream"], fact["version"])
    assert event["ledgerposition"] == fact["position"]
    assert (event["saidby"], event["saidas"]) == ("demo", "register-gent")
    assert event["data"] == fact["data"]


async def test_more_than_one_batch_is_relayed_in_turns(system: System) -> None:
    async with pool_of(system, "membership") as pool, a_relay(system, pool) as relay:
        written = await write_cities(pool, number=1250)
        rounds = [await relay.relay_once() for _ in range(3)]

    assert rounds == [1000, 250, 0]
    assert len(await system.on_wire()) == written


async def test_a_relay_killed_after_publishing_publishes_again_and_the_broker_drops_the_repeat(
    system: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with pool_of(system, "membership") as pool, a_relay(system, pool) as relay:
        written = await write_cities(pool, number=20)
        with monkeypatch.context() as patched:
            patched.setattr(relaying, "failpoint", killed_at("relay.after_publish"))
            with pytest.raises(KilledHere):
                await relay.relay_once()
        assert len(await system.on_wire()) == written
        assert await system.value("membership", IN_OUTBOX) == written

        assert await relay.relay_once() == written
    assert await system.value("membership", IN_OUTBOX) == 0
    assert len(await system.on_wire()) == written


async def test_one_fact_that_is_there_already_does_not_hold_up_its_batch(system: System) -> None:
    async with pool_of(system, "membership") as pool, a_relay(system, pool) as relay:
        written = await write_cities(pool, number=10)
        rows = await pool.fetch(Queries(SHARED_QUERIES)["outbox_next"], 10, PAGE_BYTES_MAX)
        await publish_one(await system.nats("membership"), to_wire(dict(rows[4])))

        assert await relay.relay_once() == written
    assert await system.value("membership", IN_OUTBOX) == 0
    assert len(await system.on_wire()) == written


async def test_two_relays_at_once_publish_everything_once(system: System) -> None:
    async with pool_of(system, "membership") as pool, a_relay(system, pool) as first:
        second = Relay(pool, await system.nats("membership"))
        written = await write_cities(pool, number=300, versions=5)
        relayed = await asyncio.gather(*(drained(relay) for relay in (first, second)))

    assert sum(relayed) == written
    versions = await versions_on_wire(system)
    assert versions == {f"city-city-{n}": [1, 2, 3, 4, 5] for n in range(300)}


async def test_a_relay_beside_writers_skips_nothing(system: System) -> None:
    async with pool_of(system, "membership") as pool, a_relay(system, pool) as relay:
        stop = asyncio.Event()

        async def relay_until_stopped() -> None:
            while not stop.is_set():
                await relay.relay_once()

        relaying_task = asyncio.create_task(relay_until_stopped())
        await asyncio.gather(*(writer(pool, n) for n in range(6)))
        stop.set()
        await relaying_task
        await drained(relay)

    assert await versions_on_wire(system) == {f"city-of-{n}": list(range(1, 31)) for n in range(6)}


async def test_a_long_foreign_transaction_holds_up_nobody_and_its_own_fact_is_not_skipped(
    system: System,
) -> None:
    async with pool_of(system, "membership") as pool, a_relay(system, pool) as relay:
        async with pool.acquire() as slow:
            transaction = slow.transaction()
            await transaction.start()
            await slow.execute(*append_by_hand("city-slow"))
            await write_cities(pool, number=5)
            assert await drained(relay) == 5

            await transaction.commit()
        assert await drained(relay) == 1
    wire = [json.loads(message.data)["ledgerposition"] for message in await system.on_wire()]
    assert wire == [2, 3, 4, 5, 6, 1]


async def test_while_the_broker_is_away_commands_go_on_and_the_outbox_drains_afterwards(
    system: System,
) -> None:
    async with wire_to(system.servers.ports.nats) as wire:
        system.nats_urls["membership"] = f"nats://127.0.0.1:{wire.port}"
        await system.start("membership")
        wire.cut()
        for n in range(5):
            request = RegisterCityRequest(city_id=f"c{n}", name="C", kind="city", country="BE")
            request.context.id = f"c{n}"
            await system.stub("membership").RegisterCity(request)
        assert await system.value("membership", IN_OUTBOX) == 5
        app = system.running["membership"]

        async def noticed() -> bool:
            return not (await app.checked())["nats"]

        await until(noticed, "readiness that names nats")
        wire.mend()
        await system.publish(registered("gent"))
        await system.settled()
        await system.stop("membership")

    assert len(await system.on_wire()) == 6


async def test_a_broker_killed_and_started_again_loses_and_doubles_nothing(
    system: System, machine: Any
) -> None:
    await system.start("membership")
    await system.publish(*(registered(f"early-{n}") for n in range(50)))
    await machine.restart_nats()

    async def published_again() -> bool:
        try:
            await system.publish(*(registered(f"late-{n}", f"late-{n}") for n in range(50)))
        except Exception:
            return False
        return True

    await until(published_again, "a broker that takes messages again")
    await system.settled()
    assert len(await system.facts("membership")) == 100
    assert len(await system.on_wire()) == 100


@asynccontextmanager
async def a_relay(system: System, pool: asyncpg.Pool) -> AsyncIterator[Relay]:
    yield Relay(pool, await system.nats("membership"))


async def drained(relay: Relay) -> int:
    relayed = 0
    while some := await relay.relay_once():
        relayed += some
    return relayed


async def writer(pool: asyncpg.Pool, number: int) -> None:
    await write(pool, register(f"of-{number}"))
    for residents in range(29):
        await write(pool, count(f"of-{number}", residents))


def killed_at(place: str) -> Any:
    def failpoint(name: str) -> None:
        if name == place:
            raise KilledHere

    return failpoint


def append_by_hand(stream: str) -> tuple[str, str]:
    return (
        """
        with appended as (
            insert into ledger (stream, version, fact_id, type, data, occurred_at, recorded_at,
                                source, source_id)
            values ($1, 1, gen_random_uuid(), 'membership.city_registered.v1',
                    '{"city_id": "slow", "name": "Slow", "kind": "city", "country": "BE"}',
                    now(), now(), 'demo', 'slow')
            returning position
        )
        insert into outbox select position from appended
        """,
        stream,
    )


async def versions_on_wire(system: System) -> dict[str, list[int]]:
    versions: dict[str, list[int]] = defaultdict(list)
    for message in await system.on_wire():
        event = json.loads(message.data)
        versions[event["subject"]].append(event["streamversion"])
    return dict(versions)
