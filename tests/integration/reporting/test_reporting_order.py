"""Any order across streams gives the same rows and the same report."""

import asyncio
from collections.abc import Sequence
from random import Random
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from reporting_desk import Desk
from test_reporting_evidence import eventful_quarter

from shared.recorded import Recorded

BATCH_FACTS = 7
FACTS = eventful_quarter().facts


def shuffled(seed: int, facts: Sequence[Recorded] = FACTS) -> list[Recorded]:
    """The facts in another order, in which each stream keeps its own."""
    random = Random(seed)
    streams: dict[str, list[Recorded]] = {}
    for fact in facts:
        streams.setdefault(fact.stream, []).append(fact)
    order = []
    while streams:
        stream = random.choice(sorted(streams))
        order.append(streams[stream].pop(0))
        if not streams[stream]:
            del streams[stream]
    return order


async def outcome(desk: Desk, facts: list[Recorded]) -> tuple[dict[str, Any], Any]:
    """The rows of every table and the report, after these facts in batches."""
    await desk.empty()
    for start in range(0, len(facts), BATCH_FACTS):
        await desk.take(*facts[start : start + BATCH_FACTS])
        # A repeat of what came before changes nothing.
        await desk.take(*facts[max(0, start - 2) : start + 1])
    return await rows_of(desk), await desk.report()


async def rows_of(desk: Desk) -> dict[str, Any]:
    async with desk.pool.acquire() as connection:
        tables = await connection.fetch(
            "select tablename from pg_tables where schemaname = 'public'"
            " and tablename not in ('migration', 'audited', 'stale')"
        )
        return {
            table: sorted(
                str(tuple(row)) for row in await connection.fetch(f"select * from {table}")
            )
            for (table,) in tables
        }


async def test_any_interleaving_of_streams_gives_the_same_rows_and_the_same_report(
    desk: Desk,
) -> None:
    expected = await outcome(desk, FACTS)
    loop = asyncio.get_running_loop()

    @settings(
        max_examples=15,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(seed=st.integers(min_value=0, max_value=2**32))
    def same_whatever_the_order(seed: int) -> None:
        future = asyncio.run_coroutine_threadsafe(outcome(desk, shuffled(seed)), loop)
        assert future.result(timeout=60) == expected

    await asyncio.to_thread(same_whatever_the_order)
