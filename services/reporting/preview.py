"""What facts would change in which figures: their rows are written, counted, and taken back.

The rows stand under versions that no ledger reaches, in a transaction that ends in a rollback. So
a projector that writes the same facts meanwhile meets none of their keys, waits for nobody, and
nobody ever sees them. Rows are all that is written: what is counted beside them in place would be
locked. Figures are counted as those known at a moment are, from the rows, by the same statements.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import uuid4

import asyncpg
from pydantic import ValidationError
from tandem.ledger.v1 import ledger_pb2

from services.reporting.domain.dates import FOREVER
from services.reporting.domain.difference import Difference, differences
from services.reporting.domain.period import Period
from services.reporting.domain.registry import Registry
from services.reporting.projections import project
from services.reporting.reading import QUERIES, read_periods
from services.reporting.reading.as_known import AsKnown
from services.reporting.reading.records import Records
from services.reporting.reading.report import composed
from services.reporting.reading.surroundings import Surroundings
from shared.clock import Clock
from shared.contracts.events import EventsEvent
from shared.contracts.membership import MembershipEvent
from shared.contracts.resources import ResourcesEvent
from shared.errors import InvalidData, Overloaded, Violation, violations_of
from shared.ledger import instant
from shared.projector import fact_row
from shared.queries import Connection, Row, run
from shared.recorded import Recorded, facts_by_type
from shared.upcasting import UnknownType, read

FACTS = {"membership": MembershipEvent, "events": EventsEvent, "resources": ResourcesEvent}
PREVIEW_FACTS_MAX = 1000
PERIODS_MAX = 4
PREVIEW_SECONDS_MAX = 10
VERSIONS_AHEAD = 1_000_000_000
"""Added to the version of a fact that is only looked at: no stream ever grows so long."""


@dataclass(frozen=True, slots=True)
class Effect:
    """The cells that would change, by quarter, the latest first; and quarters not counted."""

    changes: Mapping[Period, Sequence[Difference]]
    left_out: Sequence[Period]


class Preview:
    """Counts what is not recorded yet."""

    def __init__(
        self, pool: asyncpg.Pool, registry: Registry, clock: Clock, surroundings: Surroundings
    ) -> None:
        """Bind the rows and the meaning of the figures."""
        self._pool, self._registry, self._clock = pool, registry, clock
        self._surroundings = surroundings
        self._looking = asyncio.Lock()

    async def effect_of(self, facts: Sequence[Recorded]) -> Effect:
        """Return what some facts would change, one caller after the other.

        A fact that tells no date, as of a city, is looked at in the latest quarters there are.

        Raises:
            Overloaded: it takes longer than PREVIEW_SECONDS_MAX for a statement.
        """
        ahead = [replace(fact, version=fact.version + VERSIONS_AHEAD) for fact in facts]
        async with self._looking, self._pool.acquire() as connection:
            transaction = connection.transaction(isolation="repeatable_read")
            await transaction.start()
            try:
                await connection.execute(QUERIES["hold_tables"])
                await connection.execute(QUERIES["more_memory"])
                await connection.fetch(QUERIES["not_for_long"], f"{PREVIEW_SECONDS_MAX}s")
                return await self._effect(connection, ahead)
            except asyncpg.QueryCanceledError:
                raise Overloaded(
                    f"what would change cannot be counted within {PREVIEW_SECONDS_MAX} s"
                ) from None
            finally:
                await transaction.rollback()

    async def _effect(self, connection: Connection, facts: Sequence[Recorded]) -> Effect:
        touched = await self._quarters(connection, facts)
        written = connection.transaction()
        await written.start()
        writes = [write for fact in facts for write in (fact_row(fact), *project(fact))]
        await run(connection, QUERIES, [write for write in writes if isinstance(write, Row)])
        touched |= await self._quarters(connection, facts)
        quarters = sorted(touched, key=lambda quarter: quarter.dates, reverse=True)
        if not quarters and facts:
            quarters = await read_periods(connection, self._clock())
        wanted, left_out = quarters[:PERIODS_MAX], quarters[PERIODS_MAX:]
        after = [await self._document(connection, quarter) for quarter in wanted]
        await written.rollback()
        before = [await self._document(connection, quarter) for quarter in wanted]
        changes = [differences(*pair) for pair in zip(before, after, strict=True)]
        return Effect(dict(zip(wanted, changes, strict=True)), left_out)

    async def _quarters(self, connection: Connection, facts: Sequence[Recorded]) -> set[Period]:
        """Return the quarters that have begun and in which what facts speak of lies."""
        today = self._clock().date()
        records = Records(connection, self._registry, today, self._surroundings, {})
        spoken_of = {_dated(fact): fact.fact.model_dump(mode="json") for fact in facts}
        return {
            quarter
            for payload in spoken_of.values()
            for quarter in await records.quarters_of(payload)
            if quarter.dates.first <= today
        }

    async def _document(self, connection: Connection, period: Period) -> Mapping[str, Any]:
        known = await AsKnown(connection, self._registry.parameters, period, FOREVER).knowledge()
        moment = self._clock()
        return await asyncio.to_thread(
            lambda: composed(known, self._registry, period, moment, whole=True).to_json()
        )


def _dated(fact: Recorded) -> tuple[str, ...]:
    """Return what tells when something lies that a fact speaks of: one look-up is enough for it."""
    said = fact.fact.model_dump(include={"activity_id", "occurrence", "on", "at"})
    return (fact.stream if not said else "", *map(str, said.values()))


def previewed(ledger: str, facts: Sequence[ledger_pb2.LedgerFact]) -> list[Recorded]:
    """Return facts that a caller would have recorded.

    Raises:
        InvalidData: one is none of that ledger's.
    """
    if ledger not in FACTS:
        raise InvalidData([Violation("ledger", f"is one of {', '.join(FACTS)}")])
    return [_previewed(ledger, fact, number) for number, fact in enumerate(facts)]


def _previewed(ledger: str, fact: ledger_pb2.LedgerFact, number: int) -> Recorded:
    try:
        said = read(facts_by_type(FACTS[ledger]), fact.type, fact.data)
    except UnknownType as error:
        raise InvalidData([Violation(f"facts.{number}.type", str(error))]) from None
    except ValidationError as error:
        raise InvalidData(violations_of(error, f"facts.{number}.data")) from None
    if not 0 < fact.version < VERSIONS_AHEAD:
        raise InvalidData([Violation(f"facts.{number}.version", "is not one of a stream")])
    return Recorded(
        ledger=ledger,
        stream=fact.stream,
        version=fact.version,
        position=0,
        fact_id=uuid4(),
        fact=said,
        occurred_at=instant(fact.occurred_at),
        recorded_at=instant(fact.recorded_at),
        source=fact.source,
        source_id=fact.source_id,
    )
