"""Whoever was erased stays erased, whatever backup is brought back.

The ledger says who was erased, by key, and so does a file beside the database (TANDEM_ERASED_FILE),
which an older database does not bring back. At its start, events makes both say the same, and the
vault forget all of them.
"""

import asyncio
import logging
from datetime import datetime
from pathlib import Path

import asyncpg

from services.events.vault import Vault
from shared.clock import Clock
from shared.contracts.messages.events import ErasePerson
from shared.database import TRANSIENT
from shared.draft import Task
from shared.erasing.erased import add_erased, erased_in
from shared.execute import Executor, command_of
from shared.queries import Queries
from shared.sift import own

logger = logging.getLogger(__name__)

SELF = "events"
PAUSE_SECONDS = 1.0

PASSING: tuple[type[BaseException], ...] = (*TRANSIENT, asyncpg.PostgresError)
"""Errors after which the list is written again."""


class Forgotten:
    """The keys of everybody who was erased, in the ledger and in a file."""

    def __init__(
        self,
        pool: asyncpg.Pool,
        queries: Queries,
        vault: Vault,
        executor: Executor,
        file: Path | None,
        clock: Clock,
    ) -> None:
        """Bind both places; without a file the ledger alone remembers."""
        self._pool, self._queries, self._vault, self._executor = pool, queries, vault, executor
        self._file, self._clock = file, clock
        self._recorded = asyncio.Event()

    def wake(self) -> None:
        """Say that facts were recorded, among them perhaps that somebody was erased."""
        self._recorded.set()

    async def reapply(self) -> int:
        """Forget again whom a backup brought back, and return how many there were."""
        in_ledger, in_file = await self._in_ledger(), erased_in(self._file)
        brought_back = sorted(in_file.keys() - in_ledger.keys())
        now = self._clock()
        tasks = []
        for key in brought_back:
            said = own(ErasePerson(person=key), SELF, f"erased-{key}", now)
            tasks.append(Task(said, command_of(said, now)))
        if tasks:
            await self._executor.execute(tasks)
        again = await self._vault.forget([*in_ledger, *brought_back])
        if brought_back or again:
            logger.warning(
                "people who were erased had come back, and are erased again",
                extra={"count": max(len(brought_back), again)},
            )
        news = {key: at for key, at in in_ledger.items() if key not in in_file}
        add_erased(self._file, news)
        return max(len(brought_back), again)

    async def keep_for_ever(self) -> None:
        """Write down who is erased as it happens, until cancelled."""
        while True:
            await self._recorded.wait()
            self._recorded.clear()
            try:
                known = erased_in(self._file)
                told = await self._in_ledger()
                news = {key: at for key, at in told.items() if key not in known}
                add_erased(self._file, news)
            except PASSING as error:
                logger.warning("the list of the erased waits: %s", error or type(error).__name__)
                self._recorded.set()
            await asyncio.sleep(PAUSE_SECONDS)

    async def _in_ledger(self) -> dict[str, datetime]:
        async with self._pool.acquire() as connection:
            rows = await connection.fetch(self._queries["erased_people"])
        return {row["person"]: row["erased_at"] for row in rows}
