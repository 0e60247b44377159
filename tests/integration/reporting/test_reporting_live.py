"""Figures that move: what is sent, when nothing happens, and how it ends."""

import asyncio
import json
from collections.abc import AsyncIterator

import pytest
from reporting_book import golden_quarter
from reporting_desk import Desk

from services.reporting.domain.period import parse_period
from services.reporting.presentation.language import language_of
from services.reporting.web import live

SECONDS_MAX = 30.0
QUARTER = parse_period("2024-Q1")


@pytest.fixture
def stopped() -> asyncio.Event:
    return asyncio.Event()


@pytest.fixture
def revoked() -> asyncio.Event:
    return asyncio.Event()


@pytest.fixture
async def events(desk: Desk, stopped: asyncio.Event, revoked: asyncio.Event) -> AsyncIterator[str]:
    await desk.given(golden_quarter())
    french = language_of("fr")

    async def admitted() -> bool:
        return not revoked.is_set()

    return live._events(desk.reports, QUARTER, french, stopped, admitted)


async def following(events: AsyncIterator[str]) -> str:
    """Return the next thing that is said."""
    return await asyncio.wait_for(anext(events), SECONDS_MAX)


async def test_who_opens_a_stream_hears_how_the_figures_stand(
    events: AsyncIterator[str], desk: Desk
) -> None:
    assert await following(events) == "retry: 2000\n\n"
    head, _, data = (await following(events)).partition("data: ")

    said = json.loads(data)
    report = await desk.reports.report(QUARTER, whole=True)
    assert head == f"id: {report.state}\nevent: figures\n"
    assert said["state"] == report.state
    assert said["figures"]["cities_engaged"] == {"value": 5, "status": "A"}
    assert said["texts"]["cities_engaged.told"] == "Villes mobilisées : 5 villes"


async def test_a_quiet_stream_says_that_it_is_there(
    events: AsyncIterator[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    await following(events)
    await following(events)
    monkeypatch.setattr(live, "HEARTBEAT_SECONDS", 0.01)

    assert (await following(events)).startswith(":")


async def test_a_stream_ends_with_the_service_and_watches_no_more(
    events: AsyncIterator[str], stopped: asyncio.Event, desk: Desk
) -> None:
    await following(events)
    await following(events)
    assert [wanted.period for wanted in desk.reports.watched()] == [QUARTER]
    stopped.set()

    with pytest.raises(StopAsyncIteration):
        await following(events)
    assert desk.reports.watched() == []


async def test_a_stream_ends_with_the_token_it_was_opened_with(
    events: AsyncIterator[str],
    revoked: asyncio.Event,
    desk: Desk,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await following(events)
    await following(events)
    monkeypatch.setattr(live, "HEARTBEAT_SECONDS", 0.01)
    revoked.set()

    with pytest.raises(StopAsyncIteration):
        await following(events)
    assert desk.reports.watched() == []
