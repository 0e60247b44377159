"""Rejected and waiting messages: a person is taken out of them, and the rest stays.

Runs under the role that owns the tables; the service itself may add rejected messages and look at
them, and no more.
"""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID

import asyncpg

from shared.database import PAGE_BYTES_MAX
from shared.erasing.sought import Message, Sought
from shared.queries import Queries

QUERIES = Path(__file__).with_name("queries.sql")
PAGE_MESSAGES = 500
PAGE_IDS = 10_000


class Kept:
    """The messages that one service keeps."""

    def __init__(self, connection: asyncpg.Connection) -> None:
        """Take a connection of the role that owns the tables."""
        self._connection, self._queries = connection, Queries(QUERIES)

    async def learn(self, sought: Sought) -> None:
        """Look through everything once, and learn by what words the person is named."""
        async for row in self._rejected():
            sought.named_by(_message(row))
        async for row in self._waiting():
            sought.named_by(_message(row))

    async def erase_rejected(self, sought: Sought) -> int:
        """Take the person out of rejected messages, and return of how many."""
        changed = 0
        async for row in self._rejected():
            message = _message(row)
            noted = [row["id"], row["type"], row["detail"], row["violations"]]
            told = any(sought.found_in(text.encode()) for text in noted if text is not None)
            if not sought.named_by(message) and not told:
                continue
            cleaned = sought.without(message)
            violations = [
                {name: _cleaned(sought, text) for name, text in each.items()}
                for each in json.loads(row["violations"])
            ]
            after = (
                _unless_named(sought, row["id"]),
                _unless_named(sought, row["type"]),
                sought.cleaned(row["detail"]),
                json.dumps(violations),
                cleaned.subject,
                json.dumps(cleaned.headers),
                cleaned.body,
            )
            await self._connection.execute(
                self._queries["rewrite_rejected"], row["rejection_id"], *after
            )
            changed += 1
        return changed

    async def erase_waiting(self, sought: Sought) -> int:
        """Take the person out of waiting messages, and return of how many.

        They will count as somebody whom nobody knows.
        """
        changed = 0
        async for row in self._waiting():
            message = _message(row)
            if not sought.named_by(message):
                continue
            cleaned = sought.without(message, counts=True)
            await self._connection.execute(
                self._queries["rewrite_waiting"],
                row["source"],
                row["id"],
                json.dumps(cleaned.headers),
                cleaned.body,
            )
            changed += 1
        return changed

    async def ids_naming(self, sought: Sought) -> int:
        """Return how many messages carry the person's words in the id their sender gave them."""
        count = 0
        after = ("", "")
        while rows := await self._connection.fetch(
            self._queries["ids_of_messages"], *after, PAGE_IDS
        ):
            count += sum(bool(sought.found_in(row["id"].encode())) for row in rows)
            after = (rows[-1]["source"], rows[-1]["id"])
        return count

    async def _rejected(self) -> AsyncIterator[asyncpg.Record]:
        after = UUID(int=0)
        while rows := await self._connection.fetch(
            self._queries["rejected_after"], after, PAGE_MESSAGES, PAGE_BYTES_MAX
        ):
            for row in rows:
                yield row
            after = rows[-1]["rejection_id"]

    async def _waiting(self) -> AsyncIterator[asyncpg.Record]:
        after = ("", "")
        while rows := await self._connection.fetch(
            self._queries["waiting_after"], *after, PAGE_MESSAGES, PAGE_BYTES_MAX
        ):
            for row in rows:
                yield row
            after = (rows[-1]["source"], rows[-1]["id"])


def _message(row: asyncpg.Record) -> Message:
    return Message(row["source"], row["subject"], json.loads(row["headers"]), row["body"])


def _unless_named(sought: Sought, text: str | None) -> str | None:
    return None if text is not None and sought.found_in(text.encode()) else text


def _cleaned(sought: Sought, text: object) -> object:
    return sought.cleaned(text) if isinstance(text, str) else text
