"""Builds reporting, once; nothing else constructs its parts."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import grpc.aio
from tandem.reporting.v1 import reporting_pb2_grpc

from services.reporting.projections import project
from services.reporting.projections.stale import stale
from services.reporting.reading import QUERIES, load_registry
from services.reporting.reports import Reports
from services.reporting.rpc import ReportingServicer
from services.reporting.settings import Settings
from services.reporting.standing import Standing
from services.reporting.web import routes
from shared.access import Access
from shared.clock import Clock, system_clock
from shared.contracts.events import EventsEvent
from shared.contracts.membership import MembershipEvent
from shared.contracts.resources import ResourcesEvent
from shared.database import PROJECTION_TABLES
from shared.ledger import RemoteLedger
from shared.projector import Projector
from shared.rpc import Service, channel, serve
from shared.running import App, app

HERE = Path(__file__).parent
MIGRATIONS = (PROJECTION_TABLES, HERE / "sql")
FACTS = {"membership": MembershipEvent, "events": EventsEvent, "resources": ResourcesEvent}


def projector_of(
    pool: asyncpg.Pool,
    channels: Mapping[str, grpc.aio.Channel],
    on_projected: Callable[[], None] = lambda: None,
) -> Projector:
    """Return the projector of all facts into the tables behind `pool`."""
    return Projector(
        pool,
        MembershipEvent | EventsEvent | ResourcesEvent,
        project,
        QUERIES,
        {name: RemoteLedger(name, channels[name], union) for name, union in FACTS.items()},
        on_projected=lambda facts: on_projected(),
        stale=stale,
    )


@asynccontextmanager
async def running(
    settings: Settings | None = None, clock: Clock = system_clock
) -> AsyncIterator[App]:
    """Run reporting; it is ready when this yields, and stopped cleanly when left."""
    settings = settings or Settings()
    async with app("reporting") as opened:
        pool = await opened.database(settings)
        connection = await opened.broker(settings)
        peers = {
            "membership": settings.peer_membership,
            "events": settings.peer_events,
            "resources": settings.peer_resources,
        }
        channels = {
            name: channel(address, token_file=settings.token_file)
            for name, address in peers.items()
        }
        for each in channels.values():
            opened.stack.push_async_callback(each.close)
        registry = load_registry()
        standing = Standing(pool, registry.parameters)
        reports = Reports(pool, registry, clock, standing)
        projector = projector_of(pool, channels, standing.marked)
        opened.background(projector.run(connection, "reporting"))
        opened.background(projector.compare_for_ever())
        opened.background(standing.run())
        opened.background(reports.refresh_for_ever(reports.watched))
        opened.background(reports.refresh_for_ever(reports.read_lately))
        access = Access(settings.tokens_file)
        servicer = Service(
            "tandem.reporting.v1.ReportingService",
            ReportingServicer(reports),
            reporting_pb2_grpc.add_ReportingServiceServicer_to_server,
        )
        serving = await serve(settings.grpc_listen, [servicer], access)
        opened.grpc(serving)
        await opened.http(settings.http_listen, routes(reports, access))
        yield opened
