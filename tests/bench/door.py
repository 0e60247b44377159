"""Events over HTTP measured: one by one from many connections, and in batches.

The client writes requests that are made already and reads no more than it must, so that the
processor is the gateway's.
"""

import asyncio
import json
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from urllib.parse import urlsplit

from tests.bench.stage import PUBLISHER, Stage

IN_FLIGHT = 64
BATCHES_IN_FLIGHT = 4
SINGLES_MAX, EVENTS_MAX = 1_500, 5_000
"""Of one round: within what a credential may send at once."""
STRUCTURED, BATCH = "application/cloudevents+json", "application/cloudevents-batch+json"


async def singles(stage: Stage) -> tuple[float, ...]:
    """Return, of each round, events a second, each in a request of its own."""
    count = min(SINGLES_MAX, stage.scale.appended_facts)
    return tuple(
        [
            await _round(stage, STRUCTURED, [[event] for event in _events(f"{n}", count)])
            for n in range(stage.scale.rounds)
        ]
    )


async def batches(stage: Stage, size: int) -> tuple[float, ...]:
    """Return, of each round, events a second in batches of a size."""
    rounds, count = [], min(EVENTS_MAX, stage.scale.appended_facts)
    for n in range(stage.scale.rounds):
        events = list(_events(f"{size}-{n}", count))
        cut = [events[start : start + size] for start in range(0, count, size)]
        rounds.append(await _round(stage, BATCH, cut))
    return tuple(rounds)


def _events(name: str, count: int) -> Iterator[dict[str, object]]:
    for n in range(count):
        yield {
            "specversion": "1.0",
            "id": f"door-{name}-{n}",
            "source": f"/systems/{PUBLISHER}",
            "type": "tandem.resources.resource_published.v1",
            "time": "2026-01-02T10:00:00Z",
            "data": {
                "resource_id": f"door-{name}-{n}",
                "title": "Toolkit for mayors",
                "kind": "toolkit",
                "publisher": "SCN",
                "on": "2026-01-02",
                "languages": ["en"],
            },
        }


async def _round(
    stage: Stage, content_type: str, parcels: Sequence[Sequence[dict[str, object]]]
) -> float:
    address = urlsplit(stage.endpoints["http"]["gateway"])
    token = stage.directory.token(PUBLISHER).read_text("utf-8").strip()
    requests = iter([_request(address.netloc, token, content_type, parcel) for parcel in parcels])
    senders = IN_FLIGHT if content_type == STRUCTURED else BATCHES_IN_FLIGHT
    started = time.perf_counter()
    await asyncio.gather(
        *(_send(str(address.hostname), int(address.port or 80), requests) for _ in range(senders))
    )
    return sum(map(len, parcels)) / (time.perf_counter() - started)


def _request(
    host: str, token: str, content_type: str, parcel: Sequence[dict[str, object]]
) -> bytes:
    body = json.dumps(parcel if content_type == BATCH else parcel[0]).encode()
    return (
        f"POST /events HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\n"
        f"Content-Type: {content_type}\r\nContent-Length: {len(body)}\r\n\r\n"
    ).encode() + body


async def _send(host: str, port: int, requests: Iterator[bytes]) -> None:
    reader, writer = await asyncio.open_connection(host, port)
    for request in requests:
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        if b" 202 " not in head.split(b"\r\n", 1)[0]:
            raise RuntimeError(f"the gateway answers {head.splitlines()[0]!r}")
        length = int(head.lower().split(b"content-length:", 1)[1].split(b"\r\n", 1)[0])
        await reader.readexactly(length)
    writer.close()
    with suppress(ConnectionError):
        await writer.wait_closed()
