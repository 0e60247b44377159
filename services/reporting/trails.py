"""Trails: from a figure down to the facts behind it, and from a fact or a city back up."""

from collections.abc import Mapping

import asyncpg

from services.reporting.domain.evidence import Evidence
from services.reporting.domain.registry import Registry
from services.reporting.reading import Inquiry, read_evidence
from services.reporting.reading.surroundings import Surroundings
from services.reporting.standing import Standing
from shared.access import Principal
from shared.clock import Clock
from shared.ledger import RemoteLedger

SEES_EVERYTHING = frozenset({"staff", "operator"})
"""Roles that see small counts of people and the facts that carry a person's key."""


def sees_everything(principal: Principal) -> bool:
    """Tell whether somebody sees small counts of people and facts about single ones."""
    return principal.role in SEES_EVERYTHING


class Trails:
    """Follows figures, cities, activities, resources and facts to each other."""

    def __init__(
        self,
        pool: asyncpg.Pool,
        registry: Registry,
        clock: Clock,
        standing: Standing,
        surroundings: Surroundings,
        ledgers: Mapping[str, RemoteLedger],
    ) -> None:
        """Bind the rows, the meaning of the figures, the time, what stands derived, the ledgers."""
        self._pool, self._registry, self._clock = pool, registry, clock
        self._standing, self._surroundings = standing, surroundings
        self._ledgers = ledgers

    async def evidence(self, inquiry: Inquiry) -> Evidence:
        """Return what a figure of a period counts, item by item, with the facts under each."""
        if inquiry.known_at is None:
            await self._standing.risen(self._standing.asked)
        async with self._pool.acquire() as connection:
            return await read_evidence(
                connection, self._registry, inquiry, self._clock(), self._surroundings
            )
