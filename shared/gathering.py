"""Many callers, one piece of work: what arrives while a batch is under way becomes the next one.

A lone caller waits for nobody; sixty at once share one transaction and one flush to disk (group
commit).
"""

import asyncio
import contextvars
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

Item = TypeVar("Item")
Answer = TypeVar("Answer")


class Gathering(Generic[Item, Answer]):
    """Gathers single items into batches of one function."""

    def __init__(
        self, work: Callable[[Sequence[Item]], Awaitable[Sequence[Answer]]], batch_max: int
    ) -> None:
        """Bind the work: it returns an answer for each item, in order."""
        self._work, self._batch_max = work, batch_max
        self._waiting: list[tuple[Item, asyncio.Future[Answer]]] = []
        self._working: asyncio.Task[None] | None = None

    async def take(self, item: Item) -> Answer:
        """Return the answer for one item once the batch it went into is done.

        Raises:
            Exception: as the work does; an error in a batch is found out one by one, so that it
                meets only the caller whose item it is.
        """
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, answer))
        if self._working is None:
            # A batch belongs to no single caller, nor to the trace of one.
            self._working = asyncio.create_task(self._run(), context=contextvars.Context())
        return await answer

    async def _run(self) -> None:
        try:
            while self._waiting:
                batch = self._waiting[: self._batch_max]
                del self._waiting[: self._batch_max]
                await self._answer(batch)
        finally:
            self._working = None

    async def _answer(self, batch: Sequence[tuple[Item, asyncio.Future[Answer]]]) -> None:
        try:
            answers = await self._work([item for item, _ in batch])
        except Exception as error:
            if len(batch) > 1:
                for each in batch:
                    await self._answer([each])
            elif not batch[0][1].done():
                batch[0][1].set_exception(error)
            return
        for (_, future), answer in zip(batch, answers, strict=True):
            if not future.done():  # its caller may have gone
                future.set_result(answer)
