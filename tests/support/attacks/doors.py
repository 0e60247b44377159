"""The doors of a running system, the attacks on them, and what both have in common.

`hub` is the honest system, whose events others would like to move; `crm` is the attacker, with a
good credential of its own.
"""

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import grpc
import grpc.aio
from nats.aio.client import Client
from tandem.common.v1.common_pb2 import CommandContext
from tandem.membership.v1.membership_pb2 import RegisterCityRequest

from shared.embedded.credentials import add_publisher
from shared.embedded.registry import Publisher
from shared.rpc import channel
from tests.support.doors import Held, hold
from tests.support.real_processes import RealProcesses
from tests.support.settling import until
from tests.support.system import STUBS, structured
from tests.support.telling import registered

HONEST, ATTACKER, NARROW = "hub", "crm", "narrow"
"""`narrow` may say to membership that a city was described, and nothing else."""
NARROW_TYPE = "tandem.membership.city_described.v1"
NATS, GRPC, HTTP = "NATS", "gRPC", "HTTP"
SAID_MIN = 5
DOORS = (NATS, GRPC, HTTP)


@dataclass
class Doors:
    """A running system, with names for what happens to it."""

    real: RealProcesses
    reports: list[str] = field(default_factory=list)
    """What was measured, for the record of the test."""
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))
    _channels: list[grpc.aio.Channel] = field(default_factory=list)

    @property
    def root(self) -> Path:
        """The data directory, where the operator works."""
        return self.real.system.servers.directory.root

    def name(self, what: str) -> str:
        """Return a name that nothing else has, for a city, an id or a credential."""
        return f"{what}-{next(self._numbers)}"

    def credential(self) -> Publisher:
        """Return a new credential without limits, to be stolen."""
        return add_publisher(self.root, self.name("stolen"))

    async def client(self, name: str) -> Client:
        """Return a connection to NATS that comes back by itself."""
        return await self.real.system.nats(name)

    async def hold(self, name: str) -> Held:
        """Return a connection to NATS that ends with its key."""
        servers = self.real.system.servers
        return await hold(servers.nats_url, name, servers.seed_file(name))

    def stub(self, service: str, token: str) -> Any:
        """Return a stub of a service, under any token."""
        opened = channel(self.real.system.address(service), token=token)
        self._channels.append(opened)
        return STUBS[service](opened)

    def token(self, name: str) -> str:
        """Return a publisher's token."""
        return self.real.system.token(name)

    async def close(self) -> None:
        """Close the channels."""
        for opened in self._channels:
            await opened.close()

    async def taken(self, source: str, id_: str) -> None:
        """Wait until membership has taken an event."""

        async def there() -> bool:
            known = "select count(*) from inbox where source = $1 and id = $2"
            return bool(await self.real.system.value("membership", known, source, id_))

        await until(there, f"{id_} of {source} is taken")

    async def passed(self, source: str) -> None:
        """Wait until membership has judged all that a source has sent over NATS so far."""
        event = registered(self.name("marker"), id_ := self.name("marker-id"))
        await self.real.system.send([structured(event, source)], source)
        await self.taken(source, id_)

    async def others_wait(
        self, door: str, flood: Awaitable[None], say: Callable[[], Awaitable[None]]
    ) -> None:
        """Say things one after another, and see that SAID_MIN are recorded while a flood lasts.

        Args:
            door: at which.
            flood: over once everything of it is taken.
            say: says one thing as an honest source; done when that is recorded.
        """
        flooding, seconds = asyncio.ensure_future(flood), list[float]()
        while not flooding.done():
            started = time.monotonic()
            await say()
            seconds.append(time.monotonic() - started)
        await flooding
        *meanwhile, _ = seconds
        typical, most = statistics.median(seconds), max(seconds)
        told = (
            f"{len(seconds)} by others, {typical * 1000:.0f} ms at p50, {most * 1000:.0f} at most"
        )
        self.reports.append(f"flood over {door}: {told}")
        assert len(meanwhile) >= SAID_MIN, told

    async def facts(self, source: str, id_: str) -> list[dict[str, Any]]:
        """Return what was recorded of an event."""
        known = "select stream, data::text from ledger where source = $1 and source_id = $2"
        return await self.real.system.rows("membership", known, source, id_)

    async def rejections(self, source: str, id_: str) -> list[str]:
        """Return the reasons for which events of this id were rejected."""
        known = "select reason from rejected where source = $1 and id = $2"
        rows = await self.real.system.rows("membership", known, source, id_)
        return [row["reason"] for row in rows]

    async def stored(self, subject: str) -> int:
        """Return how many messages a subject has in the streams of the broker."""
        found = 0
        jetstream = (await self.client("provision")).jetstream()
        for stream in ("INTAKE", "FACTS"):
            info = await jetstream.stream_info(stream, subjects_filter=subject)
            found += sum((info.state.subjects or {}).values())
        return found


def register(city_id: str, id_: str, **said: Any) -> RegisterCityRequest:
    """Return the command to register a city."""
    usual = {"name": city_id.title(), "kind": "city", "country": "BE"}
    context = CommandContext(id=id_, time="2024-03-27T15:00:00Z")
    return RegisterCityRequest(context=context, city_id=city_id, **usual | said)


Try = Callable[[Doors], Awaitable[None]]


@dataclass(frozen=True)
class Attack:
    """What is tried at a door, and what comes of it; `act` fails when it is anything else."""

    what: str
    door: str
    answer: str
    act: Try


ATTACKS: list[Attack] = []


def attack(what: str, door: str, answer: str) -> Callable[[Try], Try]:
    """Put a function into the table."""

    def entered(act: Try) -> Try:
        ATTACKS.append(Attack(what, door, answer, act))
        return act

    return entered


def table(attacks: Sequence[Attack]) -> str:
    """Return the attacks as a table of Markdown: a row for each, a column for each door."""
    shown = [door for door in DOORS if any(each.door == door for each in attacks)]
    answers = {(each.what, each.door): each.answer for each in attacks}
    rows = [["attack", *shown], ["---"] * (len(shown) + 1)]
    rows += [
        [what, *(answers.get((what, door), "does not arise") for door in shown)]
        for what in dict.fromkeys(each.what for each in attacks)
    ]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)
