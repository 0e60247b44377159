"""What most teams would write with FastStream: one handler, one INSERT and one publish a message.

    python -m tests.bench.faststream_peer recorder     INTAKE of the peer -> ledger -> FACTS
    python -m tests.bench.faststream_peer projector    FACTS of the peer -> rows

Each is a process of its own. PEER_NATS says where NATS is; the PG… variables where the database is.
"""

import os
import sys
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any
from uuid import uuid4

import asyncpg
import uvloop
from faststream import AckPolicy, ContextRepo, FastStream
from faststream.nats import JStream, NatsBroker, PullSub
from pydantic import BaseModel

INTAKE = JStream("PEER_INTAKE", declare=False)
FACTS = JStream("PEER_FACTS", declare=False)
CONNECTIONS_MAX = 16
WORKERS_MAX = 16
TABLES = """
create table if not exists ledger (
    position bigint generated always as identity primary key,
    fact_id uuid not null unique, source text not null, id text not null, type text not null,
    occurred_at timestamptz not null, data jsonb not null, unique (source, id)
);
create table if not exists projected (
    fact_id uuid primary key, type text not null, subject text, city text, data jsonb not null
);
"""

broker = NatsBroker(os.environ.get("PEER_NATS", "nats://127.0.0.1:4222"), logger=None)
pool: asyncpg.Pool


class Said(BaseModel):
    """A message of another system."""

    specversion: str
    id: str
    source: str
    type: str
    time: datetime
    data: dict[str, Any]


class Recorded(BaseModel):
    """What was recorded of it."""

    fact_id: str
    type: str
    occurred_at: datetime
    data: dict[str, Any]


async def record(said: Said) -> None:
    """Write one message into the ledger and publish it."""
    fact = Recorded(fact_id=str(uuid4()), type=said.type, occurred_at=said.time, data=said.data)
    await pool.execute(
        "insert into ledger (fact_id, source, id, type, occurred_at, data)"
        " values ($1, $2, $3, $4, $5, $6) on conflict do nothing",
        *(fact.fact_id, said.source, said.id, said.type, said.time),
        said.model_dump_json(include={"data"}),
    )
    await broker.publish(fact, f"peer.facts.{said.type}", stream=FACTS.name, timeout=10.0)


async def project(fact: Recorded) -> None:
    """Write one row."""
    await pool.execute(
        "insert into projected (fact_id, type, subject, city, data) values ($1, $2, $3, $4, $5)"
        " on conflict do nothing",
        *(fact.fact_id, fact.type, fact.data.get("activity_id")),
        (fact.data.get("city") or {}).get("city_id"),
        fact.model_dump_json(include={"data"}),
    )


@asynccontextmanager
async def lifespan(context: ContextRepo):  # type: ignore[no-untyped-def]
    """Open the pool for as long as the process lives; libpq's variables say where."""
    global pool
    pool = await asyncpg.create_pool(max_size=CONNECTIONS_MAX)
    yield
    await pool.close()


async def main(part: str) -> None:
    """Run one of the two services until it is told to stop."""
    parts: dict[str, tuple[str, JStream, Any]] = {
        "recorder": ("peer.intake.>", INTAKE, record),
        "projector": ("peer.facts.>", FACTS, project),
    }
    subject, stream, handler = parts[part]
    broker.subscriber(
        subject,
        stream=stream,
        durable=part,
        pull_sub=PullSub(batch_size=WORKERS_MAX, timeout=1.0),
        ack_policy=AckPolicy.NACK_ON_ERROR,
        max_workers=WORKERS_MAX,
    )(handler)
    await FastStream(broker, lifespan=lifespan).run()


if __name__ == "__main__":
    uvloop.run(main(sys.argv[1]))
