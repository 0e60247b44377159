"""Whatever is sent to the door is answered with a reason, and harms nobody else."""

import asyncio
import json

import pytest

from tests.support.nasty_texts import NASTY
from tests.support.sending import event_of, gateway, in_intake, send, send_batch
from tests.support.system import System
from tests.support.telling import registered

HOSTILE = [
    *(b"", b"{", b"null", b"[]", b'"x"', b"\xff\xfe", b"[" * 100_000, b'{"a":' * 50_000),
    b'{"id": "\\ud800"}',
    b'{"specversion": "1.0", "specversion": "1.0"}',
    b'{"id": %s}' % (b"9" * 5000),
    b'{"data": {"x": 1e999}}',
    *(json.dumps({"id": text, "type": text, "source": text}).encode() for text in NASTY),
    *(json.dumps({text: text}).encode() for text in NASTY),
]


async def test_a_hostile_source_harms_no_healthy_one(system: System) -> None:
    await system.start("membership", "gateway")
    async with gateway(system, "crm") as hostile, gateway(system) as healthy:

        async def attack() -> list[int]:
            answers = [await send(hostile, body) for body in HOSTILE]
            answers += [await send_batch(hostile, b"[%s]" % body) for body in HOSTILE]
            return [answer.status_code for answer in answers]

        async def work() -> list[int]:
            return [
                (await send(healthy, event_of(registered(f"city-{n}")))).status_code
                for n in range(50)
            ]

        attacked, worked = await asyncio.gather(attack(), work())
    assert set(worked) == {202}
    assert set(attacked) <= {202, 400, 403, 413, 422}
    assert attacked.count(202) == 1, "a batch of none"
    await system.settled()
    assert len(await system.facts("membership")) == 50
    assert await system.rejected("membership") == []


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "FOO"])
async def test_a_method_that_an_address_does_not_have_is_told(system: System, method: str) -> None:
    await system.start("gateway")
    async with gateway(system) as client:
        answer = await client.request(method, "/events", content=b"{}")
    assert answer.status_code == 405
    assert await in_intake(system) == []
