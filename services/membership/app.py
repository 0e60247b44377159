"""Builds membership, once; nothing else constructs its parts."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tandem.membership.v1 import membership_pb2_grpc

from services.membership import domain
from services.membership.gazetteer import Gazetteer
from services.membership.intake import References
from services.membership.projections import project
from services.membership.resolver import Resolver
from services.membership.rpc import MembershipServicer
from services.membership.settings import Settings
from shared.clock import Clock, system_clock
from shared.contracts.membership import MembershipEvent
from shared.contracts.messages.membership import MembershipDecision, MembershipMessage
from shared.execute import Executor, Rules
from shared.intake import Intake
from shared.owner import open_owner
from shared.queries import Queries
from shared.rpc import Service
from shared.running import App, app

HERE = Path(__file__).parent


@asynccontextmanager
async def running(
    settings: Settings | None = None, clock: Clock = system_clock
) -> AsyncIterator[App]:
    """Run membership; it is ready when this yields, and stopped cleanly when left."""
    settings = settings or Settings()
    queries = Queries(HERE / "queries.sql")
    rules = Rules(
        ledger="membership",
        facts=MembershipEvent,
        messages=MembershipMessage,
        decisions=MembershipDecision,
        deciders=domain.DECIDERS,
        stream_of=domain.stream_of,
        needs=domain.needs,
        provides=domain.provides,
        project=project,
        queries=queries,
    )
    async with app("membership") as opened:
        pool = await opened.database(settings)
        resolver = Resolver(pool, queries, Gazetteer())
        references = References(resolver, Executor(pool, rules), clock)

        def services(intake: Intake) -> list[Service]:
            servicer = MembershipServicer(intake, references, pool, queries, clock)
            return [
                Service(
                    "tandem.membership.v1.MembershipService",
                    servicer,
                    membership_pb2_grpc.add_MembershipServiceServicer_to_server,
                )
            ]

        await open_owner(
            opened,
            settings,
            pool,
            rules,
            references.commands,
            services,
            clock,
            on_recorded=references.wake,
        )
        opened.background(references.settle_for_ever())
        yield opened
