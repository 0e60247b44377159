"""What comes while a batch is under way becomes the next one; an error meets its own caller."""

import asyncio
from collections.abc import Sequence
from contextvars import ContextVar

import pytest

from shared.gathering import Gathering

WHO: ContextVar[str] = ContextVar("who", default="nobody")


class Work:
    """Doubles numbers once it is let, and remembers in which batches they came."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.callers: list[str] = []
        self.begun, self.may_end = asyncio.Event(), asyncio.Event()

    async def __call__(self, items: Sequence[int]) -> list[int]:
        self.batches.append(list(items))
        self.callers.append(WHO.get())
        self.begun.set()
        await self.may_end.wait()
        if 13 in items:
            raise ValueError("13 is not taken")
        return [2 * item for item in items]


async def test_a_lone_caller_waits_for_nobody() -> None:
    work = Work()
    work.may_end.set()
    assert await Gathering(work, 10).take(4) == 8
    assert work.batches == [[4]]


async def test_what_comes_while_a_batch_is_under_way_goes_together_within_the_limit() -> None:
    work = Work()
    gathering = Gathering(work, 3)
    first = asyncio.create_task(gathering.take(0))
    await work.begun.wait()
    others = [asyncio.create_task(gathering.take(n)) for n in range(1, 6)]
    await asyncio.sleep(0)
    work.may_end.set()
    assert await asyncio.gather(first, *others) == [0, 2, 4, 6, 8, 10]
    assert work.batches == [[0], [1, 2, 3], [4, 5]]


async def test_an_error_meets_only_the_caller_whose_item_it_is() -> None:
    work = Work()
    work.may_end.set()
    gathering = Gathering(work, 10)
    answers = await asyncio.gather(*(gathering.take(n) for n in (1, 13, 2)), return_exceptions=True)
    assert [answers[0], answers[2]] == [2, 4]
    assert isinstance(answers[1], ValueError)
    assert await gathering.take(3) == 6


async def test_a_caller_that_goes_away_leaves_the_others_their_answers() -> None:
    work = Work()
    gathering = Gathering(work, 10)
    gone, staying = (asyncio.create_task(gathering.take(n)) for n in (1, 2))
    await work.begun.wait()
    gone.cancel()
    work.may_end.set()
    assert await staying == 4
    with pytest.raises(asyncio.CancelledError):
        await gone


async def test_a_batch_belongs_to_no_single_caller() -> None:
    work = Work()
    work.may_end.set()
    WHO.set("somebody")
    await Gathering(work, 10).take(1)
    assert work.callers == ["nobody"]
