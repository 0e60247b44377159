"""What facts would change is told by counting them, and nobody ever sees them counted."""

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest
from reporting_book import NEW_YORK, Book, at, somebody
from reporting_desk import Desk
from tandem.ledger.v1 import ledger_pb2

from services.reporting import preview
from services.reporting.domain.period import Period, parse_period
from services.reporting.preview import Effect, Preview, previewed
from services.reporting.reading.surroundings import Surroundings
from shared.errors import InvalidData, Overloaded
from shared.queries import Connection
from shared.recorded import Recorded
from tests.support.settling import SECONDS_MAX

Q1 = parse_period("2024-Q1")
START = at("2024-03-27T14:00", NEW_YORK)


def known() -> Book:
    book = Book().city("athens-oh", "OH", 25_000).city("gent", "OH", 1_000)
    return book.webinar("w1", "2024-03-27T14:00").held("w1", "2024-03-27T14:00")


def arriving(book: Book) -> list[Recorded]:
    before = len(book.facts)
    book.roll("w1", somebody("p1", "athens-oh"), somebody("p2", "gent"), final=True)
    return book.facts[before:]


def looking(desk: Desk, kind: type[Preview] = Preview) -> Preview:
    return kind(desk.pool, desk.registry, lambda: desk.now, Surroundings())


def values(effect: Effect, period: Period = Q1) -> dict[str, tuple[Any, Any]]:
    """The figures that would move in a quarter: from, to."""
    return {
        cell.path.split(".")[1]: (
            cell.before and cell.before.value,
            cell.after and cell.after.value,
        )
        for cell in effect.changes[period]
        if cell.path.startswith("figures.")
        and cell.path.endswith(".value")
        and (cell.before and cell.before.value) != (cell.after and cell.after.value)
    }


async def everything(desk: Desk) -> dict[str, list[str]]:
    tables = await desk.pool.fetch("select tablename from pg_tables where schemaname = 'public'")
    return {
        table: sorted(str(tuple(row)) for row in await desk.pool.fetch(f"select * from {table}"))
        for (table,) in tables
        if table != "migration"
    }


async def test_what_would_change_is_what_changes_when_it_is_recorded(desk: Desk) -> None:
    book = known()
    await desk.given(book)
    facts = arriving(book)
    before = await everything(desk)
    old = (await desk.report())["figures"]

    effect = await looking(desk).effect_of(facts)

    assert await everything(desk) == before
    assert list(effect.changes) == [Q1]
    assert values(effect)["attendance"] == (0, 2)
    assert values(effect)["cities_engaged"] == (0, 2)
    await desk.take(*facts)
    new = (await desk.report())["figures"]
    moved = {name for name in new if new[name]["value"] != old[name]["value"]}
    assert values(effect) == {n: (old[n]["value"], new[n]["value"]) for n in moved}


async def test_facts_that_move_nothing_say_so_for_their_quarter(desk: Desk) -> None:
    book = known()
    await desk.given(book)
    before = len(book.facts)
    book.held("w1", "2024-03-27T14:00")

    effect = await looking(desk).effect_of(book.facts[before:])

    assert values(effect) == {}


async def test_a_sitting_that_moves_touches_the_quarter_it_leaves_and_the_one_it_comes_to(
    desk: Desk,
) -> None:
    book = known()
    await desk.given(book)
    before = len(book.facts)
    book.held("w1", "2024-04-02T14:00")

    effect = await looking(desk).effect_of(book.facts[before:])

    assert [period.id for period in effect.changes] == ["2024-Q2", "2024-Q1"]
    assert values(effect)["webinars_held"] == (1, 0)
    assert values(effect, parse_period("2024-Q2"))["webinars_held"] == (0, 1)


async def test_a_city_has_no_date_and_is_looked_at_in_the_latest_quarters(desk: Desk) -> None:
    book = known()
    arriving(book)
    await desk.given(book)
    before = len(book.facts)
    book.city("gent-2", "OH", 1_000)

    effect = await looking(desk).effect_of(book.facts[before:])

    assert [period.id for period in effect.changes] == ["2024-Q1"]


async def test_a_projector_that_writes_the_same_facts_meanwhile_waits_for_nobody(
    desk: Desk,
) -> None:
    book = known()
    await desk.given(book)
    facts = arriving(book)
    taken: list[bool] = []

    class Slow(Preview):
        async def _document(self, connection: Connection, period: Period) -> Mapping[str, Any]:
            if not taken:
                async with asyncio.timeout(SECONDS_MAX):
                    await desk.take(*facts)
                taken.append(True)
            return await super()._document(connection, period)

    effect = await looking(desk, Slow).effect_of(facts)

    assert taken
    assert values(effect)["attendance"] == (0, 2), "it sees what stood when it began"
    assert await desk.figure("attendance") == 2


async def test_what_takes_too_long_is_broken_off_and_leaves_nothing(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    book = known()
    await desk.given(book)
    before = await everything(desk)

    class Endless(Preview):
        async def _document(self, connection: Connection, period: Period) -> Mapping[str, Any]:
            await connection.execute("select pg_sleep(60)")
            return {}

    monkeypatch.setattr(preview, "PREVIEW_SECONDS_MAX", 1)
    with pytest.raises(Overloaded, match="within 1 s"):
        await looking(desk, Endless).effect_of(arriving(book))

    assert await everything(desk) == before


@pytest.mark.parametrize(
    ("ledger", "fact", "field"),
    [
        ("people", ledger_pb2.LedgerFact(), "ledger"),
        ("events", ledger_pb2.LedgerFact(type="events.nothing.v1", version=1), "facts.0.type"),
        (
            "events",
            ledger_pb2.LedgerFact(type="events.person_erased.v1", version=1, data=b"{}"),
            "facts.0.data.person",
        ),
        (
            "events",
            ledger_pb2.LedgerFact(type="events.person_erased.v1", data=b'{"person": "p1"}'),
            "facts.0.version",
        ),
    ],
)
def test_what_is_no_fact_of_that_ledger_is_refused(
    ledger: str, fact: ledger_pb2.LedgerFact, field: str
) -> None:
    with pytest.raises(InvalidData) as caught:
        previewed(ledger, [fact])
    assert [each.field for each in caught.value.violations] == [field]
