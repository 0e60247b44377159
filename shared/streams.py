"""Streams read back into states, for the queries that show one thing as it stands now."""

from collections.abc import Mapping, Sequence
from typing import Any

import asyncpg

from shared.decider import Decider
from shared.execute import SHARED_QUERIES
from shared.queries import Queries
from shared.recorded import facts_by_type, noun_of
from shared.upcasting import read


class Streams:
    """The streams of one ledger, folded by its own rules."""

    def __init__(
        self, pool: asyncpg.Pool, facts: Any, deciders: Mapping[str, Decider[Any]]
    ) -> None:
        """Bind a ledger and the rules of its nouns."""
        self._pool, self._facts, self._deciders = pool, facts_by_type(facts), deciders
        self._queries = Queries(SHARED_QUERIES)

    async def states(self, streams: Sequence[str]) -> dict[str, tuple[int, Any]]:
        """Return version and state of each stream that has facts."""
        async with self._pool.acquire() as connection:
            rows = await connection.fetch(self._queries["load_streams"], list(streams))
        states: dict[str, tuple[int, Any]] = {}
        for row in rows:
            decider = self._deciders[noun_of(row["stream"])]
            _, state = states.get(row["stream"], (0, decider.initial))
            fact = read(self._facts, row["type"], row["data"])
            states[row["stream"]] = row["version"], decider.evolve(state, fact)
        return states
