"""The skeleton of a service that owns a ledger: the same parts in the same places for each."""

import logging
from collections.abc import Callable, Sequence
from functools import partial

import asyncpg
import nats.errors
from faststream.nats import NatsBroker
from tandem.ledger.v1 import ledger_pb2_grpc

from shared.access import Access
from shared.backlog import measure_for_ever
from shared.clock import Clock
from shared.execute import Rules
from shared.intake import Intake, Resolve, Takers, announce_rejection, broker_for
from shared.jetstream import keep_intake
from shared.messaging import leave
from shared.relay import Relay
from shared.repair import RepairServicer
from shared.rpc import Service, serve
from shared.running import App
from shared.settings import ServiceSettings

logger = logging.getLogger(__name__)

LEDGER_SERVICE = "tandem.ledger.v1.LedgerService"


async def open_owner(
    app: App,
    settings: ServiceSettings,
    pool: asyncpg.Pool,
    rules: Rules,
    resolve: Resolve,
    services: Callable[[Intake], Sequence[Service]],
    clock: Clock,
    on_recorded: Callable[[], None] = lambda: None,
) -> None:
    """Open relay, intake and doors of an owning service; ready when this returns.

    Args:
        app: what everything is opened on, and closed with.
        settings: where the neighbours are.
        pool: the service's database.
        rules: what the service adds to the core.
        resolve: looks up what its messages name.
        services: its gRPC services, around the intake that their commands go through.
        clock: gives `recorded_at`.
        on_recorded: told after facts were recorded.
    """
    connection = await app.broker(settings)
    relay = Relay(pool, connection)

    def recorded() -> None:
        relay.wake()
        on_recorded()

    announce = partial(announce_rejection, connection)
    intake = Intake(pool, rules, resolve, clock, announce, recorded)
    app.background(relay.run())
    app.background(intake.sweep_for_ever())
    app.background(measure_for_ever(pool))
    ledger = Service(
        LEDGER_SERVICE,
        RepairServicer(pool, intake, clock),
        ledger_pb2_grpc.add_LedgerServiceServicer_to_server,
    )
    serving = await serve(
        settings.grpc_listen,
        [*services(intake), ledger],
        Access(settings.tokens_file),
        trusted_network=settings.trusted_network,
    )
    app.grpc(serving)
    broker = broker_for(settings.nats(rules.ledger))
    await broker.start()
    app.stack.push_async_callback(_stopped, broker)
    takers = Takers(broker, rules.ledger, intake)
    app.background(keep_intake(connection, rules.ledger, takers.take_from))
    await app.http(settings.http_listen, allowed_hosts=settings.allowed_hosts)


async def _stopped(broker: NatsBroker) -> None:
    """Finish the batch at hand and leave; NATS itself may be away just then."""
    connection = await broker.connect()  # the one that it has
    try:
        await broker.stop()
    except (nats.errors.Error, OSError) as error:
        logger.warning("no farewell from the intake: %s", error or type(error).__name__)
        await leave(connection)
