"""Whoever writes at the same time loads and decides again; versions have no gap and no double."""

import asyncio
from typing import Any

import asyncpg
import pytest

from shared import execute
from shared.errors import VersionConflict
from shared.execute import Executor
from tests.support.ledgers import count, membership_rules, pool_of, register, write
from tests.support.settling import until
from tests.support.system import System

FOREIGN_FACT = """
insert into ledger (stream, version, fact_id, type, data, occurred_at, recorded_at,
                    source, source_id)
select stream, version + 1, gen_random_uuid(), 'membership.city_described.v1',
       data || '{"urban": "rural"}', now(), now(), 'foreign', 'foreign'
  from ledger where stream = 'city-gent' order by version desc limit 1
"""


async def test_two_executors_at_once_on_one_stream_lose_no_update(system: System) -> None:
    async with pool_of(system, "membership") as pool:
        await write(pool, register("gent"))
        await asyncio.gather(
            *(_count_up(pool, range(start, 40, 2)) for start in range(2)),
        )

    facts = await system.facts("membership")
    assert [fact["version"] for fact in facts] == list(range(1, 42))
    residents = {fact["data"]["population"]["value"] for fact in facts[1:]}
    assert residents == set(range(40))
    assert await system.value("membership", "select count(*) from outbox") == 41


async def test_a_writer_that_comes_second_waits_and_decides_on_what_the_first_wrote(
    system: System,
) -> None:
    async with pool_of(system, "membership") as pool:
        await write(pool, register("gent"))
        async with pool.acquire() as foreign:
            transaction = foreign.transaction()
            await transaction.start()
            await foreign.execute(FOREIGN_FACT)
            second = asyncio.create_task(write(pool, count("gent", 7)))
            await _until_blocked(system)
            await transaction.commit()
        await second

    facts = await system.facts("membership")
    assert [fact["source"] for fact in facts] == ["demo", "foreign", "demo"]
    assert [fact["version"] for fact in facts] == [1, 2, 3]
    assert facts[2]["data"]["urban"] == "rural", "decided on the foreign fact, not beside it"


async def test_conflict_after_conflict_is_told_and_leaves_nothing(
    system: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(execute, "CONFLICT_DELAY_SECONDS", 0.0)
    async with pool_of(system, "membership") as pool, pool.acquire() as foreign:
        await write(pool, register("gent"))
        executor = Executor(pool, membership_rules())
        append = executor._append

        async def beaten(connection: Any, draft: Any) -> None:
            await foreign.execute(FOREIGN_FACT)
            await append(connection, draft)

        monkeypatch.setattr(executor, "_append", beaten)
        with pytest.raises(VersionConflict):
            await executor.execute([count("gent", 7)])

    sources = [fact["source"] for fact in await system.facts("membership")]
    assert sources == ["demo"] + ["foreign"] * execute.CONFLICT_RETRIES_MAX
    assert len(await system.rows("membership", "select * from inbox")) == 1


async def test_the_same_message_at_two_executors_at_once_is_recorded_once(system: System) -> None:
    async with pool_of(system, "membership") as pool:
        executors = [Executor(pool, membership_rules()) for _ in range(4)]
        answers = await asyncio.gather(
            *(executor.execute([register("gent")]) for executor in executors)
        )

    receipts = [receipt for [receipt] in answers]
    assert sorted(receipt.outcome for receipt in receipts) == ["duplicate"] * 3 + ["recorded"]
    assert len({receipt.facts for receipt in receipts}) == 1
    assert len(await system.facts("membership")) == 1


async def test_a_batch_is_committed_whole_or_not_at_all(
    system: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with pool_of(system, "membership") as pool:
        executor = Executor(pool, membership_rules())
        append = executor._append

        async def cut_off(connection: Any, draft: Any) -> None:
            await append(connection, draft)
            raise ConnectionResetError

        monkeypatch.setattr(executor, "_append", cut_off)
        with pytest.raises(ConnectionResetError):
            await executor.execute([register("gent"), register("brugge")])
        for table in ("ledger", "inbox", "outbox", "provided", "city"):
            assert await system.rows("membership", f"select * from {table}") == []

        monkeypatch.undo()
        await executor.execute([register("gent"), register("brugge")])
    assert len(await system.facts("membership")) == 2


@pytest.mark.parametrize("table", ["ledger", "inbox"])
@pytest.mark.parametrize("change", ["delete from {}", "update {} set source = 'x'", "truncate {}"])
async def test_the_service_itself_cannot_rewrite_what_it_recorded(
    system: System, table: str, change: str
) -> None:
    async with pool_of(system, "membership") as pool:
        await write(pool, register("gent"))
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await pool.execute(change.format(table))


async def _count_up(pool: asyncpg.Pool, numbers: range) -> None:
    executor = Executor(pool, membership_rules())
    for residents in numbers:
        await executor.execute([count("gent", residents)])


async def _until_blocked(system: System) -> None:
    async def blocked() -> bool:
        waiting = "select count(*) from pg_stat_activity where wait_event_type = 'Lock'"
        return bool(await system.value("membership", waiting))

    await until(blocked, "a writer that waits for the other")
