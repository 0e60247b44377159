"""The broker away: commands go on, the outbox grows and drains, and a service may stop meanwhile."""

from tests.support.proxy import wire_to
from tests.support.system import System


async def test_services_stop_cleanly_while_the_broker_is_away(system: System) -> None:
    async with wire_to(system.servers.ports.nats) as wire:
        for name in ("membership", "reporting"):
            system.nats_urls[name] = f"nats://127.0.0.1:{wire.port}"
        await system.start("membership", "reporting")
        wire.cut()
        await system.stop("membership", "reporting")
