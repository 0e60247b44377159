"""Sessions that browsers have ended, in a table: a copied cookie opens nothing after a restart."""

from datetime import datetime
from pathlib import Path

import asyncpg

from shared.queries import Queries

QUERIES = Queries(Path(__file__).with_name("queries.sql"))


class Endings:
    """What was ended, for every process that serves the pages of a service."""

    def __init__(self, store: asyncpg.Pool) -> None:
        """Bind the tables that hold `ended_session`."""
        self._store = store

    async def add(self, session: bytes, now: datetime, until: datetime) -> None:
        """Remember that a session was ended, and forget those whose hours are over."""
        async with self._store.acquire() as connection, connection.transaction():
            await connection.execute(QUERIES["forget_ended_sessions"], now)
            await connection.execute(QUERIES["end_session"], session, until)

    async def hold(self, session: bytes) -> bool:
        """Tell whether a session was ended."""
        return bool(await self._store.fetchval(QUERIES["session_ended"], session))
