"""Ledgers without their services: the rules of an owner, an executor on real tables, and what to
write into that of membership."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

import asyncpg

from shared.contracts.events import EventsEvent
from shared.contracts.membership import MembershipEvent
from shared.contracts.messages.events import EventsDecision, EventsMessage
from shared.contracts.messages.membership import (
    DescribeCity,
    MembershipDecision,
    MembershipMessage,
    RegisterCity,
)
from shared.contracts.messages.resources import ResourcesMessage
from shared.contracts.resources import ResourcesEvent
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
SERVICES = Path(__file__).parents[2] / "services"
DEMO = "demo"
UNIONS: dict[str, tuple[Any, Any, Any]] = {
    "membership": (MembershipEvent, MembershipMessage, MembershipDecision),
    "events": (EventsEvent, EventsMessage, EventsDecision),
    "resources": (ResourcesEvent, ResourcesMessage, None),
}
"""Of each owner: its facts, what others send it, and what people decide."""


def rules_of(owner: str) -> Rules:
    """Return the rules of an owner, as its app builds them."""
    domain = import_module(f"services.{owner}.domain")
    facts, messages, decisions = UNIONS[owner]
    return Rules(
        ledger=owner,
        facts=facts,
        messages=messages,
        decisions=decisions,
        deciders=domain.DECIDERS,
        stream_of=domain.stream_of,
        needs=domain.needs,
        provides=domain.provides,
        project=import_module(f"services.{owner}.projections").project,
        queries=Queries(SERVICES / owner / "queries.sql"),
    )


def membership_rules() -> Rules:
    """Return the rules of membership."""
    return rules_of("membership")


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
