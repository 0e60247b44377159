"""Reading what a figure counts, item by item, with the facts under each item."""

import asyncio
from collections.abc import Sequence
from datetime import datetime

from services.reporting.domain.dates import FOREVER, Dates
from services.reporting.domain.evidence import (
    COUNTED_ONCE,
    Contribution,
    Evidence,
    FirstMet,
    Item,
    Question,
    contributions,
    hidden_items,
    items_of,
    looks_at,
    recount,
)
from services.reporting.domain.ground import Ground
from services.reporting.domain.knowledge import Knowledge, Sitting
from services.reporting.domain.period import Period
from services.reporting.domain.registry import Registry
from services.reporting.domain.report import compose
from services.reporting.reading import rows
from services.reporting.reading.as_known import AsKnown
from services.reporting.reading.as_of_now import AsOfNow
from services.reporting.reading.report import begun, provenance_of
from services.reporting.reading.surroundings import Surroundings
from services.reporting.reading.tables import QUERIES, snapshot
from shared.queries import Connection

FACTS_OF_CITY_MAX = 20


class UnknownMetric(LookupError):
    """The registry defines no such figure; the message says which it is."""


async def read_evidence(
    connection: Connection,
    registry: Registry,
    period: Period,
    metric: str,
    now: datetime,
    known_at: datetime | None = None,
    surroundings: Surroundings | None = None,
) -> Evidence:
    """Return what a figure counts, as it stands now or as it was known at a moment.

    As of now it costs the sittings of the period and their people; as known then, all of history.

    Raises:
        UnknownMetric: the registry defines no such figure.
        FuturePeriod: the period has not begun at that moment.
    """
    begun(period, known_at or now)
    definition, parameters = registry.metrics.get(metric), registry.parameters
    if definition is None:
        raise UnknownMetric(f"{metric!r} is not a figure; a report lists those there are")
    async with snapshot(connection):
        reader = AsKnown(connection, parameters, period, known_at or FOREVER)
        knowledge = await _standing(connection, registry, period, metric, surroundings, known_at)
        if knowledge is None:
            knowledge = await reader.knowledge()
        else:
            await connection.execute(QUERIES["rows_by_key"])
        ground = Ground(knowledge, registry)
        first_met = await _first_met(reader, ground) if metric in COUNTED_ONCE else {}
        # In threads, so that others are answered meanwhile.
        question = Question(ground, period, first_met)
        items = await asyncio.to_thread(items_of, question, metric)
        under = await facts_under(reader, items, ground, period.dates)
        facts = {number: under[id(item)] for number, item in enumerate(items)}
    provenance = provenance_of(knowledge.facts, registry)
    report = await asyncio.to_thread(compose, ground, period, known_at or now, provenance)
    return Evidence(
        definition=definition,
        period=period,
        known_at=report.known_at,
        data_to=report.data_to,
        value=report.figures[metric].measure.value,
        recounted=recount(definition, items, parameters.member_base_min),
        items=items,
        facts=facts,
        hidden=hidden_items(definition, items, parameters.people_shown_min),
        provenance=report.provenance,
    )


async def _standing(
    connection: Connection,
    registry: Registry,
    period: Period,
    metric: str,
    surroundings: Surroundings | None,
    known_at: datetime | None,
) -> Knowledge | None:
    """Return what stands derived; None for another moment, or while not all of it has been."""
    if known_at is not None:
        return None
    parameters = registry.parameters
    days = looks_at(metric, period, period.span(parameters.partnership_epoch))
    around = surroundings or Surroundings()
    return await AsOfNow(connection, parameters, period, around, days).knowledge()


async def _first_met(reader: AsKnown, ground: Ground) -> dict[Sitting, FirstMet]:
    """Return where each person of the period is met first."""
    held = [occurrence.state for occurrence in ground.held(reader.period.dates)]
    met = await reader.of_people("first_met", held)
    return {held[number - 1].sitting: FirstMet(*counts) for number, *counts in met}


async def facts_under(
    reader: AsKnown, items: Sequence[Item], ground: Ground, window: Dates
) -> dict[int, Sequence[Contribution]]:
    """Return the facts under each item, by the identity of the item.

    `window` are the days within which a work was handed on.
    """
    touches = [touch for item in items for touch in item.touches]
    sittings = sorted(
        {sitting for item in items for sitting in item.occurrences}
        | {touch.sitting for touch in touches if touch.sitting}
    )
    resources = sorted(
        {resource for item in items for resource in item.resources}
        | {touch.resource_id for touch in touches if touch.resource_id}
    )
    keys = sorted({touch.fact for touch in touches if touch.fact})
    by_sitting: dict[Sitting, list[Contribution]] = {}
    for row in await reader.fetch(
        "facts_of_sittings", *rows.columns(sittings, 2), FACTS_OF_CITY_MAX
    ):
        sitting = (row["activity_id"], row["occurrence"])
        by_sitting.setdefault(sitting, []).append(rows.contribution(row))
    by_resource: dict[str, list[Contribution]] = {}
    for row in await reader.fetch(
        "facts_of_resources", resources, window.first, window.last, FACTS_OF_CITY_MAX
    ):
        by_resource.setdefault(row["resource_id"], []).append(rows.contribution(row))
    by_fact = {
        (row["stream"], row["version"]): rows.contribution(row)
        for row in await reader.fetch("facts_by_key", *rows.columns(keys, 2))
    }

    def lineage_of(fact: Contribution) -> str | None:
        city_id = ground.cities.resolve(fact.city, window)
        return city_id and ground.cities.lineage(city_id)

    return {
        id(item): contributions(item, by_sitting, by_resource, by_fact, lineage_of)
        for item in items
    }
