"""The machine's limit: each hop of the pipeline with nothing of ours around it."""

import asyncio
import json
import time
from collections.abc import Callable, Sequence
from typing import Any

import nats
from nats.js.api import StorageType, StreamConfig

from shared.contracts.messages.events import EventsMessage
from shared.contracts.messages.membership import MembershipMessage
from shared.database import LEDGER_TABLES
from shared.publishing import publish_batches
from shared.recorded import messages_by_type
from tests.bench.decided import Decisions
from tests.bench.filling import LEDGER_COLUMNS, ledger_row
from tests.bench.peers import PEER_STREAMS, peer_messages, plain_nats
from tests.bench.row import Measured
from tests.bench.stage import Stage
from tests.support.flow import Flow

BATCHES = "the machine: atomic batches alone"
COPY = "the machine: COPY alone"
VALIDATION = "the machine: pydantic alone"
COPY_ROWS = 1_000


async def atomic_batches(stage: Stage) -> Measured:
    """Return events a second when the same messages only go into a stream, fsync on."""
    rounds = []
    async with plain_nats(stage) as address:
        client = await nats.connect(address)
        name, subject = next(iter(PEER_STREAMS.items()))
        await client.jetstream().add_stream(
            StreamConfig(name=name, subjects=[subject], storage=StorageType.FILE, allow_atomic=True)
        )
        messages = peer_messages(Flow(people=stage.scale.flow_people))
        for _ in range(stage.scale.rounds):
            started = time.perf_counter()
            await publish_batches(client, messages)
            rounds.append(len(messages) / (time.perf_counter() - started))
        await client.close()
    return Measured(BATCHES, tuple(rounds))


async def copy(stage: Stage) -> Measured:
    """Return rows a second when the same facts only go into the table `ledger`, by COPY."""
    rounds = []
    async with stage.scratch("events", [LEDGER_TABLES]) as (pool, _):
        for number in range(stage.scale.rounds):
            flow = Flow(people=stage.scale.appended_facts // 2, name=f"copied-{number}")
            decided = Decisions().of(flow.events())
            rows = [ledger_row(fact) for each in decided for fact in each.facts]
            batches = [rows[n : n + COPY_ROWS] for n in range(0, len(rows), COPY_ROWS)]
            started = time.perf_counter()
            async with pool.acquire() as connection:
                for batch in batches:
                    await connection.copy_records_to_table(
                        "ledger", records=batch, columns=LEDGER_COLUMNS
                    )
            rounds.append(len(rows) / (time.perf_counter() - started))
    return Measured(COPY, tuple(rounds))


async def validation(stage: Stage) -> Measured:
    """Return messages a second when their data is only validated, in one process."""
    types = messages_by_type(EventsMessage | MembershipMessage)
    judged = [
        (types[event["type"]].model_validate_json, json.dumps(event["data"]))
        for event in Flow(people=stage.scale.flow_people).events()
    ]
    rounds = [await asyncio.to_thread(_validated, judged) for _ in range(stage.scale.rounds)]
    return Measured(VALIDATION, tuple(rounds))


def _validated(judged: Sequence[tuple[Callable[[str], Any], str]]) -> float:
    started = time.perf_counter()
    for validate, data in judged:
        validate(data)
    return len(judged) / (time.perf_counter() - started)
