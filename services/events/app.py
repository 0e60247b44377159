"""Builds events, once; nothing else constructs its parts."""

from collections.abc import AsyncIterator, Set
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from tandem.events.v1 import events_pb2_grpc

from services.events import domain
from services.events.forgotten import Forgotten
from services.events.intake import Resolution
from services.events.merges import Merges
from services.events.projections import project
from services.events.rpc import EventsServicer
from services.events.settings import Settings
from services.events.vault import Vault
from shared.cities import Cities
from shared.clock import Clock, system_clock
from shared.contracts.events import EventsEvent
from shared.contracts.messages.events import EventsDecision, EventsMessage
from shared.database import connect_pool
from shared.erasing.erased import erased_in
from shared.erasing.intake import ERASER, IntakeMessages
from shared.execute import Executor, Rules
from shared.intake import Intake
from shared.messaging import connect, leave
from shared.owner import open_owner
from shared.queries import Queries
from shared.rpc import Service, channel
from shared.running import App, app
from shared.streams import Streams

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Erasing:
    """What erasing somebody needs: the vault, INTAKE as the eraser sees it, and who was erased."""

    vault: Vault
    intake: IntakeMessages
    erased: Set[str]


@asynccontextmanager
async def opened_erasing(settings: Settings | None = None) -> AsyncIterator[Erasing]:
    """Open what erasing somebody needs, under the role that owns the vault."""
    settings = settings or Settings()
    pool = await connect_pool(settings.database)
    connection = await connect(settings.nats(ERASER))
    try:
        vault = Vault(pool, Queries(HERE / "queries.sql"), settings.vault_key_file)
        await vault.check_key()
        erased = erased_in(settings.erased_file).keys()
        yield Erasing(vault, IntakeMessages(connection), erased)
    finally:
        await leave(connection)
        await pool.close()


@asynccontextmanager
async def running(
    settings: Settings | None = None, clock: Clock = system_clock
) -> AsyncIterator[App]:
    """Run events; it is ready when this yields, and stopped cleanly when left."""
    settings = settings or Settings()
    queries = Queries(HERE / "queries.sql")
    rules = Rules(
        ledger="events",
        facts=EventsEvent,
        messages=EventsMessage,
        decisions=EventsDecision,
        deciders=domain.DECIDERS,
        stream_of=domain.stream_of,
        needs=domain.needs,
        provides=domain.provides,
        project=project,
        queries=queries,
    )
    async with app("events") as opened:
        pool = await opened.database(settings)
        membership = channel(settings.peer_membership, token_file=settings.token_file)
        opened.stack.push_async_callback(membership.close)
        cities = Cities(membership)
        vault = Vault(pool, queries, settings.vault_key_file)
        await vault.check_key()
        executor = Executor(pool, rules)
        forgotten = Forgotten(pool, queries, vault, executor, settings.erased_file, clock)
        await forgotten.reapply()
        merges = Merges(pool, queries)
        resolution = Resolution(cities, vault, merges, clock)
        streams = Streams(pool, EventsEvent, domain.DECIDERS)

        def services(intake: Intake) -> list[Service]:
            servicer = EventsServicer(intake, streams, merges, pool, queries, clock)
            return [
                Service(
                    "tandem.events.v1.EventsService",
                    servicer,
                    events_pb2_grpc.add_EventsServiceServicer_to_server,
                )
            ]

        await open_owner(
            opened,
            settings,
            pool,
            rules,
            resolution.commands,
            services,
            clock,
            on_recorded=forgotten.wake,
        )
        opened.background(forgotten.keep_for_ever())
        yield opened
