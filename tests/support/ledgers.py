"""The ledger of membership without its service: an executor on real tables, and what to write."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import asyncpg

from services.membership import domain
from services.membership.projections import project
from shared.contracts.membership import MembershipEvent
from shared.contracts.messages.membership import (
    DescribeCity,
    MembershipDecision,
    MembershipMessage,
    RegisterCity,
)
from shared.contracts.values import Message, Population
from shared.database import connect_pool
from shared.decider import Command
from shared.draft import Task
from shared.execute import Executor, Rules
from shared.queries import Queries
from shared.sift import own
from tests.support.machine import database_address
from tests.support.system import System

NOW = datetime(2024, 4, 2, 9, tzinfo=UTC)
SQL = Path(__file__).parents[2] / "services" / "membership" / "queries.sql"
DEMO = "demo"


def membership_rules() -> Rules:
    """Return the rules of membership, as its app builds them."""
    return Rules(
        ledger="membership",
        facts=MembershipEvent,
        messages=MembershipMessage,
        decisions=MembershipDecision,
        deciders=domain.DECIDERS,
        stream_of=domain.stream_of,
        needs=domain.needs,
        provides=domain.provides,
        project=project,
        queries=Queries(SQL),
    )


@asynccontextmanager
async def pool_of(system: System, service: str) -> AsyncIterator[asyncpg.Pool]:
    """Yield a pool under the service's own role, as the service has it."""
    pool = await connect_pool(database_address(system.servers, service, service))
    try:
        yield pool
    finally:
        await pool.close()


def register(city_id: str) -> Task:
    """Return the task that registers a city; its id is "register-<city>"."""
    message = RegisterCity(city_id=city_id, name=city_id.title(), kind="city", country="BE")
    return _task(message, f"register-{city_id}")


def count(city_id: str, residents: int, id_: str | None = None) -> Task:
    """Return the task that gives a city a new number of residents."""
    population = Population(value=residents, source="census", year=2020)
    message = DescribeCity(city_id=city_id, population=population)
    return _task(message, id_ or f"count-{city_id}-{residents}")


def _task(message: Message, id_: str) -> Task:
    return Task(own(message, DEMO, id_, NOW), Command(message, DEMO, id_, NOW, NOW))


async def write(pool: asyncpg.Pool, *tasks: Task) -> None:
    """Record tasks, with their facts in the outbox."""
    await Executor(pool, membership_rules()).execute(tasks)


async def write_cities(pool: asyncpg.Pool, number: int, versions: int = 1) -> int:
    """Record `number` cities of `versions` facts each, and return how many facts that is."""
    names = [f"city-{n}" for n in range(number)]
    await write(pool, *(register(name) for name in names))
    for residents in range(1, versions):
        await write(pool, *(count(name, residents) for name in names))
    return number * versions
