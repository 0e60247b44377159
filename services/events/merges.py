"""What people said of things that look alike, and the people about whom nobody was asked yet.

That two keys carry one name and one organisation is told; the name and the organisation are not.
"""

from collections.abc import Sequence

import asyncpg

from shared.contracts.messages.events import MergeActivity, MergePerson
from shared.contracts.values import Message
from shared.errors import NotFound, Refused
from shared.queries import Queries

ACTIVITIES, PEOPLE = "activities", "people"


class Merges:
    """The answers so far, as the service's own tables hold them."""

    def __init__(self, pool: asyncpg.Pool, queries: Queries) -> None:
        """Bind the tables."""
        self._pool, self._queries = pool, queries

    async def require_possible(self, message: Message) -> None:
        """Make sure that a merge speaks of two that are known, and closes no circle.

        Raises:
            NotFound: one of them is not known.
            Refused: the other one counts as this one already.
        """
        match message:
            case MergeActivity():
                await self._require(
                    ACTIVITIES, "activities_known", message.activity_id, message.into
                )
            case MergePerson():
                await self._require(PEOPLE, "people_known", message.person, message.into)
            case _:
                return

    async def _require(self, kind: str, known: str, id_: str, into: str) -> None:
        found = {row["id"] for row in await self._fetch(known, [id_, into])}
        for each in (id_, into):
            if each not in found:
                raise NotFound(f"of {kind}, none is known as {each!r}")
        chain = {row["id"] for row in await self._fetch("counted_as", kind, into)}
        if id_ in chain:
            raise Refused(f"{into} counts as {id_} already: unmerge that first")

    async def namesakes(self, after: str, size: int) -> Sequence[asyncpg.Record]:
        """Return pairs of keys with one name and organisation, behind a key."""
        return await self._fetch("namesakes", after, size)

    async def merged(self, kind: str, id_: str, size: int) -> Sequence[asyncpg.Record]:
        """Return what counts as another one, behind one of them."""
        return await self._fetch("merge_page", kind, id_, size)

    async def dismissed(
        self, kind: str, first: str, second: str, size: int
    ) -> Sequence[asyncpg.Record]:
        """Return which were said to be two, behind a pair."""
        return await self._fetch("dismissal_page", kind, first, second, size)

    async def _fetch(self, query: str, *arguments: object) -> list[asyncpg.Record]:
        async with self._pool.acquire() as connection:
            rows: list[asyncpg.Record] = await connection.fetch(self._queries[query], *arguments)
            return rows
