"""Builds reporting, once; nothing else constructs its parts."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import asyncpg
import grpc.aio
from tandem.reporting.v1 import reporting_pb2_grpc

from services.reporting.migrations import MIGRATIONS, PUBLICATION
from services.reporting.preview import FACTS, Preview
from services.reporting.projections import project
from services.reporting.projections.stale import stale
from services.reporting.publishing import Publishing
from services.reporting.reading import QUERIES, load_registry
from services.reporting.reading.surroundings import Surroundings
from services.reporting.reports import Reports
from services.reporting.rpc import ReportingServicer
from services.reporting.settings import Settings
from services.reporting.signing import Signer
from services.reporting.standing import DERIVED, Standing
from services.reporting.trails import Trails
from services.reporting.web import routes, site
from shared.access import Access
from shared.auditor import Auditor
from shared.clock import Clock, system_clock
from shared.contracts.events import EventsEvent
from shared.contracts.membership import MembershipEvent
from shared.contracts.resources import ResourcesEvent
from shared.jetstream import keep_facts_consumer
from shared.ledger import RemoteLedger
from shared.projector import Projector
from shared.rebuild import Plan, Rebuild, Step, open_rebuild
from shared.recorded import Recorded
from shared.resident import give_back_large
from shared.rpc import Service, channel, serve
from shared.running import App, app
from shared.site.endings import Endings
from shared.site.sessions import Sessions

HERE = Path(__file__).parent
SHARED = HERE.parents[1] / "shared"
CODE = (HERE / "projections", HERE / "domain", HERE / "sql", SHARED / "contracts", SHARED / "sql")
"""What the rows depend on: when it changes, a rebuild that was broken off begins anew."""


def ledgers_of(channels: Mapping[str, grpc.aio.Channel]) -> dict[str, RemoteLedger]:
    """Return the ledgers whose facts reporting restates, read over these channels."""
    return {name: RemoteLedger(name, channels[name], union) for name, union in FACTS.items()}


def projector_of(
    pool: asyncpg.Pool,
    channels: Mapping[str, grpc.aio.Channel],
    on_projected: Callable[[Sequence[Recorded]], None] = lambda facts: None,
) -> Projector:
    """Return the projector of all facts into the tables behind `pool`."""
    every = MembershipEvent | EventsEvent | ResourcesEvent
    return Projector(
        pool, every, project, QUERIES, ledgers_of(channels), on_projected=on_projected, stale=stale
    )


async def derive(pool: asyncpg.Pool) -> None:
    """Derive from the rows behind `pool` all that a report of today shows."""
    await Standing(pool, load_registry().parameters).derive_all()


def plan_of(channels: Mapping[str, grpc.aio.Channel]) -> Plan:
    """Return what a rebuild of reporting builds, from the ledgers behind these channels."""
    return Plan(
        service="reporting",
        migrations=MIGRATIONS,
        code=CODE,
        project=project,
        stale=stale,
        queries=QUERIES,
        ledgers=ledgers_of(channels),
        derive=derive,
        derived=DERIVED,
    )


@asynccontextmanager
async def opened_rebuild(
    on_step: Callable[[Step], None], settings: Settings | None = None
) -> AsyncIterator[Rebuild]:
    """Open a rebuild of the tables of reporting, under the role that owns them.

    Raises:
        Refused: another rebuild is under way.
    """
    settings = settings or Settings()
    async with AsyncExitStack() as stack:
        channels = {}
        for name, address in settings.peers.items():
            channels[name] = channel(address, token_file=settings.token_file)
            stack.push_async_callback(channels[name].close)
        opened = open_rebuild(settings.database, plan_of(channels), on_step)
        yield await stack.enter_async_context(opened)


@asynccontextmanager
async def running(
    settings: Settings | None = None, clock: Clock = system_clock
) -> AsyncIterator[App]:
    """Run reporting; it is ready when this yields, and stopped cleanly when left."""
    settings = settings or Settings()
    give_back_large()
    async with app("reporting") as opened:
        pool = await opened.database(settings)
        connection = await opened.broker(settings)
        channels = {
            name: channel(address, token_file=settings.token_file)
            for name, address in settings.peers.items()
        }
        for each in channels.values():
            opened.stack.push_async_callback(each.close)
        registry = load_registry()
        standing = Standing(pool, registry.parameters, clock)
        surroundings = Surroundings()
        reports = Reports(pool, registry, clock, standing, surroundings)
        opened.stack.push_async_callback(reports.renderings.workshop.close)
        trails = Trails(pool, registry, clock, standing, surroundings, ledgers_of(channels))

        def projected(facts: Sequence[Recorded]) -> None:
            auditor.passed(facts)
            standing.marked(facts)

        projector = projector_of(pool, channels, projected)
        auditor = Auditor(pool, ledgers_of(channels), projector.apply, standing.marked, clock=clock)
        opened.background(keep_facts_consumer(connection))
        opened.background(projector.run(connection, "reporting"))
        opened.background(auditor.run())
        opened.background(standing.run())
        opened.background(reports.refresh_watched())
        opened.background(reports.refresh_read())
        store = await opened.database(settings, PUBLICATION)
        publishing = Publishing(
            pool,
            store,
            reports,
            registry,
            auditor.comparison,
            Signer.load(settings.signing_key_file),
            clock,
        )
        await publishing.keep_keys()
        preview = Preview(pool, registry, clock, surroundings)
        access = Access(settings.tokens_file)
        servicer = Service(
            "tandem.reporting.v1.ReportingService",
            ReportingServicer(reports, trails, publishing, auditor.comparison, preview),
            reporting_pb2_grpc.add_ReportingServiceServicer_to_server,
        )
        serving = await serve(
            settings.grpc_listen,
            [servicer],
            access,
            trusted_network=settings.trusted_network,
        )
        opened.grpc(serving)
        sessions = Sessions(settings.token_file.read_bytes(), clock, Endings(store))
        served = routes(
            reports, trails, publishing, access, sessions, settings.login_codes, opened.stopped
        )
        await opened.http(
            settings.http_listen, site(served), settings.trusted_proxies, settings.allowed_hosts
        )
        yield opened
