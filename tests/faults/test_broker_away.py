"""The broker away: commands go on, the outbox grows and drains, and a service may stop."""

import asyncio

import psutil
from tandem.membership.v1.membership_pb2 import RegisterCityRequest

from shared.chunks import chunks
from tests.support.completeness import on_wire_once_and_in_order
from tests.support.killing import as_process
from tests.support.proxy import wire_to
from tests.support.real_processes import MEGABYTE
from tests.support.settling import until
from tests.support.system import System

COMMANDS = 2_500
IN_FLIGHT = 50
GROWTH_MEGABYTES_MAX = 20.0
IN_OUTBOX = "select count(*) from outbox"


async def test_services_stop_cleanly_while_the_broker_is_away(system: System) -> None:
    async with wire_to(system.servers.ports.nats) as wire:
        for name in ("membership", "reporting"):
            system.nats_urls[name] = f"nats://127.0.0.1:{wire.port}"
        await system.start("membership", "reporting")
        wire.cut()
        await system.stop("membership", "reporting")


async def test_commands_go_on_within_the_same_memory_and_the_outbox_drains_afterwards(
    system: System,
) -> None:
    async with wire_to(system.servers.ports.nats) as wire:
        system.nats_urls["membership"] = f"nats://127.0.0.1:{wire.port}"
        async with as_process(system, "membership") as membership:
            service = psutil.Process(membership.pid)
            await register(system, range(500))  # and what is loaded once is loaded
            before = service.memory_info().rss / MEGABYTE

            wire.cut()
            await register(system, range(500, COMMANDS))
            assert await system.value("membership", IN_OUTBOX) >= COMMANDS - 500
            grown = service.memory_info().rss / MEGABYTE - before
            assert grown < GROWTH_MEGABYTES_MAX, f"grown by {grown:.0f} MB"

            wire.mend()

            async def drained() -> bool:
                return bool(await system.value("membership", IN_OUTBOX) == 0)

            await until(drained, "an empty outbox")
    await on_wire_once_and_in_order(system, "membership")
    assert len(await system.facts("membership")) == COMMANDS


async def register(system: System, numbers: range) -> None:
    """Register cities by gRPC, IN_FLIGHT at once."""
    stub = system.stub("membership")

    async def one(number: int) -> None:
        request = RegisterCityRequest(city_id=f"c{number}", name="C", kind="city", country="BE")
        request.context.id = f"c{number}"
        await stub.RegisterCity(request)

    for some in chunks(numbers, IN_FLIGHT):
        await asyncio.gather(*(one(number) for number in some))
