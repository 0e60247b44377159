"""Reading why a city is counted in a period, or is not, with the facts under each reason."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from services.reporting.domain.absence import Explanation, Reason, Trace, explain
from services.reporting.domain.dates import FOREVER, Dates
from services.reporting.domain.evidence import Contribution, Item
from services.reporting.domain.ground import Ground
from services.reporting.domain.knowledge import Sitting
from services.reporting.domain.occurrences import start_of
from services.reporting.domain.period import Period, quarter_of
from services.reporting.domain.registry import Registry
from services.reporting.domain.touches import Touch, Way
from services.reporting.reading import rows
from services.reporting.reading.as_known import AsKnown
from services.reporting.reading.evidence import facts_under, standing
from services.reporting.reading.report import begun
from services.reporting.reading.surroundings import Surroundings
from services.reporting.reading.tables import QUERIES, snapshot
from shared.queries import Connection


@dataclass(frozen=True)
class Explained:
    """An explanation with the facts under each touch that counts and each reason that does not."""

    explanation: Explanation
    ground: Ground
    known_at: datetime
    under_touches: Sequence[Sequence[Contribution]]
    under_reasons: Sequence[Sequence[Contribution]]


async def read_absence(
    connection: Connection,
    registry: Registry,
    period: Period,
    city_id: str,
    now: datetime,
    known_at: datetime | None = None,
    surroundings: Surroundings | None = None,
) -> Explained:
    """Return why a city is counted as engaged in a period, or is not.

    It costs the people of the period's sittings, as evidence of distinct people does.

    Raises:
        FuturePeriod: the period has not begun at that moment.
    """
    moment = known_at or now
    begun(period, moment)
    async with snapshot(connection):
        reader = AsKnown(connection, registry.parameters, period, known_at or FOREVER)
        ground, pointers = await ground_of_city(
            reader, registry, period.dates, city_id, known_at, surroundings
        )
        latest = quarter_of(moment.date())
        lately = AsKnown(connection, registry.parameters, latest, known_at or FOREVER)
        until_now, _ = await ground_of_city(
            lately, registry, period.dates, city_id, known_at, surroundings
        )
        await connection.execute(QUERIES["rows_by_key"])
        traces = await _traces(reader, ground, pointers)
        lineage = ground.cities.lineage(city_id)
        elsewhere = [
            touch.on for touch in (*ground.touches, *until_now.touches) if touch.lineage == lineage
        ]
        explanation = await asyncio.to_thread(explain, ground, period, city_id, traces, elsewhere)
        items = [_item([touch], lineage) for touch in explanation.counted_by]
        kept_out = [_item(_stands_on(reason, lineage), lineage) for reason in explanation.reasons]
        facts = await facts_under(reader, [*items, *kept_out], ground, period.dates)
    return Explained(
        explanation=explanation,
        ground=ground,
        known_at=moment,
        under_touches=[facts[id(item)] for item in items],
        under_reasons=[facts[id(item)] for item in kept_out],
    )


async def ground_of_city(
    reader: AsKnown,
    registry: Registry,
    days: Dates,
    city_id: str,
    known_at: datetime | None,
    surroundings: Surroundings | None,
) -> tuple[Ground, frozenset[str]]:
    """Return the ground of a period with the sittings of one city one by one, and its pointers."""
    connection, period = reader.connection, reader.period
    span = period.span(registry.parameters.partnership_epoch)

    async def ground_with(of: frozenset[str]) -> Ground | None:
        known = await standing(connection, registry, period, days, surroundings, known_at, of)
        return None if known is None else Ground(known, registry)

    together = await ground_with(frozenset())
    if together is None:
        counted = Ground(await reader.knowledge(), registry)
        return counted, _pointers(counted, city_id, span)
    pointers = _pointers(together, city_id, span)
    return await ground_with(pointers) or together, pointers


def _pointers(ground: Ground, city_id: str, span: Dates) -> frozenset[str]:
    return ground.cities.pointers(ground.cities.lineage(city_id), span) | {city_id}


async def _traces(
    reader: AsKnown, ground: Ground, pointers: frozenset[str]
) -> dict[Sitting, Trace]:
    """Return how a city appears at the occurrences of the period."""
    states = [occurrence.state for occurrence in ground.within(reader.period.dates)]
    keys = rows.columns([state.sitting for state in states], 2)
    own = sorted(pointers)
    roles: dict[Sitting, frozenset[str]] = {}
    late: set[Sitting] = set()
    for row in await reader.of_people("city_at_sittings", states, own):
        sitting = states[row["number"] - 1].sitting
        roles[sitting] = frozenset(row["roles"])
        if row["late"]:
            late.add(sitting)
    starts = [start_of(state) for state in states]
    registered = {
        states[row["number"] - 1].sitting
        for row in await reader.fetch("city_registered_at", *keys, starts, own)
    }
    named = {
        (row["activity_id"], row["occurrence"])
        for row in await reader.fetch("city_named_at", *keys, own)
    }
    return {
        sitting: Trace(
            roles=roles.get(sitting, frozenset()),
            late=sitting in late,
            registered=sitting in registered,
            named=sitting in named,
        )
        for sitting in roles.keys() | registered | named
    }


def _stands_on(reason: Reason, lineage: str) -> list[Touch]:
    """Return what a reason is about as touches, so that its facts are found like theirs."""
    anywhen = Dates(FOREVER.date(), FOREVER.date())
    if reason.sitting is not None:
        return [Touch(lineage, lineage, Way.NAMED, anywhen, sitting=reason.sitting)]
    if reason.resource_id is not None:
        return [Touch(lineage, lineage, Way.DELIVERED, anywhen, resource_id=reason.resource_id)]
    return []


def _item(touches: Sequence[Touch], lineage: str) -> Item:
    return Item(key="", said={}, counted=0, touches=tuple(touches), lineage=lineage)
