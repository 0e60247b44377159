"""Streams read back into states, by the rules of their nouns; what was read once is kept.

A ledger is only ever added to, so a kept state is where reading starts: what stands behind its
version is read and folded on top, so that what another process added is never missed. Nothing is
kept before it is committed.
"""

from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import asyncpg

from shared.decider import Decider
from shared.queries import SHARED_QUERIES, Connection, Queries
from shared.recorded import facts_by_type, noun_of
from shared.upcasting import read

STATES_KEPT_MAX = 5_000

Versioned = tuple[int, Any]
"""How many facts a stream holds, and the state they lead to."""

NONE: Versioned = (0, None)


class Streams:
    """The streams of one ledger, folded by its own rules."""

    def __init__(
        self, pool: asyncpg.Pool, facts: Any, deciders: Mapping[str, Decider[Any]]
    ) -> None:
        """Bind a ledger and the rules of its nouns."""
        self._pool, self._facts, self._deciders = pool, facts_by_type(facts), deciders
        self._load = Queries(SHARED_QUERIES)["load_streams"]
        self._kept: OrderedDict[str, Versioned] = OrderedDict()

    async def states(self, streams: Sequence[str]) -> dict[str, Versioned]:
        """Return version and state of each stream that has facts."""
        async with self._pool.acquire() as connection:
            found = await self.load(connection, streams)
        return {stream: known for stream, known in found.items() if known[0]}

    async def load(self, connection: Connection, streams: Iterable[str]) -> dict[str, Versioned]:
        """Return version and state of each stream; version 0 and the initial one without facts."""
        wanted = dict.fromkeys(streams)
        found = await self._read(connection, {each: self._kept.get(each, NONE) for each in wanted})
        lost = [each for each in wanted if each in self._kept and each not in found]
        for stream in lost:
            # The ledger was put back to an older state: nothing kept is true any more.
            del self._kept[stream]
        if lost:
            found |= await self._read(connection, dict.fromkeys(lost, NONE))
        self.keep(found)
        return {stream: found.get(stream) or self._new(stream) for stream in wanted}

    async def _read(
        self, connection: Connection, kept: Mapping[str, Versioned]
    ) -> dict[str, Versioned]:
        after = [version for version, _ in kept.values()]
        found: dict[str, Versioned] = {}
        for row in await connection.fetch(self._load, list(kept), after):
            stream, data = row["stream"], row["data"]
            if data is None:
                found[stream] = kept[stream]
                continue
            _, state = found.get(stream) or self._new(stream)
            fact = read(self._facts, row["type"], data)
            found[stream] = row["version"], self._deciders[noun_of(stream)].evolve(state, fact)
        return found

    def keep(self, committed: Mapping[str, Versioned]) -> None:
        """Remember where streams stand, the least lately used forgotten first."""
        for stream, known in committed.items():
            if known[0] >= self._kept.get(stream, NONE)[0]:
                self._kept[stream] = known
                self._kept.move_to_end(stream)
        while len(self._kept) > STATES_KEPT_MAX:
            self._kept.popitem(last=False)

    def _new(self, stream: str) -> Versioned:
        return 0, self._deciders[noun_of(stream)].initial
