"""Builds the gateway, once; nothing else constructs its parts."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from services.gateway.domain.quotas import Quotas
from services.gateway.fetching import Fetching
from services.gateway.intake import Intake
from services.gateway.receipts import Receipts
from services.gateway.rejections import Rejections
from services.gateway.settings import Settings
from services.gateway.web import Limits, Parts, routes, site
from shared.access import Access
from shared.client.over_grpc import Services
from shared.clock import Clock, system_clock
from shared.connections import HEAD_SECONDS_MAX, Connections
from shared.deposit import Deposit
from shared.rpc import channel, serving
from shared.running import App, app
from shared.webhooks import Webhooks


@asynccontextmanager
async def running(
    settings: Settings | None = None, clock: Clock = system_clock
) -> AsyncIterator[App]:
    """Run the gateway; it is ready when this yields, and stopped cleanly when left."""
    settings = settings or Settings()
    async with app("gateway") as opened:
        connection = await opened.broker(settings)
        channels = {
            name: channel(address, token_file=settings.token_file)
            for name, address in settings.peers.items()
        }
        for name, each in channels.items():
            opened.stack.push_async_callback(each.close)
            opened.neighbours[name] = partial(serving, each)
        limits = Limits(
            settings.batch_events_max, settings.batch_bytes_max, settings.body_seconds_max
        )
        intake = Intake(Deposit(connection), clock)
        addresses = {**settings.peers, "reporting": settings.peer_reporting}
        services = Services(addresses, settings.token_file)
        opened.stack.push_async_callback(services.close)
        served = routes(
            Parts(
                Access(settings.tokens_file),
                Quotas(settings.quotas),
                limits,
                intake,
                Receipts(services, list(settings.peers)),
                Webhooks(settings.webhooks_file),
                Fetching(),
                Rejections(channels),
                settings.nats_url,
            )
        )
        connections = Connections(
            settings.connections_max, settings.idle_seconds_max, HEAD_SECONDS_MAX
        )
        await opened.http(
            settings.http_listen,
            site(served),
            settings.trusted_proxies,
            settings.allowed_hosts,
            connections,
            traced=False,  # an event brings its own trace, which intake.py opens
        )
        yield opened
