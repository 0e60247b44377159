"""An invented history into the three ledgers by COPY: 10 million facts in minutes.

What a service writes beside a fact is written too: inbox, the keys that exist, its own lists, and
the vault's identities. Only the outbox stays empty: reporting finds the facts by comparing itself
with the ledgers, as after any loss. No service may run meanwhile: rows of two writers commit out of
order, and are dated as settled.
"""

import asyncio
import hashlib
import hmac
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import islice
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import asyncpg

from deploy.history.history import History
from shared.contracts.values import Person
from shared.embedded import postgres
from shared.embedded.data_directory import DataDirectory
from shared.queries import run
from shared.recorded import Recorded
from tests.bench.decided import Decided, Decisions, key_of

PARTS = 2
CHUNK_EVENTS = 10_000
SETTLED_SINCE = timedelta(hours=1)
LEDGER_COLUMNS = (
    *("stream", "version", "fact_id", "type", "data", "occurred_at", "recorded_at"),
    *("appended_at", "source", "source_id"),
)
INBOX_COLUMNS = ("source", "id", "digest", "received_at", "streams", "versions")


async def fill(root: Path, history: History) -> None:
    """Write a history into the ledgers of a data directory, with PARTS processes.

    PostgreSQL runs, the services do not.
    """
    loop = asyncio.get_running_loop()
    with ProcessPoolExecutor(PARTS, mp_context=get_context("spawn")) as workers:
        await asyncio.gather(
            *(
                loop.run_in_executor(workers, _fill_part, root, history, part)
                for part in range(PARTS)
            )
        )
    directory = DataDirectory.at(root)
    connection = await postgres.connect(directory, database="events")
    await _remember_people(connection, directory, history)
    await connection.close()
    for owner in Decisions().rules:
        connection = await postgres.connect(directory, database=owner)
        await connection.execute("vacuum analyze")
        await connection.close()


def _fill_part(root: Path, history: History, part: int) -> None:
    asyncio.run(_written(DataDirectory.at(root), history, part))


async def _written(directory: DataDirectory, history: History, part: int) -> None:
    decisions = Decisions()
    connections = {
        owner: await postgres.connect(directory, database=owner) for owner in decisions.rules
    }
    decided = decisions.of(history.events(part, PARTS))
    while chunk := list(islice(decided, CHUNK_EVENTS)):
        for owner, connection in connections.items():
            own = [each for each in chunk if each.owner == owner]
            if own:
                await _write(connection, decisions, owner, own)
    for connection in connections.values():
        await connection.close()


async def _write(
    connection: asyncpg.Connection, decisions: Decisions, owner: str, decided: list[Decided]
) -> None:
    """Write one owner's part of a chunk in one transaction."""
    rules = decisions.rules[owner]
    facts = [fact for each in decided for fact in each.facts]
    keys = {key for fact in facts if (key := rules.provides(fact.fact)) is not None}
    async with connection.transaction():
        await connection.copy_records_to_table(
            "ledger", records=(ledger_row(fact) for fact in facts), columns=LEDGER_COLUMNS
        )
        await connection.copy_records_to_table(
            "inbox", records=map(_inbox_row, decided), columns=INBOX_COLUMNS
        )
        await connection.executemany(
            "insert into provided (key) values ($1) on conflict do nothing",
            [(key,) for key in sorted(keys)],
        )
        rows = [row for fact in facts for row in rules.project(fact)]
        await run(connection, rules.queries, rows)  # type: ignore[arg-type]


def ledger_row(fact: Recorded) -> tuple[Any, ...]:
    """Return a fact as a row of `ledger`, appended so long ago that it counts as settled."""
    return (
        fact.stream,
        fact.version,
        fact.fact_id,
        fact.fact.TYPE,
        fact.fact.model_dump_json(exclude_none=True),
        fact.occurred_at,
        fact.recorded_at,
        datetime.now(UTC) - SETTLED_SINCE,
        fact.source,
        fact.source_id,
    )


def _inbox_row(decided: Decided) -> tuple[Any, ...]:
    streams = [fact.stream for fact in decided.facts]
    versions = [fact.version for fact in decided.facts]
    recorded_at = decided.facts[0].recorded_at
    return decided.source, decided.id, decided.digest, recorded_at, streams, versions


async def _remember_people(
    connection: asyncpg.Connection, directory: DataDirectory, history: History
) -> None:
    """Write the population into the vault, by the keyed hash it looks people up with."""
    secret = bytes.fromhex(directory.vault_key.read_text("utf-8").strip())
    people = list(_people(history))
    async with connection.transaction():
        await connection.copy_records_to_table(
            "person", records=((key_of(person),) for person in people), columns=["person"]
        )
        await connection.copy_records_to_table(
            "person_identity",
            records=((_identity(secret, history, each), key_of(each), False) for each in people),
            columns=["identity", "person", "weak"],
        )


def _people(history: History) -> Iterator[Person]:
    for number in range(history.shape.people):
        yield Person(id=f"{history.prefix}-person-{number}")


def _identity(secret: bytes, history: History, person: Person) -> bytes:
    parts = "\0".join(("id", history.source, str(person.id)))
    return hmac.new(secret, parts.encode(), hashlib.sha256).digest()
