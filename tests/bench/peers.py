"""The peers: each a program of its own, on the same NATS and PostgreSQL programs and settings."""

import asyncio
import json
import os
import shutil
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from importlib.util import find_spec
from pathlib import Path

import nats
from nats.aio.client import Client
from nats.js.api import StorageType, StreamConfig

from shared.embedded import nats as broker
from shared.embedded import postgres
from shared.embedded.catalogue import HOST
from shared.embedded.process import Program, spawn
from shared.publishing import Outgoing, publish_batches
from tests.bench import faststream_peer
from tests.bench.row import Measured
from tests.bench.stage import Stage
from tests.support.flow import Flow
from tests.support.settling import until

FASTSTREAM = "FastStream, message by message"
ES_SINGLE, ES_TENS = "eventsourcing, singly", "eventsourcing, in tens"
ES_BULK, ES_READ = "eventsourcing, in thousands", "eventsourcing, only reading back"
EMMETT_SINGLE, EMMETT_WRITERS = "Emmett, singly", "Emmett, 16 writers"
EMMETT_BULK = "Emmett, in thousands"
EMMETT = Path(__file__).with_name("emmett")
STATE = json.dumps(
    {
        "activity_id": "flow-activity-7",
        "occurrence": "1",
        "person": "9f86d081884c7d659a2feaa0c55ad015",
        "role": "attendee",
        "city": {"city_id": "flow-city-7"},
        "at": "2026-01-05T15:00:00+00:00",
    }
)
"""What the peers store: a fact as Tandem stores it, somebody who joined."""
NATS_PORT_OFFSET = 19
FLOW_SECONDS_MAX = 300.0
SLOWER_BY = 4
"""So much shorter are the rounds of the FastStream pipeline; its rate is the same in long ones."""
PEER_STREAMS = {"PEER_INTAKE": "peer.intake.>", "PEER_FACTS": "peer.facts.>"}


def missing() -> dict[str, str]:
    """Return each peer that cannot be measured here, with what would bring it."""
    found = {}
    if find_spec("eventsourcing") is None:
        found["eventsourcing"] = "Python's eventsourcing is not installed; `make bench` does that."
    if shutil.which("node") is None or not (EMMETT / "node_modules").is_dir():
        found["emmett"] = "Emmett needs Node.js and npm; install them, then remove .venv/.peers."
    return found


def variables(stage: Stage, database: str) -> dict[str, str]:
    """Return how libpq and its like find a database, as superuser."""
    return {
        "PGHOST": str(postgres.socket_directory(stage.directory)),
        "PGPORT": str(postgres.PORT),
        "PGUSER": postgres.SUPERUSER,
        "PGPASSWORD": stage.directory.password(postgres.SUPERUSER).read_text().strip(),
        "PGDATABASE": database,
    }


async def eventsourcing(stage: Stage) -> dict[str, Measured]:
    """Return what Python's eventsourcing reaches, by its label."""
    command = (sys.executable, "-m", "tests.bench.eventsourcing_peer")
    found = await _told(stage, "eventsourcing", command)
    labels = {"single": ES_SINGLE, "tens": ES_TENS, "bulk": ES_BULK, "read": ES_READ}
    return {label: Measured(label, tuple(found[key])) for key, label in labels.items()}


async def emmett(stage: Stage) -> dict[str, Measured]:
    """Return what Emmett reaches, by its label."""
    found = await _told(stage, "emmett", ("node", str(EMMETT / "append.mjs")))
    labels = {"single": EMMETT_SINGLE, "writers": EMMETT_WRITERS, "bulk": EMMETT_BULK}
    return {label: Measured(label, tuple(found[key])) for key, label in labels.items()}


async def _told(stage: Stage, name: str, command: Sequence[str]) -> Mapping[str, list[float]]:
    """Run a peer on a database of its own and return what it prints."""
    async with _database(stage, f"peer_{name}") as database:
        scale = stage.scale
        process = await asyncio.create_subprocess_exec(
            *(*command, str(scale.rounds), str(scale.peer_seconds), STATE),
            stdout=PIPE,
            env=dict(os.environ) | variables(stage, database),
        )
        printed, _ = await process.communicate()
    if process.returncode != 0:
        raise RuntimeError(f"{name} ended with {process.returncode}; what it said is above")
    told: Mapping[str, list[float]] = json.loads(printed)
    return told


@asynccontextmanager
async def _database(stage: Stage, name: str) -> AsyncIterator[str]:
    administrator = await postgres.connect(stage.directory)
    await administrator.execute(f"drop database if exists {name} with (force)")
    await administrator.execute(f"create database {name}")
    try:
        yield name
    finally:
        await administrator.execute(f"drop database {name} with (force)")
        await administrator.close()


@asynccontextmanager
async def plain_nats(stage: Stage) -> AsyncIterator[str]:
    """Run a nats-server without credentials, as durable as Tandem's own; yields its address."""
    home, port = stage.directory.root / "peer-nats", stage.port_base + NATS_PORT_OFFSET
    home.mkdir(exist_ok=True)
    configuration = home / "nats.conf"
    configuration.write_text(
        f'listen: "{HOST}:{port}"\n'
        f'jetstream {{ store_dir: "{home}", max_file_store: 4GB, sync_interval: always }}\n'
    )
    command = (broker.executable(), "-c", str(configuration))
    process = await spawn(Program("peer-nats", command, home / "nats.log"))
    try:
        address = f"nats://{HOST}:{port}"
        await until(lambda: _answers(port), "the peer's NATS answers")
        yield address
    finally:
        process.terminate()
        await process.wait()
        shutil.rmtree(home)


async def _answers(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection(HOST, port)
    except OSError:
        return False
    writer.close()
    return True


async def faststream(stage: Stage) -> Measured:
    """Return how many events a second the FastStream pipeline takes, both services running."""
    async with plain_nats(stage) as address, _database(stage, "peer_faststream") as database:
        await _provide(stage, address, database)
        environment = dict(os.environ) | variables(stage, database) | {"PEER_NATS": address}
        running = [
            await spawn(
                Program(
                    f"peer-{part}",
                    (sys.executable, "-m", "tests.bench.faststream_peer", part),
                    stage.directory.log(f"peer-{part}"),
                    environment=environment,
                )
            )
            for part in ("recorder", "projector")
        ]
        try:
            client = await nats.connect(address)
            rounds = [
                await _pipeline(stage, client, database, n) for n in range(stage.scale.rounds)
            ]
            await client.close()
        finally:
            for process in running:
                process.terminate()
            await asyncio.gather(*(process.wait() for process in running))
    return Measured(FASTSTREAM, tuple(rounds))


async def _provide(stage: Stage, address: str, database: str) -> None:
    client = await nats.connect(address)
    for name, subject in PEER_STREAMS.items():
        await client.jetstream().add_stream(
            StreamConfig(name=name, subjects=[subject], storage=StorageType.FILE, allow_atomic=True)
        )
    await client.close()
    connection = await stage.database(database)
    await connection.execute(faststream_peer.TABLES)
    await connection.close()


def peer_messages(flow: Flow) -> list[Outgoing]:
    """Return the events of a flow on the peers' subjects."""
    return [
        Outgoing(f"peer.{message.subject}", {"content-type": "application/json"}, message.body)
        for message in flow.messages()
    ]


async def _pipeline(stage: Stage, client: Client, database: str, round_: int) -> float:
    """Return events a second from the first publish until the last row is projected."""
    people = stage.scale.flow_people // SLOWER_BY
    messages = peer_messages(Flow(people=people, name=f"peer-{round_}"))
    connection = await stage.database(database)
    before = await connection.fetchval("select count(*) from projected")
    loop = asyncio.get_running_loop()
    started = loop.time()
    await publish_batches(client, messages)

    async def all_there() -> bool:
        await asyncio.sleep(0.05)
        count = await connection.fetchval("select count(*) from projected")
        return bool(count == before + len(messages))

    await until(all_there, "the FastStream pipeline is through", FLOW_SECONDS_MAX)
    seconds = loop.time() - started
    await connection.close()
    return len(messages) / seconds
