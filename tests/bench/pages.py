"""Reports over HTTP, as people and programs take them: made anew, taken again, followed live."""

import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx

from tests.bench.ours import DEADLINE_SECONDS, FOLLOWED, PERIODS
from tests.bench.stage import Stage
from tests.support.flow import PERIOD

LANGUAGES = ("en", "fr", "es")
READ_AGAIN = 6
"""So many are taken again and again: what most people read is the latest, in their language."""


@dataclass(frozen=True, slots=True)
class Rendering:
    """One form of a report.

    Args:
        name: what it is called.
        suffix: behind the name of the period, in its address.
        milliseconds_max: what it should take at the median.
    """

    name: str
    suffix: str
    milliseconds_max: float


JSON = Rendering("JSON", ".json", 50)
RENDERINGS = (
    Rendering("page", "", 50),
    Rendering("PDF", ".pdf", 500),
    Rendering("workbook", ".xlsx", 1_000),
)
"""What is made of a report that is counted already; the report itself is its JSON."""


@dataclass(frozen=True, slots=True)
class Taken:
    """Milliseconds of each answer: of those that had to be made, and of those made before."""

    anew: tuple[float, ...]
    again: tuple[float, ...]


async def counting(stage: Stage) -> Taken:
    """Return how long a report as JSON takes: the first of each period is counted from its rows."""
    async with _reader(stage) as reader:
        anew = [await _taken(reader, JSON, period, "en") for period in PERIODS]
        again = [
            await _taken(reader, JSON, PERIODS[-1 - number % READ_AGAIN], "en")
            for number in range(stage.scale.report_calls)
        ]
    return Taken(tuple(anew), tuple(again))


async def rendering(stage: Stage, form: Rendering) -> Taken:
    """Return how long one form of a report takes whose figures are counted already.

    Anew it is made once in each language; so it may be done once only on a running system.
    """
    every = [(period, language) for language in LANGUAGES for period in PERIODS]
    async with _reader(stage) as reader:
        for period in PERIODS:
            await _taken(reader, JSON, period, "en")
        anew = [await _taken(reader, form, *each) for each in every]
        again = [
            await _taken(reader, form, *every[-1 - number % READ_AGAIN])
            for number in range(stage.scale.report_calls)
        ]
    return Taken(tuple(anew), tuple(again))


@asynccontextmanager
async def following(stage: Stage) -> AsyncIterator[AsyncIterator[float]]:
    """Follow the cities of a period as an open page does: at once, and again when they moved."""
    async with (
        _reader(stage) as reader,
        reader.stream("GET", f"/reports/{PERIOD}/live", timeout=None) as answer,
    ):
        answer.raise_for_status()

        async def values() -> AsyncIterator[float]:
            async for line in answer.aiter_lines():
                if line.startswith("data: "):
                    yield json.loads(line.removeprefix("data: "))["figures"][FOLLOWED]["value"]

        yield values()


def _reader(stage: Stage) -> httpx.AsyncClient:
    token = stage.endpoints["tokens"]["viewer"]
    return httpx.AsyncClient(
        base_url=stage.endpoints["http"]["reporting"],
        headers={"Authorization": f"Bearer {token}"},
        timeout=DEADLINE_SECONDS,
    )


async def _taken(reader: httpx.AsyncClient, form: Rendering, period: str, language: str) -> float:
    started = time.perf_counter()
    answer = await reader.get(f"/reports/{period}{form.suffix}", params={"lang": language})
    milliseconds = 1_000 * (time.perf_counter() - started)
    answer.raise_for_status()
    return milliseconds
