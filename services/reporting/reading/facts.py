"""The facts under several figures at one moment, from one reading of the rows."""

import asyncio
from collections.abc import Iterable, Mapping
from datetime import datetime

from services.reporting.domain.evidence import Contribution, Question, items_of
from services.reporting.domain.ground import Ground
from services.reporting.domain.period import Period
from services.reporting.domain.registry import Registry
from services.reporting.reading.as_known import AsKnown
from services.reporting.reading.evidence import facts_under, first_met
from services.reporting.reading.tables import snapshot
from shared.queries import Connection

Place = tuple[str, str, int]
"""Where a fact stands: ledger, stream, version."""


async def read_facts(
    connection: Connection,
    registry: Registry,
    period: Period,
    metrics: Iterable[str],
    known_at: datetime,
) -> dict[str, Mapping[Place, Contribution]]:
    """Return the facts under each of these figures, as known at a moment, the oldest first."""
    async with snapshot(connection):
        reader = AsKnown(connection, registry.parameters, period, known_at)
        ground = Ground(await reader.knowledge(), registry)
        question = Question(ground, period, await first_met(reader, ground, period))
        items = {
            # In threads, so that others are answered meanwhile.
            metric: await asyncio.to_thread(items_of, question, metric)
            for metric in metrics
        }
        every = [item for each in items.values() for item in each]
        facts = await facts_under(reader, every, ground, period.dates)
    found: dict[str, Mapping[Place, Contribution]] = {}
    for metric, each in items.items():
        beneath = [fact for item in each for fact in facts[id(item)]]
        beneath.sort(key=lambda fact: (fact.recorded_at, fact.fact))
        found[metric] = {(fact.ledger, *fact.fact): fact for fact in beneath}
    return found
