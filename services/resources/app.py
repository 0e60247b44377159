"""Builds resources, once; nothing else constructs its parts."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tandem.resources.v1 import resources_pb2_grpc

from services.resources import domain
from services.resources.intake import Resolution
from services.resources.projections import project
from services.resources.rpc import ResourcesServicer
from services.resources.settings import Settings
from shared.cities import Cities
from shared.clock import Clock, system_clock
from shared.contracts.messages.resources import ResourcesMessage
from shared.contracts.resources import ResourcesEvent
from shared.execute import Rules
from shared.intake import Intake
from shared.owner import open_owner
from shared.queries import Queries
from shared.rpc import Service, channel
from shared.running import App, app
from shared.streams import Streams

HERE = Path(__file__).parent


@asynccontextmanager
async def running(
    settings: Settings | None = None, clock: Clock = system_clock
) -> AsyncIterator[App]:
    """Run resources; it is ready when this yields, and stopped cleanly when left."""
    settings = settings or Settings()
    queries = Queries(HERE / "queries.sql")
    rules = Rules(
        ledger="resources",
        facts=ResourcesEvent,
        messages=ResourcesMessage,
        deciders=domain.DECIDERS,
        stream_of=domain.stream_of,
        needs=domain.needs,
        provides=domain.provides,
        project=project,
        queries=queries,
    )
    async with app("resources") as opened:
        pool = await opened.database(settings)
        membership = channel(settings.peer_membership, token_file=settings.token_file)
        opened.stack.push_async_callback(membership.close)
        cities = Cities(membership)

        resolution = Resolution(cities, clock)
        streams = Streams(pool, ResourcesEvent, domain.DECIDERS)

        def services(intake: Intake) -> list[Service]:
            servicer = ResourcesServicer(intake, streams, pool, queries, clock)
            return [
                Service(
                    "tandem.resources.v1.ResourcesService",
                    servicer,
                    resources_pb2_grpc.add_ResourcesServiceServicer_to_server,
                )
            ]

        await open_owner(opened, settings, pool, rules, resolution.commands, services, clock)
        yield opened
