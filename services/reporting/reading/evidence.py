"""Reading what a figure counts, item by item, with the facts under each item."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from services.reporting.domain.breakdowns import Rows, breakdowns
from services.reporting.domain.dates import FOREVER, Dates
from services.reporting.domain.evidence import (
    COUNTED_ONCE,
    OF_REACH,
    PEOPLE,
    Against,
    Comparison,
    Contribution,
    Evidence,
    Filters,
    FirstMet,
    Item,
    Move,
    Question,
    changed,
    compared_with,
    contributions,
    filtered,
    hidden_people,
    items_of,
    looks_at,
    moves,
    recount,
)
from services.reporting.domain.figures import Value
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


@dataclass(frozen=True)
class Inquiry:
    """Which figure is asked about.

    Args:
        known_at: the moment as of which to answer; None for now.
        filters: the rows of breakdowns that are meant, when not all of the figure is.
        against: the period to compare with.
    """

    period: Period
    metric: str
    known_at: datetime | None = None
    filters: Filters = field(default_factory=dict)
    against: Against | None = None


COARSE = {"country"}
"""The row by which people are told apart no finer than is printed of any moment."""


@dataclass(frozen=True)
class _Counted:
    """What a figure of one period counts, as far as the filters let through."""

    items: list[Item]
    hidden: frozenset[str]
    cell_hidden: bool
    recounted: Value


async def read_evidence(
    connection: Connection,
    registry: Registry,
    inquiry: Inquiry,
    now: datetime,
    surroundings: Surroundings | None = None,
) -> Evidence:
    """Return what a figure counts, as it stands now or as it was known at a moment.

    As of now it costs the sittings of the period and their people; as known then, all of history.

    Raises:
        UnknownMetric: the registry defines no such figure.
        UnknownRow: the figure is not told apart in this way.
        UnknownComparison: the figure is not compared with that period.
        FuturePeriod: the period has not begun at that moment.
    """
    period, metric, known_at = inquiry.period, inquiry.metric, inquiry.known_at
    begun(period, known_at or now)
    definition = registry.metrics.get(metric)
    if definition is None:
        raise UnknownMetric(f"{metric!r} is not a figure; a report lists those there are")
    filtered(metric, (), inquiry.filters)
    other = compared_with(period, metric, inquiry.against) if inquiry.against else None
    async with snapshot(connection):
        reader = AsKnown(connection, registry.parameters, period, known_at or FOREVER)
        days = _days(registry, metric, [period] if other is None else [other, period])
        works_of = days if metric in OF_REACH else None
        knowledge = await standing(
            connection, registry, period, days, surroundings, known_at, works_of=works_of
        )
        if knowledge is None:
            knowledge = await reader.knowledge()
        else:
            await connection.execute(QUERIES["rows_by_key"])
        ground = Ground(knowledge, registry)
        counted = await _counted(reader, ground, inquiry, period)
        before = await _counted(reader, ground, inquiry, other) if other else None
        every = [*counted.items, *(before.items if before else ())]
        window = Dates(other.dates.first if other else period.dates.first, period.dates.last)
        facts = await facts_under(reader, every, ground, window)
    provenance = provenance_of(knowledge.facts, registry)
    report = await asyncio.to_thread(compose, ground, period, known_at or now, provenance)
    figure = report.figures[metric]
    whole = not inquiry.filters
    comparison = None
    if before is not None and other is not None and inquiry.against is not None:
        previous = inquiry.against is Against.PREVIOUS
        value = figure.previous if previous else figure.year_before
        recounted_change = changed(counted.recounted, before.recounted)
        moved = moves(counted.items, before.items, counted.hidden | before.hidden)
        comparison = Comparison(
            against=inquiry.against,
            period=other,
            value=value if whole else before.recounted,
            recounted=before.recounted,
            change=(figure.change if previous else figure.year_change)
            if whole
            else recounted_change,
            recounted_change=recounted_change,
            moves=[replace(move, facts=_facts_of(move, facts)) for move in moved],
            value_hidden=counted.cell_hidden or before.cell_hidden,
        )
    return Evidence(
        definition=definition,
        period=period,
        known_at=report.known_at,
        data_to=report.data_to,
        value=figure.measure.value
        if whole
        else _cell(report.breakdowns.rows.get(metric, {}), inquiry.filters, counted.recounted),
        recounted=counted.recounted,
        items=counted.items,
        facts={item.key: facts[id(item)] for item in counted.items},
        hidden=counted.hidden,
        value_hidden=counted.cell_hidden,
        filters=inquiry.filters,
        comparison=comparison,
        provenance=report.provenance,
    )


def _days(registry: Registry, metric: str, periods: Sequence[Period]) -> Dates:
    """Return the days whose occurrences are wanted one by one."""
    epoch = registry.parameters.partnership_epoch
    days = [looks_at(metric, period, period.span(epoch)) for period in periods]
    return Dates(min(each.first for each in days), max(each.last for each in days))


async def _counted(reader: AsKnown, ground: Ground, inquiry: Inquiry, period: Period) -> _Counted:
    """Return what the figure counts in a period."""
    metric, definition = inquiry.metric, ground.registry.metrics[inquiry.metric]
    met = await first_met(reader, ground, period) if metric in COUNTED_ONCE else {}
    question = Question(ground, period, met)

    def count() -> _Counted:
        every = items_of(question, metric)
        chosen = filtered(metric, every, inquiry.filters)
        hidden = hidden_people(question, metric, every)
        apart = any(dimension in item.parts for dimension in inquiry.filters for item in every)
        if apart or (inquiry.known_at is not None and metric in PEOPLE):
            # Finer than any row that is printed, or one of two moments that could be subtracted:
            # so nobody but staff sees a count.
            hidden = frozenset(item.key for item in chosen)
        recounted = recount(definition, chosen, ground.registry.parameters.member_base_min)
        return _Counted(chosen, hidden, _cell_hidden(ground, period, inquiry), recounted)

    # In a thread, so that others are answered meanwhile.
    return await asyncio.to_thread(count)


def _cell_hidden(ground: Ground, period: Period, inquiry: Inquiry) -> bool:
    """Tell whether the row of a breakdown is a count of people that is not printed."""
    if inquiry.metric not in PEOPLE or not inquiry.filters:
        return False
    if inquiry.known_at is not None and inquiry.filters.keys() != COARSE:
        return True
    dimensions = breakdowns(ground, period.dates).rows[inquiry.metric]
    return any(
        dimensions[dimension].get(row, 0) is None for dimension, row in inquiry.filters.items()
    )


def _cell(dimensions: Mapping[str, Rows], filters: Filters, recounted: Value) -> Value:
    """Return a row as the report prints it; where it prints none, or hides it, as recounted."""
    if len(filters) != 1:
        return recounted
    [(dimension, row)] = filters.items()
    if dimension not in dimensions:
        return recounted
    printed = dimensions[dimension].get(row, 0)
    return recounted if printed is None else printed


def _facts_of(move: Move, facts: Mapping[int, Sequence[Contribution]]) -> list[Contribution]:
    sides = [side for side in (move.now, move.before) if side is not None]
    found = {fact.fact: fact for side in sides for fact in facts[id(side)]}
    return sorted(found.values(), key=lambda fact: (fact.recorded_at, fact.fact))


async def standing(
    connection: Connection,
    registry: Registry,
    period: Period,
    days: Dates | None,
    surroundings: Surroundings | None,
    known_at: datetime | None,
    of: frozenset[str] | None = None,
    works_of: Dates | None = None,
) -> Knowledge | None:
    """Return what stands derived, with the sittings of some days one by one.

    With `of` only the sittings at which one of these city pointers was, and only the works that
    reached it; `works_of` are the days for which all of these are wanted. None for another moment,
    or while not all of it has been derived.
    """
    if known_at is not None:
        return None
    around = surroundings or Surroundings()
    reader = AsOfNow(connection, registry.parameters, period, around, days, of, works_of)
    return await reader.knowledge()


async def first_met(reader: AsKnown, ground: Ground, period: Period) -> dict[Sitting, FirstMet]:
    """Return where each person of a period is met first."""
    held = [occurrence.state for occurrence in ground.held(period.dates)]
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
