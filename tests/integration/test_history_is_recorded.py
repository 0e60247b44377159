"""An invented history on real ledgers is what the rules decide without them."""

from collections import defaultdict
from datetime import UTC, datetime
from typing import Any

from deploy.history.history import History
from shared.chunks import chunks
from shared.draft import Task
from shared.execute import Executor
from shared.recorded import facts_by_type
from shared.sift import Raw, sift
from shared.upcasting import read
from tests.bench.decided import Decisions, command_of
from tests.support.ledgers import UNIONS, pool_of, rules_of
from tests.support.speaking import outgoing
from tests.support.system import START, System

FACTS = 2_000
BATCH = 500
AFTER_ALL = datetime(2027, 1, 1, tzinfo=UTC)

Place = tuple[str, int]


async def test_facts_and_events_of_one_seed_agree(system: System) -> None:
    history = History(FACTS, seed=7)
    expected: dict[str, dict[Place, Any]] = defaultdict(dict)
    for decided in Decisions().of(history.events()):
        for entry in decided.facts:
            place = entry.stream, entry.version
            expected[entry.ledger][place] = (entry.fact, entry.occurred_at, entry.source_id)

    for owner in UNIONS:
        await record(system, owner, history)

        union = facts_by_type(rules_of(owner).facts)
        rows = await system.rows(
            owner,
            "select stream, version, type, data::text as data, occurred_at, source_id from ledger",
        )
        found = {
            (row["stream"], row["version"]): (
                read(union, row["type"], row["data"]),
                row["occurred_at"],
                row["source_id"],
            )
            for row in rows
        }
        assert found == expected[owner]
        assert (
            await system.rows(owner, "select 1 from rejected union all select 1 from waiting") == []
        )


async def record(system: System, owner: str, history: History) -> None:
    """Take an owner's events of a history as its intake does, batch by batch."""
    async with pool_of(system, owner) as pool:
        executor = Executor(pool, rules_of(owner))
        events = (event for event in history.events() if event["type"].split(".")[1] == owner)
        for batch in chunks(events, BATCH):
            raws = [Raw(each.subject, each.headers, each.body, START) for each in outgoing(batch)]
            received, rejections = sift(raws, rules_of(owner).messages, AFTER_ALL)
            tasks = [
                Task(each, command_of(each.message, event))
                for each, event in zip(received, batch, strict=True)
            ]
            receipts = await executor.execute(tasks, rejections)
            assert {receipt.outcome for receipt in receipts} == {"recorded"}
