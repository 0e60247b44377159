"""Tandem in the test's own process: real NATS, PostgreSQL and gRPC, a clock that can be set.

The fixture `system` (tests/conftest.py) gives each test a `System` on empty servers:

    async def test_a_city_is_registered(system: System) -> None:
        await system.start("membership")  # or start() for every service there is
        await system.publish(said("membership.city_registered", city_id="gent", ...))
        await system.settled()
        [fact] = await system.facts("membership")
        answer = await system.stub("membership", by="viewer").GetCity(GetCityRequest(...))

start, stop   services as tasks of the test's loop; what a service cannot survive fails the test
clock         a ManualClock: `set("2024-03-27T14:00Z")`, `advance(days=1)`; gives recorded_at
publish       CloudEvents in structured mode under a publisher's credential (`by`, default "demo");
              acknowledged by the broker, all or none, when this returns
publish_raw   any bytes and headers on any subject
notices       what the broker sends to `rejected.<by>` from now on
stub, ledger  gRPC of a service with a token: `by` is a publisher, "viewer", "staff", "operator" or
              the name of a service
settled       waits until nothing is under way: intake acknowledged, nothing left to release or to
              answer, outboxes empty, reporting (if it runs) level with the ledgers
rows, value   SQL on a service's database, as superuser; facts, rejected, waiting: ready made
execute       a script on a service's database, as superuser
move          a service's database stands in another cluster from now on
on_wire       every message of the FACTS stream
http, token   address of a service's HTTP side; the token of whoever calls

Builders of events stand in tests/support/telling.py (`registered("gent")`, `scheduled("w1")`); a
wire to the broker that can be cut in proxy.py; a service that kills itself in killing.py.

Publishers that exist: demo, crm, hub, platform (all services) and narrow (events only).
The pauses of background loops are shortened (PAUSES), so that no test waits for one.
"""

import asyncio
import importlib
import json
import random
import socket
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import asyncpg
import grpc.aio
import nats.errors
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js.api import AckPolicy, ConsumerConfig
from tandem.events.v1 import events_pb2_grpc
from tandem.ledger.v1 import ledger_pb2_grpc
from tandem.membership.v1 import membership_pb2_grpc
from tandem.reporting.v1 import reporting_pb2_grpc
from tandem.resources.v1 import resources_pb2_grpc

from shared.contracts.envelope import STRUCTURED
from shared.embedded import postgres
from shared.embedded.catalogue import HOST
from shared.embedded.services import Servers
from shared.messaging import FACTS, NatsAddress, connect
from shared.publishing import Outgoing, batches, publish_batch, publish_one
from shared.rpc import channel
from shared.running import App
from shared.settings import ServiceSettings
from tests.support.machine import available_services
from tests.support.ports import some_port
from tests.support.settling import SECONDS_MAX, until, until_settled

START = datetime(2024, 4, 2, 9, tzinfo=UTC)
"""What the clock shows at first: all of 2024-Q1 lies behind it."""
POOL_CONNECTIONS_MAX = 4
PORT_TRIES_MAX = 500
FETCH_MESSAGES_MAX = 1000
FETCH_SECONDS = 0.3
FETCH_ROUNDS_MAX = 100

PAUSES: Mapping[str, float] = {
    "shared.intake.SWEEP_SECONDS": 0.2,
    "shared.intake.RETRY_SECONDS": 0.1,
    "shared.relay.RETRY_SECONDS_MAX": 0.5,
    "shared.projector.FETCH_SECONDS": 0.1,
    "shared.projector.RETRY_SECONDS": 0.1,
    "shared.auditor.COMPARE_SECONDS": 0.5,
    "shared.auditor.REPEAT_SECONDS": 0.5,
    "shared.auditor.PATIENCE_SECONDS": 0.1,
    "shared.comparison.PATIENCE_SECONDS": 0.1,
    "services.membership.intake.SETTLE_SECONDS": 0.2,
    "services.reporting.standing.QUIET_SECONDS": 0.0,
    "services.operations.looking.LOOK_SECONDS": 0.2,
}
"""Pauses of background loops, in seconds, and what the fixture makes of them."""

STUBS = {
    "membership": membership_pb2_grpc.MembershipServiceStub,
    "events": events_pb2_grpc.EventsServiceStub,
    "resources": resources_pb2_grpc.ResourcesServiceStub,
    "reporting": reporting_pb2_grpc.ReportingServiceStub,
}


class ManualClock:
    """A clock that stands still until it is set."""

    def __init__(self, now: datetime = START) -> None:
        """Start at a moment."""
        self.now = now

    def __call__(self) -> datetime:
        """Return the moment it shows."""
        return self.now

    def set(self, moment: datetime | str) -> None:
        """Show this moment: aware, or text with an offset."""
        self.now = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
        assert self.now.tzinfo is not None, "a clock shows aware moments"

    def advance(self, **duration: float) -> None:
        """Go on by `days=1`, `minutes=30` and the like."""
        self.now += timedelta(**duration)


@dataclass
class Notices:
    """What was said on `rejected.<source>`, oldest first."""

    received: list[dict[str, Any]] = field(default_factory=list)

    async def until(self, count: int) -> list[dict[str, Any]]:
        """Return the notices once there are so many."""

        async def there() -> bool:
            return len(self.received) >= count

        await until(there, f"{count} notices of rejection")
        return self.received


class System:
    """The services of one test; see the top of this module."""

    def __init__(self, servers: Servers, clock: ManualClock) -> None:
        """Take the running servers; nothing of ours runs yet."""
        self.servers, self.clock = servers, clock
        self.running: dict[str, App] = {}
        self.nats_urls: dict[str, str] = {}
        self.databases: dict[str, Servers] = {}
        names = [service.name for service in available_services()]
        self._grpc = {name: f"{HOST}:{free_port()}" for name in names}
        self._http = {name: f"{HOST}:{free_port()}" for name in names}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._stops: dict[str, asyncio.Event] = {}
        self._connections: dict[str, Client] = {}
        self._pools: dict[str, asyncpg.Pool] = {}
        self._channels: dict[tuple[str, str], grpc.aio.Channel] = {}

    # Services

    async def start(self, *names: str) -> None:
        """Start services (all that exist when none is named), each ready when this returns."""
        await asyncio.gather(*(self._start(name) for name in names or self._grpc))

    async def _start(self, name: str) -> None:
        ready: asyncio.Future[App] = asyncio.get_running_loop().create_future()
        self._stops[name] = asyncio.Event()
        task = asyncio.create_task(self._serve(name, ready, self._stops[name]), name=name)
        self._tasks[name] = task
        either: list[asyncio.Future[Any]] = [task, ready]
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED, timeout=SECONDS_MAX)
        if task.done():
            await task
        assert ready.done(), f"{name} is not ready after {SECONDS_MAX:.0f} s"
        self.running[name] = ready.result()

    async def _serve(self, name: str, ready: asyncio.Future[App], stop: asyncio.Event) -> None:
        """Live as long as the service: entered and left in one task, as some libraries demand."""
        module = importlib.import_module(f"services.{name}.app")
        async with module.running(self.settings(name), self.clock) as app:
            ready.set_result(app)
            await stop.wait()

    async def stop(self, *names: str) -> None:
        """Stop services cleanly (all that run when none is named).

        Raises:
            AssertionError: a part of a service had failed for good.
        """
        stopping = list(names or self.running)
        for name in stopping:
            self._stops[name].set()
        await asyncio.gather(*(self._tasks.pop(name) for name in stopping))
        failed = [name for name in stopping if self.running.pop(name).failed]
        assert not failed, f"a part of {', '.join(failed)} failed; its log says which"

    def settings(self, name: str) -> ServiceSettings:
        """Return a service's settings as its environment would give them."""
        module = importlib.import_module(f"services.{name}.settings")
        values = {
            key.removeprefix("TANDEM_").lower(): value
            for key, value in self.environment(name).items()
        }
        settings: ServiceSettings = module.Settings(**values)
        return settings

    def environment(self, name: str, *, owner: bool = False) -> dict[str, str]:
        """Return the variables that a service is started with; `owner`: as who owns its tables."""
        directory = self.servers.directory
        role = postgres.owner_role(name) if owner else name
        database = self.databases.get(name, self.servers)
        return {
            "TANDEM_NATS_URL": self.nats_urls.get(name, self.servers.nats_url),
            "TANDEM_NATS_SEED_FILE": str(directory.seed(name)),
            "TANDEM_DATABASE_HOST": database.database_host,
            "TANDEM_DATABASE_PORT": str(database.database_port),
            "TANDEM_DATABASE_NAME": name,
            "TANDEM_DATABASE_USER": role,
            "TANDEM_DATABASE_PASSWORD_FILE": str(database.password_file(role)),
            "TANDEM_GRPC_LISTEN": self._grpc[name],
            "TANDEM_HTTP_LISTEN": self._http[name],
            "TANDEM_TOKENS_FILE": str(directory.tokens),
            "TANDEM_TOKEN_FILE": str(directory.token(name)),
            "TANDEM_VAULT_KEY_FILE": str(directory.vault_key),
            "TANDEM_ERASED_FILE": str(directory.erased),
            "TANDEM_LOGIN_CODES": str(directory.login_codes),
            "TANDEM_WEBHOOKS_FILE": str(directory.webhooks),
            "TANDEM_SIGNING_KEY_FILE": str(directory.signing_key),
            "TANDEM_OPERATOR_LOG": str(directory.operator_log),
            "TANDEM_PUBLIC_ADDRESS": self.http("reporting"),
            **{f"TANDEM_PEER_{peer.upper()}": address for peer, address in self._grpc.items()},
            **{f"TANDEM_SITE_{peer.upper()}": self.http(peer) for peer in self._http},
        }

    def answer_at(self, endpoints: Mapping[str, Any]) -> None:
        """Look for services that run already where endpoints.json says."""
        self._grpc = dict(endpoints["grpc"])
        self._http = {
            name: address.removeprefix("http://") for name, address in endpoints["http"].items()
        }

    def http(self, name: str) -> str:
        """Return the address of a service's HTTP side."""
        return f"http://{self._http[name]}"

    def token(self, name: str) -> str:
        """Return the token of a publisher, of "viewer", "staff", "operator" or of a service."""
        return self.servers.directory.token(name).read_text().strip()

    async def settled(self, seconds_max: float = SECONDS_MAX) -> None:
        """Wait until nothing is under way any more in the services that run."""
        await until_settled(self, seconds_max)

    # NATS

    async def nats(self, name: str) -> Client:
        """Return a connection under the credential of a publisher, a service or `provision`."""
        if name not in self._connections:
            seed = self.servers.seed_file(name)
            address = NatsAddress(url=self.servers.nats_url, name=name, seed_file=seed)
            self._connections[name] = await connect(address)
        return self._connections[name]

    async def publish(self, *events: Mapping[str, Any], by: str = "demo") -> None:
        """Publish CloudEvents in structured mode, in their order, durable when this returns.

        An event without `source` gets that of the credential; the subject follows from its type.
        """
        await self.send([structured(event, by) for event in events], by)

    async def publish_raw(
        self,
        subject: str,
        body: bytes,
        headers: Mapping[str, str] | None = None,
        by: str = "demo",
    ) -> None:
        """Publish any bytes on any subject.

        Raises:
            shared.publishing.PublishRefused, TimeoutError: the broker did not take it.
        """
        await publish_one(await self.nats(by), Outgoing(subject, headers or {}, body))

    async def send(self, messages: Sequence[Outgoing], by: str = "demo") -> None:
        """Publish messages that are ready for the wire, in atomic batches."""
        connection = await self.nats(by)
        for batch in batches(messages):
            if len(batch) == 1:
                await publish_one(connection, batch[0])
            else:
                await publish_batch(connection, batch)

    async def notices(self, by: str = "demo") -> Notices:
        """Return what will be said on `rejected.<by>` from now on."""
        notices = Notices()

        async def keep(message: Msg) -> None:
            notices.received.append(json.loads(message.data))

        connection = await self.nats(by)
        await connection.subscribe(f"rejected.{by}", cb=keep)
        await connection.flush()
        return notices

    async def on_wire(self) -> list[Msg]:
        """Return every message of the FACTS stream, in its order."""
        jetstream = (await self.nats("provision")).jetstream()
        config = ConsumerConfig(ack_policy=AckPolicy.NONE, inactive_threshold=5)
        subscription = await jetstream.pull_subscribe("facts.>", stream=FACTS, config=config)
        messages: list[Msg] = []
        left = (await subscription.consumer_info()).num_pending or 0
        for _ in range(FETCH_ROUNDS_MAX):
            if len(messages) >= left:
                break
            with suppress(nats.errors.TimeoutError):
                messages += await subscription.fetch(FETCH_MESSAGES_MAX, timeout=FETCH_SECONDS)
        await subscription.unsubscribe()
        return messages

    # gRPC

    def stub(self, name: str, by: str = "demo") -> Any:
        """Return the stub of a service's own gRPC service."""
        return STUBS[name](self._channel(name, by))

    def ledger(self, name: str, by: str = "operator") -> Any:
        """Return the stub of a service's LedgerService."""
        return ledger_pb2_grpc.LedgerServiceStub(self._channel(name, by))

    def address(self, name: str) -> str:
        """Return where a service answers gRPC."""
        return self._grpc[name]

    def _channel(self, name: str, by: str) -> grpc.aio.Channel:
        if (name, by) not in self._channels:
            token_file = self.servers.directory.token(by)
            self._channels[name, by] = channel(self._grpc[name], token_file=token_file)
        return self._channels[name, by]

    # PostgreSQL

    async def pool(self, name: str) -> asyncpg.Pool:
        """Return a pool on a database, as superuser."""
        if name not in self._pools:
            servers = self.databases.get(name, self.servers)
            self._pools[name] = await asyncpg.create_pool(
                host=servers.database_host,
                port=servers.database_port,
                database=name,
                user=postgres.SUPERUSER,
                password=servers.password_file(postgres.SUPERUSER).read_text().strip(),
                min_size=1,
                max_size=POOL_CONNECTIONS_MAX,
            )
        return self._pools[name]

    async def move(self, name: str, servers: Servers) -> None:
        """Let a service find its database elsewhere from its next start on."""
        self.databases[name] = servers
        if pool := self._pools.pop(name, None):
            await pool.close()

    async def rows(self, name: str, sql: str, *arguments: Any) -> list[dict[str, Any]]:
        """Return the rows of a statement on a service's database."""
        pool = await self.pool(name)
        return [dict(row) for row in await pool.fetch(sql, *arguments)]

    async def value(self, name: str, sql: str, *arguments: Any) -> Any:
        """Return the first value of a statement on a service's database."""
        return await (await self.pool(name)).fetchval(sql, *arguments)

    async def execute(self, name: str, script: str) -> None:
        """Run statements on a service's database."""
        await (await self.pool(name)).execute(script)

    async def facts(self, name: str) -> list[dict[str, Any]]:
        """Return a ledger in its order; `data` parsed, `kind` the bare name of the type."""
        rows = await self.rows(name, "select *, data::text as text from ledger order by position")
        return [
            row | {"data": json.loads(row["text"]), "kind": row["type"].split(".")[1]}
            for row in rows
        ]

    async def rejected(self, name: str) -> list[dict[str, Any]]:
        """Return the rows of `rejected`, oldest first."""
        return await self.rows(name, "select * from rejected order by received_at, id")

    async def waiting(self, name: str) -> list[dict[str, Any]]:
        """Return the rows of `waiting`, oldest first."""
        return await self.rows(name, "select * from waiting order by received_at, id")

    async def close(self) -> None:
        """Stop what runs and close every connection of the test."""
        try:
            await self.stop(*self.running)
        finally:
            for each in self._channels.values():
                await each.close()
            for connection in self._connections.values():
                await connection.close()
            for pool in self._pools.values():
                await pool.close()


@asynccontextmanager
async def running_system(servers: Servers) -> AsyncIterator[System]:
    """Give a test its system, and take everything of it down afterwards."""
    system = System(servers, ManualClock())
    try:
        yield system
    finally:
        await system.close()


def said(type_: str, id: str | None = None, /, **data: Any) -> dict[str, Any]:
    """Return a CloudEvent: `said("events.activity_held", activity_id="w1", on="2024-03-27")`.

    A second positional argument is its id, else it gets a random one; `time` stays at a fixed
    moment of the first quarter of 2024 unless the returned dict is changed.
    """
    return {
        "specversion": "1.0",
        "id": id or f"{random.getrandbits(64):016x}",
        "type": f"tandem.{type_}.v1",
        "time": "2024-03-27T15:00:00Z",
        "data": data,
    }


def subject_for(event: Mapping[str, Any], by: str) -> str:
    """Return the subject that an event's type belongs on, under a publisher's name."""
    _, owner, name, *_ = f"{event['type']}..".split(".")
    return f"intake.{by}.{owner}.{name}"


def structured(event: Mapping[str, Any], by: str = "demo") -> Outgoing:
    """Return an event as a message in structured mode."""
    body = json.dumps({"source": f"/systems/{by}"} | dict(event), ensure_ascii=False)
    return Outgoing(subject_for(event, by), {"Content-Type": STRUCTURED}, body.encode())


def binary(event: Mapping[str, Any], by: str = "demo") -> Outgoing:
    """Return an event as a message in binary mode."""
    attributes = {"source": f"/systems/{by}"} | {k: v for k, v in event.items() if k != "data"}
    headers = {f"ce-{name}": quote(str(value), safe="/:+ ") for name, value in attributes.items()}
    body = json.dumps(event["data"]).encode()
    return Outgoing(subject_for(event, by), headers | {"Content-Type": "application/json"}, body)


def free_port() -> int:
    """Return a free port."""
    for _ in range(PORT_TRIES_MAX):
        port = some_port()
        with socket.socket() as probe, suppress(OSError):
            probe.bind((HOST, port))
            return port
    raise AssertionError("no free port was found")
