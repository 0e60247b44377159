"""Transactions that commit late: positions come out of order, and nothing may be skipped."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from tests.support.completeness import complete, exactly_this_flow, on_wire_once_and_in_order
from tests.support.flow import Flow
from tests.support.ledgers import count, pool_of, register, write
from tests.support.machine import SCRATCH
from tests.support.settling import until
from tests.support.system import System

FLOW = Flow(people=300)
WRITERS = 8
FACTS_PER_WRITER = 30
RELAY_LOOKS_SECONDS = 0.01
HELD = {"membership": 3, "events": 50}
"""Of so many facts one holds up the commit of its transaction, for a tenth of a second at most."""
HOLD_COMMITS = """
create function hold_commit() returns trigger language plpgsql as $$ begin
    perform pg_sleep(0.1 * random());
    return null;
end $$;
create constraint trigger hold_commit after insert on outbox deferrable initially deferred
    for each row when (new.position % {one_in} = 0) execute function hold_commit();
"""
RELEASE_COMMITS = "drop trigger hold_commit on outbox; drop function hold_commit"


@asynccontextmanager
async def commits_held(system: System) -> AsyncIterator[None]:
    """Let PostgreSQL hold the commit of some transactions, after their positions are given out."""
    for ledger, one_in in HELD.items():
        await system.execute(ledger, HOLD_COMMITS.format(one_in=one_in))
    try:
        yield
    finally:
        await system.stop()
        for ledger in HELD:
            await system.execute(ledger, RELEASE_COMMITS)


async def writer(system: System, number: int) -> None:
    """Write the facts of one city one by one, as a replica of the service would."""
    async with pool_of(system, "membership") as pool:
        await write(pool, register(f"slow-{number}"))
        for residents in range(1, FACTS_PER_WRITER):
            await write(pool, count(f"slow-{number}", residents))


async def test_positions_that_commit_out_of_order_are_all_published_and_projected(
    system: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.relay.IDLE_SECONDS", RELAY_LOOKS_SECONDS)
    async with commits_held(system):
        await system.start("membership", "events", "reporting")
        await asyncio.gather(
            system.send(FLOW.messages()), *(writer(system, n) for n in range(WRITERS))
        )
        await system.settled()

        await on_wire_once_and_in_order(system, "membership", "events")
        await complete(system)
        await exactly_this_flow(system, FLOW, more_cities=WRITERS * FACTS_PER_WRITER)
        positions = await positions_on_wire(system, "membership")
        assert positions != sorted(positions), "no transaction committed behind a later one"


async def test_a_long_write_transaction_in_another_database_holds_up_nothing(
    system: System,
) -> None:
    async with written_and_left_open(system) as still_open:
        await system.start("membership", "events", "reporting")
        await system.send(FLOW.messages())
        await system.settled()

        await on_wire_once_and_in_order(system, "membership", "events")
        await complete(system)
        await exactly_this_flow(system, FLOW)
        await settled_positions_reach_the_end(system)
        assert await still_open()


@asynccontextmanager
async def written_and_left_open(system: System) -> AsyncIterator[Callable[[], Awaitable[bool]]]:
    """Yield whether a transaction that has written to another database is still open."""
    async with (await system.pool(SCRATCH)).acquire() as foreign:
        transaction = foreign.transaction()
        await transaction.start()
        await foreign.execute("insert into tally values ('held', 1, 'open')")
        pid = foreign.get_server_pid()

        async def still_open() -> bool:
            known = "select backend_xid is not null from pg_stat_activity where pid = $1"
            return bool(await system.value(SCRATCH, known, pid))

        yield still_open
        await transaction.rollback()


async def settled_positions_reach_the_end(system: System) -> None:
    """Check that the comparing moves on over old facts, whoever writes elsewhere."""
    await system.execute("events", "update ledger set appended_at = now() - interval '1 hour'")
    end = await system.value("events", "select max(position) from ledger")

    async def compared() -> bool:
        audited = "select position from audited where ledger = 'events'"
        return bool(await system.value("reporting", audited) == end)

    await until(compared, "every fact of events is compared for good")


async def positions_on_wire(system: System, ledger: str) -> list[int]:
    """Return the positions of a ledger's facts in the order of FACTS."""
    events = [
        json.loads(message.data)
        for message in await system.on_wire()
        if message.subject.startswith(f"facts.{ledger}.")
    ]
    return [event["ledgerposition"] for event in events]
