"""What the services lean on while they run: a fetch that ends as it should, a stop that ends."""

import asyncio
import socket

import httpx
import pytest
from tandem.membership.v1.membership_pb2 import GetCityRequest

from shared import cancelling
from shared.jetstream import ACK_WAIT_SECONDS
from shared.running import app
from tests.support.settling import SECONDS_MAX, until
from tests.support.system import System, free_port
from tests.support.telling import registered


async def test_a_part_that_swallows_a_cancellation_is_stopped_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(cancelling, "CANCEL_SECONDS", 0.02)
    cancelled = 0

    async def stubborn() -> None:
        nonlocal cancelled
        while cancelled < 2:
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                cancelled += 1

    async with app("test") as opened:
        opened.background(stubborn())
        await asyncio.sleep(0)
    assert cancelled == 2


async def test_a_part_that_fails_ends_the_service(caplog: pytest.LogCaptureFixture) -> None:
    async def broken() -> None:
        raise RuntimeError("beyond repair")

    async with app("test") as opened:
        opened.background(broken())
        await asyncio.wait_for(opened.stopped.wait(), SECONDS_MAX)
        assert opened.failed
    assert "a part of test failed" in caplog.text


async def test_a_service_does_not_start_on_an_address_that_is_taken() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(OSError, match="Address already in use"):
            async with app("test") as opened:
                await opened.http(address)


@pytest.mark.parametrize(
    ("host", "status"), [("localhost", 200), ("reports.example.org", 200), ("evil.example", 421)]
)
async def test_a_service_answers_for_its_own_hosts_alone(host: str, status: int) -> None:
    address = f"127.0.0.1:{free_port()}"
    async with app("test") as opened:
        await opened.http(address, allowed_hosts="reports.example.org")
        async with httpx.AsyncClient(base_url=f"http://{address}", timeout=SECONDS_MAX) as client:
            answer = await client.get("/healthz", headers={"Host": host})
    assert answer.status_code == status


async def test_a_service_tells_whether_it_lives_and_whether_it_is_ready(system: System) -> None:
    await system.start("membership")
    async with httpx.AsyncClient(base_url=system.http("membership"), timeout=SECONDS_MAX) as client:
        assert (await client.get("/healthz")).status_code == 200
        ready = await client.get("/readyz")
        assert ready.status_code == 200
        assert ready.json()["database"] is ready.json()["nats"] is True
        assert (await client.get("/metrics")).status_code == 200


async def test_a_stop_finishes_what_was_taken_and_a_start_goes_on(system: System) -> None:
    for n in range(3):
        await system.start("membership")
        await system.publish(*(registered(f"city-{n}-{each}") for each in range(50)))

        async def begun(n: int = n) -> bool:
            return len(await system.facts("membership")) > 50 * n

        await until(begun, "a batch that is taken")
        await system.stop("membership")
    await system.start("membership")
    await system.settled()

    assert len(await system.facts("membership")) == 150
    city = await system.stub("membership").GetCity(GetCityRequest(city_id="city-2-49"))
    assert city.city.version == 1


async def test_messages_taken_one_by_one_are_each_recorded_at_once(system: System) -> None:
    """A fetch that loses what it holds would leave a message to the broker's next try, in 30 s."""
    await system.start("membership")
    for n in range(40):
        await system.publish(registered(f"city-{n}"))

        async def recorded(n: int = n) -> bool:
            return len(await system.facts("membership")) == n + 1

        await until(recorded, f"city {n} is recorded", seconds_max=ACK_WAIT_SECONDS / 2)
