"""From FACTS to tables: each fact once, in order within its stream, however it comes."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared import projector as projecting
from shared.auditor import Auditor
from shared.jetstream import consumers, provision, streams
from shared.messaging import FACTS
from shared.projector import Projector
from tests.support.ledgers import count, pool_of, register, write, write_cities
from tests.support.projecting import (
    ListedLedger,
    ledger_of,
    projector_on,
    recorded,
    remote_ledger,
    scratch_pool,
    tables_of,
)
from tests.support.settling import until
from tests.support.system import System

DURABLE = "reporting"
HISTORY = ledger_of(streams=4, versions=4)
EMPTY = "truncate fact, audited, seen, tally"


class KilledHere(BaseException):
    """Stands for the end of the process: nothing of ours handles it."""


async def test_a_repeat_is_dropped(system: System) -> None:
    async with scratch_pool(system) as pool:
        projector = projector_on(pool, {})
        facts = [recorded("gent", 1, 1), recorded("gent", 2, 2)]
        assert await projector.apply([*facts, facts[0]]) == 2
        assert await projector.apply(facts) == 0
        assert (await tables_of(pool))["tally"] == [("city-gent", 2, facts[1].fact.TYPE)]


async def test_facts_of_one_batch_are_put_in_order(system: System) -> None:
    async with scratch_pool(system) as pool:
        projector = projector_on(pool, {})
        assert await projector.apply([recorded("gent", n, n) for n in (3, 1, 2)]) == 3
        assert (await tables_of(pool))["tally"][0][1] == 3


async def test_a_jump_is_a_gap_and_is_filled_from_the_ledger_over_grpc(system: System) -> None:
    await system.start("membership")
    async with (
        pool_of(system, "membership") as ledger,
        scratch_pool(system) as pool,
        remote_ledger(system) as ledgers,
    ):
        await write_cities(ledger, number=3, versions=5)
        projector = projector_on(pool, ledgers)
        everything = [fact async for batch in ledgers["membership"].whole() for fact in batch]
        last = [fact for fact in everything if fact.version == 5]

        assert await projector.apply(last) == 15
        assert await versions_in(pool) == {f"city-city-{n}": 5 for n in range(3)}


async def test_a_gap_that_the_ledger_cannot_fill_is_not_jumped_over(system: System) -> None:
    async with scratch_pool(system) as pool:
        projector = projector_on(pool, {"membership": ListedLedger([])})
        assert await projector.apply([recorded("gent", 2, 2), recorded("brugge", 1, 3)]) == 1
        assert await versions_in(pool) == {"city-brugge": 1}


async def test_facts_flow_from_the_broker_into_the_tables(system: System) -> None:
    await system.start("membership")
    async with running_projector(system) as (ledger, pool):
        written = await write_cities(ledger, number=40, versions=3)
        await until_projected(pool, written)
        assert await versions_in(pool) == {f"city-city-{n}": 3 for n in range(40)}


async def test_a_stream_deleted_under_the_projector_is_made_up_for_and_taken_up_again(
    system: System,
) -> None:
    provisioner = await system.nats("provision")
    await system.start("membership")
    async with running_projector(system) as (ledger, pool):
        await write(ledger, register("early"))
        await until_projected(pool, 1)
        await provisioner.jetstream().delete_stream(FACTS)
        await write(ledger, register("meanwhile"))
        await until_projected(pool, 2)
        await provision(provisioner, [])
        await write(ledger, register("late"))
        await until_projected(pool, 3)
        await system.settled()
        info = await provisioner.jetstream().consumer_info(FACTS, DURABLE)
        assert info.num_pending == 0


async def test_a_broker_that_was_rolled_back_and_uses_its_sequence_again_loses_nothing(
    system: System,
) -> None:
    jetstream = (await system.nats("provision")).jetstream()
    await system.start("membership")
    async with running_projector(system) as (ledger, pool):
        await write_cities(ledger, number=10)
        await until_projected(pool, 10)
        await system.settled()
        await jetstream.delete_stream(FACTS)
        facts = next(config for config in streams() if config.name == FACTS)
        await jetstream.add_stream(facts)
        for name, consumer in consumers([]):
            if name == FACTS:
                await jetstream.add_consumer(name, consumer)
        await write(ledger, *(count(f"city-{n}", 5) for n in range(10)))
        await until_projected(pool, 20)
        await system.settled()
        sequence = (await jetstream.stream_info(FACTS)).state.last_seq
        assert sequence <= 10, "the numbers of the lost facts came again"
        assert set((await versions_in(pool)).values()) == {2}


async def test_two_projectors_at_once_project_everything_once(system: System) -> None:
    async with scratch_pool(system) as pool:
        ledger = {"membership": ListedLedger(HISTORY)}
        first, second = projector_on(pool, ledger), projector_on(pool, ledger)
        pieces = [HISTORY[start::3] for start in range(3)]
        projected = await asyncio.gather(
            *(each.apply(piece) for piece in pieces for each in (first, second))
        )
        assert sum(projected) == len(HISTORY)
        assert await versions_in(pool) == {f"city-c{n}": 4 for n in range(4)}


@pytest.mark.parametrize(
    ("place", "written"),
    [
        ("projector.before_write", 0),
        ("projector.before_commit", 0),
        ("projector.after_commit", 16),
    ],
)
async def test_a_kill_leaves_rows_and_checkpoint_together_or_neither(
    system: System, monkeypatch: pytest.MonkeyPatch, place: str, written: int
) -> None:
    def failpoint(name: str) -> None:
        if name == place:
            raise KilledHere

    async with scratch_pool(system) as pool:
        projector = projector_on(pool, {})
        with monkeypatch.context() as patched:
            patched.setattr(projecting, "failpoint", failpoint)
            with pytest.raises(KilledHere):
                await projector.apply(HISTORY)
        assert {len(rows) for rows in (await tables_of(pool)).values()} <= {written, written // 4}

        await projector.apply(HISTORY)
        assert await versions_in(pool) == {f"city-c{n}": 4 for n in range(4)}


async def test_a_message_that_is_no_fact_of_ours_holds_up_nobody(system: System) -> None:
    await system.start("membership")
    async with running_projector(system) as (ledger, pool):
        connection = await system.nats("membership")
        for body in (b"", b"[]", b'{"type": "tandem.facts.membership.city_painted.v1"}'):
            await connection.publish("facts.membership.city.gent.nonsense", body)
        await write(ledger, register("gent"))
        await until_projected(pool, 1)
        await system.settled()


@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    derandomize=True,
)
@given(
    order=st.permutations(range(len(HISTORY))),
    again=st.lists(st.sampled_from(range(len(HISTORY))), max_size=10),
    lost=st.sets(st.sampled_from(range(len(HISTORY))), max_size=8),
    size=st.integers(min_value=1, max_value=9),
)
async def test_any_interleaving_with_repeats_and_losses_gives_the_same_tables(
    system: System, order: list[int], again: list[int], lost: set[int], size: int
) -> None:
    async with scratch_pool(system) as pool:
        await pool.execute(EMPTY)
        projector = projector_on(pool, {"membership": ListedLedger(HISTORY)})
        delivered = [n for n in order if n not in lost]
        for n in again:
            delivered.insert(random.Random(n).randrange(len(delivered) + 1), n)
        for start in range(0, len(delivered), size):
            await projector.apply([HISTORY[n] for n in delivered[start : start + size]])
        lost_streams = dict.fromkeys({fact.stream for fact in HISTORY}, 0)
        async for facts in ListedLedger(HISTORY).streams(lost_streams):
            await projector.apply(facts)
        shuffled = await tables_of(pool)

        await pool.execute(EMPTY)
        await projector.apply(HISTORY)
        assert shuffled == await tables_of(pool)


async def test_a_position_says_nothing_about_order(system: System) -> None:
    async with scratch_pool(system) as pool:
        projector = projector_on(pool, {})
        facts = [replace(fact, position=1000 - fact.position) for fact in HISTORY]
        assert await projector.apply(facts) == len(HISTORY)


@asynccontextmanager
async def running_projector(system: System) -> AsyncIterator[tuple[asyncpg.Pool, asyncpg.Pool]]:
    """Yield the pools of membership and of the tables that a projector keeps level with it."""
    async with (
        pool_of(system, "membership") as ledger,
        scratch_pool(system) as pool,
        remote_ledger(system) as ledgers,
    ):
        projector: Projector = projector_on(pool, ledgers)
        connection = await system.nats(DURABLE)
        tasks = [
            asyncio.create_task(projector.run(connection, DURABLE)),
            asyncio.create_task(Auditor(pool, ledgers, projector.apply).run()),
        ]
        yield ledger, pool
        while pending := [task for task in tasks if not task.done()]:
            for task in pending:  # once may not be enough before Python 3.12: see running.py
                task.cancel()
            await asyncio.wait(pending, timeout=1.0)
        for task in tasks:
            assert task.cancelled() or task.exception() is None


async def until_projected(pool: asyncpg.Pool, facts: int) -> None:
    async def level() -> Any:
        return await pool.fetchval("select count(*) from seen") >= facts

    await until(level, f"{facts} projected facts")


async def versions_in(pool: asyncpg.Pool) -> dict[str, int]:
    rows = await pool.fetch("select stream, max(version) as version, count(*) from seen group by 1")
    assert all(row["version"] == row["count"] for row in rows), "a gap in a stream"
    tallies = {row["stream"]: row["facts"] for row in await pool.fetch("select * from tally")}
    versions = {row["stream"]: row["version"] for row in rows}
    assert versions == tallies
    return versions
