"""Events sent to the gateway over HTTP, in each mode, and what INTAKE then holds."""

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

import httpx
from nats.aio.msg import Msg
from nats.js.api import AckPolicy, ConsumerConfig

from shared.contracts.envelope import STRUCTURED
from shared.contracts.headers import encoded
from shared.messaging import INTAKE
from tests.support.settling import SECONDS_MAX
from tests.support.system import System

BATCH = "application/cloudevents-batch+json"
FETCH_MESSAGES_MAX = 1000


@asynccontextmanager
async def gateway(system: System, by: str = "demo") -> AsyncIterator[httpx.AsyncClient]:
    """Open a client of the gateway, with the token of a credential."""
    headers = {"Authorization": f"Bearer {system.token(by)}"} if by else {}
    async with httpx.AsyncClient(
        base_url=system.http("gateway"), headers=headers, timeout=SECONDS_MAX
    ) as client:
        yield client


def event_of(event: Mapping[str, Any], by: str = "demo", **changed: Any) -> dict[str, Any]:
    """Return an event with a source; what is changed to None is left out."""
    said = {"source": f"/systems/{by}", **event, **changed}
    return {name: value for name, value in said.items() if value is not None}


async def send(client: httpx.AsyncClient, event: Any, **headers: str) -> httpx.Response:
    """Send one event in structured mode; bytes and texts go as they are."""
    body = event if isinstance(event, bytes) else json.dumps(event, ensure_ascii=False).encode()
    sent = {"Content-Type": STRUCTURED, **headers}
    return await client.post("/events", content=body, headers=sent)


async def send_binary(
    client: httpx.AsyncClient, event: Mapping[str, Any], **headers: str
) -> httpx.Response:
    """Send one event in binary mode; headers given win over those that the event makes."""
    attributes = {
        f"ce-{name}": encoded(str(value)) for name, value in event.items() if name != "data"
    }
    body = json.dumps(event["data"]).encode() if "data" in event else b""
    sent = {"Content-Type": "application/json", **attributes, **headers}
    return await client.post("/events", content=body, headers=sent)


async def send_batch(client: httpx.AsyncClient, events: Sequence[Any] | bytes) -> httpx.Response:
    """Send a batch of events; bytes go as they are."""
    body = events if isinstance(events, bytes) else json.dumps(events).encode()
    return await client.post("/events", content=body, headers={"Content-Type": BATCH})


async def in_intake(system: System) -> list[Msg]:
    """Return every message of INTAKE, in its order; call it while no owner runs."""
    jetstream = (await system.nats("provision")).jetstream()
    count = (await jetstream.stream_info(INTAKE)).state.messages
    if not count:
        return []
    config = ConsumerConfig(ack_policy=AckPolicy.NONE, inactive_threshold=5)
    subscription = await jetstream.pull_subscribe("intake.>", stream=INTAKE, config=config)
    messages: list[Msg] = []
    while len(messages) < count:
        messages += await subscription.fetch(FETCH_MESSAGES_MAX, timeout=SECONDS_MAX)
    await subscription.unsubscribe()
    return messages
