"""Reports are kept, and still exact: a read waits for what was projected before it."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from reporting_book import Book, golden_quarter
from reporting_desk import NOW, Desk

from services.reporting import reports as module
from services.reporting import standing as standing_module
from services.reporting.domain.period import parse_period
from services.reporting.kept import Composed
from services.reporting.projections import project
from services.reporting.projections.stale import stale
from services.reporting.reading import QUERIES, load_registry
from services.reporting.reports import Reports
from services.reporting.standing import Standing
from shared.contracts.events import EventsEvent
from shared.contracts.membership import MembershipEvent
from shared.contracts.resources import ResourcesEvent
from shared.projector import Projector
from shared.recorded import Recorded
from tests.support.settling import SECONDS_MAX, until

PERIOD = parse_period("2024-Q1")


def engaged(report: Composed) -> float:
    return report.message.figures["cities_engaged"].value


async def project_only(desk: Desk, facts: list[Recorded]) -> None:
    """Project facts as the service does, and derive nothing yet."""
    every = MembershipEvent | EventsEvent | ResourcesEvent
    await Projector(desk.pool, every, project, QUERIES, {}, stale=stale).apply(facts)
    desk.standing.marked()


def all_but_the_late_file() -> tuple[list[Recorded], list[Recorded]]:
    facts = golden_quarter().facts
    return facts[:-1], facts[-1:]


async def test_a_report_is_composed_once_until_facts_come(desk: Desk) -> None:
    before, late = all_but_the_late_file()
    await desk.take(*before)

    first, second = await asyncio.gather(desk.reports.report(PERIOD), desk.reports.report(PERIOD))
    await desk.take(*late)
    third = await desk.reports.report(PERIOD)

    assert first is second
    assert (engaged(first), engaged(third)) == (4, 5)


async def test_a_read_waits_for_what_was_projected_before_it(desk: Desk) -> None:
    before, late = all_but_the_late_file()
    await desk.take(*before)
    await desk.reports.report(PERIOD)

    await project_only(desk, late)
    reading = asyncio.create_task(desk.reports.report(PERIOD))
    done, _ = await asyncio.wait([reading], timeout=0.1)
    assert not done
    await desk.standing.derive_all()

    assert engaged(await reading) == 5


async def test_in_a_flow_of_facts_the_newest_there_is_tells_how_far_it_is(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, late = all_but_the_late_file()
    await desk.take(*before)
    kept = await desk.reports.report(PERIOD)
    monkeypatch.setattr(module, "FLOW_SECONDS", -1.0)

    await project_only(desk, late)
    given = await desk.reports.report(PERIOD)

    assert given is kept
    events = sum(fact.ledger == "events" for fact in before)
    assert given.message.provenance.ledgers["events"] == events
    assert given.message.data_to == "2024-04-01T06:00:00Z"
    monkeypatch.setattr(module, "BEHIND_SECONDS_MAX", 0.0)
    await desk.standing.derive_all()
    assert engaged(await desk.reports.report(PERIOD)) == 5


async def test_a_read_does_not_wait_while_the_deriver_rests_between_facts(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    class AmidAFlow(Standing):
        async def derive_all(self) -> None:
            await super().derive_all()
            self.marked()

    monkeypatch.setattr(standing_module, "REST_PER_WORK", 1e9)
    monkeypatch.setattr(standing_module, "REST_SECONDS_MAX", 3600.0)
    before, late = all_but_the_late_file()
    await desk.take(*before)
    standing = AmidAFlow(desk.pool, desk.registry.parameters)
    reports = Reports(desk.pool, load_registry(), lambda: NOW, standing)
    deriving = asyncio.create_task(standing.run())
    await standing.higher_than(-1)
    await project_only(desk, late)
    standing.marked()

    assert engaged(await reports.report(PERIOD)) == 5
    deriving.cancel()


async def test_what_takes_long_to_derive_is_waited_for_no_longer_than_the_limit(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, late = all_but_the_late_file()
    await desk.take(*before)
    killed = Standing(desk.pool, desk.registry.parameters)
    reports = Reports(desk.pool, load_registry(), lambda: NOW, killed)
    await project_only(desk, late)
    killed.marked()
    monkeypatch.setattr(standing_module, "RISEN_SECONDS_MAX", 0.1)

    given = await asyncio.wait_for(reports.report(PERIOD), SECONDS_MAX)

    assert engaged(given) == 4
    events = sum(fact.ledger == "events" for fact in before)
    assert given.message.provenance.ledgers["events"] == events
    await killed.derive_all()
    assert engaged(await reports.report(PERIOD)) == 5


class SlowTogether(Standing):
    """Derives each sitting by itself, and never two in the time that a statement is given."""

    failures = 0

    async def _derive(self, connection: Any, sittings: Sequence[Any]) -> None:
        if len(sittings) > 1:
            self.failures += 1
            raise TimeoutError
        await super()._derive(connection, sittings)


async def test_sittings_that_take_too_long_together_are_derived_one_by_one(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    await desk.take(*golden_quarter().facts)
    once = await desk.derived()
    await desk.pool.execute(QUERIES["mark_everything_stale"])
    monkeypatch.setattr(standing_module, "RETRY_SECONDS", 0.0)
    slow = SlowTogether(desk.pool, desk.registry.parameters)

    running = asyncio.create_task(slow.run())
    await until(lambda: nothing_stale(desk), "everything derived", 30)
    running.cancel()

    assert slow.failures > 0
    assert await desk.derived() == once


async def nothing_stale(desk: Desk) -> bool:
    return not await desk.pool.fetchval("select exists (select from stale)")


async def test_whoever_watches_is_told_when_a_figure_moves_and_not_otherwise(desk: Desk) -> None:
    before, late = all_but_the_late_file()
    await desk.take(*before)
    refreshing = asyncio.create_task(desk.reports.refresh_watched())
    watching = desk.reports.watch(PERIOD)

    first = await anext(watching)
    following = asyncio.ensure_future(anext(watching))
    await desk.take(*Book().city("nowhere-else").facts)
    await desk.take(*late)
    moved = await asyncio.wait_for(following, SECONDS_MAX)

    assert (engaged(first), engaged(moved)) == (4, 5)
    refreshing.cancel()


async def test_what_another_replica_projected_and_derived_is_seen(desk: Desk) -> None:
    before, late = all_but_the_late_file()
    await desk.take(*before)
    standing = Standing(desk.pool, desk.registry.parameters)
    replica = Reports(desk.pool, load_registry(), lambda: NOW, standing)
    await standing.derive_all()
    assert engaged(await replica.report(PERIOD)) == 4

    await desk.take(*late)
    await standing.derive_all()

    assert engaged(await replica.report(PERIOD)) == 5


async def test_two_replicas_that_derive_at_once_count_nothing_twice(desk: Desk) -> None:
    await desk.take(*golden_quarter().facts)
    once = await desk.derived()
    await desk.pool.execute(QUERIES["mark_everything_stale"])

    others = [Standing(desk.pool, desk.registry.parameters) for _ in range(3)]
    await asyncio.gather(*(each.derive_all() for each in others))

    assert await desk.derived() == once
