"""`tandem tail` against services that run: everything once, as it comes, and nobody's name."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from shared.cli.system import find
from shared.cli.tail import Seen, _tail
from shared.embedded import postgres
from tests.support.settling import until
from tests.support.system import System
from tests.support.telling import attended, held, registered, scheduled
from tests.support.terminal import Terminal

ANN = {"email": "ann.canary@gmail.com", "name": "Ann Canary", "organisation": "Canary"}
TRACED = {"traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"}


@pytest.fixture
async def terminal(system: System, tmp_path: Path) -> Terminal:
    await system.start()
    return Terminal(system, tmp_path / "tandem")


@asynccontextmanager
async def following(terminal: Terminal) -> AsyncIterator[list[Seen]]:
    """Follow while the block runs; yields what was told of what came since.

    One thing of before is asked for: when it is told, all that comes later is new.
    """
    told: list[Seen] = []
    begun = asyncio.create_task(_tail(find(terminal.data), 1, told.append, follow=True))
    try:
        await told_of(told, 1)
        told.clear()
        yield told
    finally:
        begun.cancel()
        await asyncio.wait([begun])
        if not begun.cancelled():
            begun.result()


async def a_bit_of_everything(system: System) -> None:
    """Recorded, rejected and waiting, each with somebody's name in it."""
    await system.publish(registered("gent"), scheduled("w1") | TRACED, held("w1"))
    await system.publish(attended("w1", "by-ann.canary", ANN))
    broken = attended("w1", "again-ann.canary", ANN)
    broken["data"]["ann.canary"] = "is no field"
    await system.publish(broken, attended("later", None, ANN))
    await system.settled()


async def test_the_last_things_are_told_without_what_they_say(
    system: System, terminal: Terminal
) -> None:
    await a_bit_of_everything(system)

    said = await terminal.types("tail")
    as_json = await terminal.types("tail", "--json", "-n", "1000")

    rows = [json.loads(line) for line in as_json.splitlines()]
    assert [row["at"] for row in rows] == sorted(row["at"] for row in rows)
    assert {row["what"] for row in rows} == {"recorded", "rejected", "waiting"}
    [scheduled_] = [row for row in rows if row["type"].endswith("activity_scheduled.v1")]
    assert (scheduled_["on"], scheduled_["source"]) == ("activity-w1/1", "demo")
    assert scheduled_["trace"] == TRACED["traceparent"][3:35]
    [rejected] = [row for row in rows if row["what"] == "rejected"]
    assert (rejected["service"], rejected["reason"]) == ("events", "invalid_data")
    [waits] = [row for row in rows if row["what"] == "waiting"]
    assert waits["on"] == "activity-later"
    assert len(said.splitlines()) == len(rows)
    assert "canary" not in (said + as_json).lower()


async def test_only_the_last_are_told_when_so_asked(system: System, terminal: Terminal) -> None:
    await a_bit_of_everything(system)

    assert len((await terminal.types("tail", "-n", "2")).splitlines()) == 2
    assert await terminal.types("tail", "-n", "0") == ""


async def test_following_tells_everything_that_comes_once(
    system: System, terminal: Terminal
) -> None:
    await system.publish(registered("aalst"))
    await system.settled()
    async with following(terminal) as told:
        await a_bit_of_everything(system)
        count = await everything(system)
        await told_of(told, count - 1)
        await system.publish(scheduled("later"))
        await system.settled()
        count = await everything(system)
        await told_of(told, count - 1)

    facts = [each.on for each in told if each.what == "recorded"]
    assert len(facts) == len(set(facts)), "a fact is told once"
    assert "city-aalst/1" not in facts, "what was there before is not new"


async def test_a_fact_that_appears_among_those_shown_is_told_too(
    system: System, terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.cli.tail.LATE_SECONDS", 0.2)
    await system.publish(registered("gent"), scheduled("w1"))
    await system.settled()
    [before] = await system.facts("events")
    async with following(terminal) as told:
        late = await system_connection(system)
        transaction = late.transaction()
        await transaction.start()
        await late.execute(COPY_OF_A_FACT, "activity-late")
        await system.publish(held("w1"))
        await told_of(told, 1)
        await transaction.commit()
        await late.close()
        await told_of(told, 2)

    assert [each.on for each in told] == ["activity-w1/2", "activity-late/1"]
    assert before["stream"] == "activity-w1"


COPY_OF_A_FACT = """
insert into ledger
    (stream, version, fact_id, type, data, occurred_at, recorded_at, source, source_id)
select $1, 1, gen_random_uuid(), type, data, occurred_at, recorded_at, source, 'late'
  from ledger limit 1
"""


async def system_connection(system: System) -> Any:
    return await postgres.connect(system.servers.directory, database="events")


async def everything(system: System) -> int:
    """Return how many facts and messages there are in all."""
    count = 0
    for owner in ("membership", "events", "resources"):
        for table in ("ledger", "rejected", "waiting"):
            count += await system.value(owner, f"select count(*) from {table}")
    return count


async def told_of(told: list[Seen], count: int) -> None:
    async def there() -> bool:
        return len(told) >= count

    await until(there, f"{count} things are told")
