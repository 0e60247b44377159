"""What comes to nothing is tried again, with growing pauses, for as long as there is patience."""

import asyncio
import random

import pytest

from shared.client import Unreachable
from shared.client.retrying import TryAgain, until_done


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses that were made; none takes any time."""
    made: list[float] = []

    async def pause(seconds: float) -> None:
        made.append(seconds)

    monkeypatch.setattr(asyncio, "sleep", pause)
    monkeypatch.setattr(random, "uniform", lambda low, high: high)
    return made


class Attempts:
    """Fails so often, then succeeds."""

    def __init__(self, *hindrances: TryAgain) -> None:
        self.hindrances = list(hindrances)

    async def __call__(self) -> str:
        if self.hindrances:
            raise self.hindrances.pop(0)
        return "done"


async def test_what_succeeds_at_once_makes_no_pause(pauses: list[float]) -> None:
    assert await until_done(Attempts(), 1.0) == "done"
    assert pauses == []


async def test_pauses_double_up_to_a_limit(pauses: list[float]) -> None:
    assert await until_done(Attempts(*[TryAgain("no")] * 8), None) == "done"
    assert pauses == [0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 5.0, 5.0]


async def test_the_other_side_may_ask_for_a_longer_pause(pauses: list[float]) -> None:
    assert await until_done(Attempts(TryAgain("busy", 7.0)), None) == "done"
    assert pauses == [7.0]


async def test_patience_ends_with_the_last_hindrance_named(pauses: list[float]) -> None:
    with pytest.raises(Unreachable, match="the broker is away"):
        await until_done(Attempts(*[TryAgain("the broker is away", 2.0)] * 5), 1.0)
    assert pauses == []
