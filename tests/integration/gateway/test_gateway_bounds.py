"""However much, however slowly and by whomever it is sent, the gateway holds its bounds."""

import asyncio
import json
from contextlib import suppress
from typing import Any

import pytest

from services.gateway.settings import Settings
from services.gateway.web.bodies import Room
from shared.contracts.envelope import EVENT_BYTES_MAX, STRUCTURED
from shared.publishing import BATCH_BYTES_MAX, BATCH_MESSAGES_MAX
from tests.support.sending import event_of, gateway, in_intake, send, send_batch
from tests.support.settling import until
from tests.support.system import System
from tests.support.telling import registered

FAST = {"body_seconds_max": 0.5}
SCANT = {
    "quota_requests_per_second": 0.5,
    "quota_requests_burst": 3,
    "quota_events_per_second": 1,
    "quota_events_burst": 10,
    "batch_events_max": 10,
    "quota_bytes_per_second": 1_000,
    "quota_bytes_burst": 20_000,
}
HEAD_SECONDS = 0.4
ANSWER_SECONDS_MAX = 10.0


@pytest.fixture
def bounded(system: System, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Give the gateway other limits."""

    def given(**limits: float) -> None:
        own = system.settings

        def settings(name: str) -> Any:
            found = own(name)
            if isinstance(found, Settings):
                return Settings(**{**found.model_dump(), **limits})
            return found

        monkeypatch.setattr(system, "settings", settings)

    return given


async def raw_answer(system: System, *sent: bytes, pause: float = 0.0) -> bytes:
    """Return what the gateway says to bytes that no decent client sends."""
    host, _, port = system.http("gateway").removeprefix("http://").partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    answer = b""
    with suppress(ConnectionError):
        for part in sent:
            writer.write(part)
            await writer.drain()
            await asyncio.sleep(pause)
        async with asyncio.timeout(ANSWER_SECONDS_MAX):
            answer = await reader.read(65536)
    writer.close()
    return answer


def head(system: System, **headers: str) -> bytes:
    given = {
        "Host": system.http("gateway").removeprefix("http://"),
        "Authorization": f"Bearer {system.token('demo')}",
        "Content-Type": STRUCTURED,
        **headers,
    }
    lines = "".join(f"{name}: {value}\r\n" for name, value in given.items())
    return f"POST /events HTTP/1.1\r\n{lines}\r\n".encode()


def padded(size: int) -> bytes:
    body = json.dumps(event_of(registered("gent"))).encode()
    return body + b" " * (size - len(body))


async def test_an_event_has_a_mebibyte_and_no_byte_more(system: System) -> None:
    await system.start("gateway")
    async with gateway(system) as client:
        assert (await send(client, padded(EVENT_BYTES_MAX))).status_code == 202
        answer = await send(client, padded(EVENT_BYTES_MAX + 1))
    assert (answer.status_code, answer.json()["reason"]) == (413, "too_large")
    assert len(await in_intake(system)) == 1


async def test_a_length_that_is_too_large_is_refused_before_a_byte_of_it_is_sent(
    system: System,
) -> None:
    await system.start("gateway")
    answer = await raw_answer(system, head(system, **{"Content-Length": "1000000000"}))
    assert answer.startswith(b"HTTP/1.1 413 ")


async def test_a_body_without_a_length_is_cut_off_at_the_limit(system: System) -> None:
    await system.start("gateway")

    async def endless() -> Any:
        for _ in range(64):
            yield b" " * 65536

    async with gateway(system) as client:
        answer = await client.post(
            "/events", content=endless(), headers={"Content-Type": STRUCTURED}
        )
    assert answer.status_code == 413


async def test_one_event_of_a_batch_that_is_too_large_harms_no_other(system: System) -> None:
    await system.start("gateway")
    good = json.dumps(event_of(registered("gent"))).encode()
    large = json.dumps(event_of(registered("a"), subject="x" * EVENT_BYTES_MAX)).encode()
    async with gateway(system) as client:
        answer = await send_batch(client, b"[%s,%s]" % (large, good))
    assert answer.status_code == 207
    assert [each["status"] for each in answer.json()["results"]] == [413, 202]
    assert len(await in_intake(system)) == 1


async def test_a_batch_has_a_thousand_events_and_eight_mebibytes(system: System) -> None:
    await system.start("gateway")
    events = [event_of(registered(f"c{n}")) for n in range(BATCH_MESSAGES_MAX)]
    async with gateway(system) as client:
        assert (await send_batch(client, events)).status_code == 202
        one_more = await send_batch(client, [*events, events[0]])
        too_long = await send_batch(client, b"[" + b" " * BATCH_BYTES_MAX + b"]")
    assert (one_more.status_code, one_more.json()["reason"]) == (413, "too_large")
    assert too_long.status_code == 413
    assert len(await in_intake(system)) == BATCH_MESSAGES_MAX


@pytest.mark.parametrize("packed", ["gzip", "br", "deflate", "gzip, identity"])
async def test_a_body_that_is_packed_is_not_unpacked(system: System, packed: str) -> None:
    await system.start("gateway")
    async with gateway(system) as client:
        answer = await send(client, event_of(registered("gent")), **{"Content-Encoding": packed})
    assert answer.status_code == 415
    assert answer.headers["Accept-Encoding"] == "identity"


async def test_a_body_that_does_not_come_is_not_waited_for(system: System, bounded: Any) -> None:
    bounded(**FAST)
    await system.start("gateway")
    sent = head(system, **{"Content-Length": "100"}) + b'{"specversion"'
    answer = await raw_answer(system, sent)
    assert answer.startswith(b"HTTP/1.1 408 ")


async def test_a_head_that_comes_letter_by_letter_is_not_waited_for(
    system: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.gateway.app.HEAD_SECONDS_MAX", HEAD_SECONDS)
    await system.start("gateway")
    letters = [head(system)[n : n + 1] for n in range(20)]
    assert await raw_answer(system, *letters, pause=HEAD_SECONDS / 5) == b""
    async with gateway(system) as client:
        assert (await send(client, event_of(registered("gent")))).status_code == 202


async def test_what_comes_after_the_answer_is_let_go_but_not_for_ever(
    system: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.gateway.app.HEAD_SECONDS_MAX", HEAD_SECONDS)
    await system.start("gateway")
    host, _, port = system.http("gateway").removeprefix("http://").partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(head(system, **{"Content-Length": "100000000"}) + b"x" * 100_000)
    assert b" 413 " in await reader.readline()
    async with asyncio.timeout(ANSWER_SECONDS_MAX):
        with suppress(ConnectionError):
            await reader.read()  # ends with the connection
    writer.close()


async def test_a_head_without_end_is_refused(system: System) -> None:
    await system.start("gateway")
    answer = await raw_answer(system, head(system, **{"X-Long": "x" * 200_000}))
    assert answer.startswith(b"HTTP/1.1 4")


async def test_more_connections_than_there_may_be_are_told_so(system: System, bounded: Any) -> None:
    bounded(connections_max=4)
    await system.start("gateway")
    host, _, port = system.http("gateway").removeprefix("http://").partition(":")
    idle = [await asyncio.open_connection(host, int(port)) for _ in range(4)]
    async with gateway(system) as client:
        assert (await send(client, event_of(registered("gent")))).status_code == 503
        for _, writer in idle:
            writer.close()
    async with gateway(system) as client:
        assert (await send(client, event_of(registered("gent")))).status_code == 202


async def test_who_sends_too_much_waits_and_nobody_else_does(system: System, bounded: Any) -> None:
    bounded(**SCANT)
    await system.start("gateway")
    event = event_of(registered("gent"))
    async with gateway(system) as client, gateway(system, "crm") as other:
        answers = [await send(client, event) for _ in range(5)]
        assert [each.status_code for each in answers] == [202, 202, 202, 429, 429]
        refused = answers[-1]
        assert 1 <= int(refused.headers["Retry-After"]) <= 2
        assert refused.headers["Content-Type"] == "application/problem+json"
        assert "0 requests a second" in refused.json()["detail"]
        assert (await send(other, event_of(registered("gent"), by="crm"))).status_code == 202
    assert len(await in_intake(system)) == 4


async def test_every_answer_tells_what_is_left(system: System, bounded: Any) -> None:
    bounded(**SCANT)
    await system.start("gateway")
    async with gateway(system) as client:
        answer = await send_batch(client, [event_of(registered(f"c{n}")) for n in range(7)])
    assert answer.headers["RateLimit-Policy"].startswith(
        '"requests";q=3;w=6, "events";q=10;w=10, "bytes";q=20000;w=20'
    )
    assert answer.headers["RateLimit"].startswith('"requests";r=2;t=2, "events";r=3;t=7, "bytes"')


@pytest.mark.parametrize(("count", "quota"), [(8, "events"), (1, "bytes")])
async def test_of_a_batch_that_exceeds_a_quota_nothing_is_taken(
    system: System, bounded: Any, count: int, quota: str
) -> None:
    bounded(**SCANT)
    await system.start("gateway")
    padding = b" " * (15_000 if quota == "bytes" else 0)
    body = json.dumps([event_of(registered(f"c{n}")) for n in range(count)]).encode() + padding
    async with gateway(system) as client:
        assert (await send_batch(client, body)).status_code == 202
        answer = await send_batch(client, body)
    assert answer.status_code == 429
    assert quota in answer.json()["detail"]
    assert len(await in_intake(system)) == count


async def test_bodies_have_so_much_room_together_and_no_more(
    system: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.gateway.web.events.Room", lambda: Room(2_000_000))
    await system.start("gateway")
    host, _, port = system.http("gateway").removeprefix("http://").partition(":")
    _, writer = await asyncio.open_connection(host, int(port))
    writer.write(head(system, **{"Content-Length": str(EVENT_BYTES_MAX)}))
    await writer.drain()
    async with gateway(system) as client:

        async def full() -> bool:
            return (await send(client, padded(EVENT_BYTES_MAX))).status_code == 503

        await until(full, "the first body holds its room")
        small = await send(client, event_of(registered("gent")))
        writer.close()

        async def free() -> bool:
            return (await send(client, padded(EVENT_BYTES_MAX))).status_code == 202

        await until(free, "the room of who went away")
    assert small.status_code == 202


async def test_an_address_that_there_is_not_is_a_problem_too(system: System) -> None:
    await system.start("gateway")
    async with gateway(system, by="") as client:
        nowhere = await client.get("/nowhere")
        method = await client.put("/events")
    assert (nowhere.status_code, method.status_code) == (404, 405)
    assert method.headers["Allow"] == "POST"
    for each in (nowhere, method):
        assert each.headers["Content-Type"] == "application/problem+json"
        assert each.headers["Content-Security-Policy"].startswith("default-src 'none'")
