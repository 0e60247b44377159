"""Ledger and projections compared on real tables: what is missing is named and fetched."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import asyncpg
import pytest

from shared import comparison as comparing
from shared.auditor import Auditor
from shared.comparison import Comparison, Kind, Verdict
from shared.contracts.membership import MembershipEvent
from shared.errors import Unavailable
from shared.ledger import RemoteLedger
from shared.messaging import FACTS
from shared.rpc import channel
from tests.support.ledgers import count, pool_of, register, write, write_cities
from tests.support.projecting import MEMBERSHIP, projector_on, remote_ledger, scratch_pool
from tests.support.system import System, free_port


@dataclass
class Desk:
    """A ledger of membership, tables that restate it, and who compares them."""

    ledger: asyncpg.Pool
    tables: asyncpg.Pool
    auditor: Auditor

    async def recent(self) -> Verdict:
        """Compare what is new, and return the last word."""
        return [verdict async for verdict in self.auditor.comparison.recent(MEMBERSHIP)][-1]

    async def whole(self) -> Verdict:
        """Compare everything, and return the last word."""
        return [verdict async for verdict in self.auditor.comparison.whole(MEMBERSHIP)][-1]

    async def rounds(self) -> Verdict:
        """Look twice, as the auditor does before it calls a fact missing."""
        await self.auditor.round(MEMBERSHIP)
        return await self.auditor.round(MEMBERSHIP)

    async def forget(self, stream: str, version: int) -> None:
        """Delete a fact from the projections by hand, with its rows."""
        for table in ("fact", "seen"):
            await self.tables.execute(
                f"delete from {table} where stream = $1 and version = $2", stream, version
            )


async def test_a_fact_deleted_by_hand_is_named_and_healed(system: System) -> None:
    async with desk_of(system, cities=6, versions=3) as desk:
        assert (await desk.whole()).complete
        await desk.forget("city-city-4", 3)

        for verdict in (await desk.recent(), await desk.whole()):
            assert (verdict.missing, verdict.ahead, verdict.different) == (1, 0, 0)
            assert (verdict.recorded, verdict.projected) == (18, 17)
            await names(desk, verdict, Kind.MISSING, "city-city-4", 3)

        healed = await desk.rounds()
        assert healed.missing == 1
        assert healed.first is not None
        assert healed.first.stream == "city-city-4"
        assert (await desk.whole()).complete


async def test_what_the_broker_never_delivered_is_fetched(system: System) -> None:
    async with desk_of(system) as desk:
        await (await system.nats("provision")).jetstream().delete_stream(FACTS)
        await write_cities(desk.ledger, number=20, versions=2)
        assert (await desk.rounds()).missing == 40
        assert (await desk.rounds()).missing == 0

        await write(desk.ledger, count("city-3", 77))
        assert (await desk.rounds()).missing == 1
        assert (await desk.whole()).complete


async def test_what_the_projector_comes_to_by_itself_is_not_fetched(system: System) -> None:
    async with desk_of(system) as desk:
        await write_cities(desk.ledger, number=9)
        facts = await facts_of(desk)
        await desk.auditor.round(MEMBERSHIP)
        desk.auditor.passed(facts[:3])
        assert (await desk.auditor.round(MEMBERSHIP)).missing == 3, "it has passed those"
        desk.auditor.passed(facts[:5])
        assert (await desk.auditor.round(MEMBERSHIP)).missing == 2
        assert (await desk.auditor.round(MEMBERSHIP)).missing == 4, "it stands still"


async def test_a_hole_amid_a_stream_is_named_and_left_to_a_rebuild(system: System) -> None:
    async with desk_of(system, cities=3, versions=4) as desk:
        await desk.forget("city-city-1", 2)
        assert (await desk.rounds()).missing == 0, "the last versions are all there"
        verdict = await desk.whole()
        assert verdict.missing == 1
        await names(desk, verdict, Kind.MISSING, "city-city-1", 2)


async def test_a_projection_ahead_of_a_ledger_from_an_old_backup_is_named(system: System) -> None:
    async with desk_of(system, cities=3, versions=3) as desk:
        await system.execute(
            MEMBERSHIP,
            "delete from ledger where version = 3 and stream = 'city-city-2';"
            "delete from ledger where stream = 'city-city-0'",
        )
        verdict = await desk.whole()
        assert (verdict.missing, verdict.ahead, verdict.different) == (0, 4, 0)
        assert verdict.first is not None
        assert (verdict.first.kind, verdict.first.stream) == (Kind.AHEAD, "city-city-0")
        assert (await desk.rounds()).missing == 0
        assert (await desk.whole()).ahead == 4, "it is told, and nothing is deleted"


async def test_another_fact_under_the_same_version_is_named(system: System) -> None:
    async with desk_of(system, cities=3, versions=2) as desk:
        await desk.tables.execute(
            "update fact set fact_id = gen_random_uuid() where stream = $1 and version = 1",
            "city-city-2",
        )
        verdict = await desk.whole()
        assert (verdict.missing, verdict.ahead, verdict.different) == (0, 0, 1)
        await names(desk, verdict, Kind.DIFFERENT, "city-city-2", 1)


async def test_two_facts_that_changed_places_are_both_named(system: System) -> None:
    async with desk_of(system, cities=2, versions=2) as desk:
        await desk.tables.execute(
            "update fact f set fact_id = other.fact_id from fact other"
            " where other.stream = f.stream and other.version = 3 - f.version"
            " and f.stream = 'city-city-1'"
        )
        assert (await desk.whole()).different == 2


async def test_of_many_streams_that_differ_some_are_read_and_all_are_counted(
    system: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(comparing, "EXAMINED_MAX", 2)
    monkeypatch.setattr(comparing, "SUSPECTS_MAX", 3)
    async with desk_of(system, cities=8, versions=2) as desk:
        await desk.tables.execute("delete from fact where version = 2")
        assert (await desk.whole()).missing == 8
        assert (await desk.recent()).missing == 8


async def test_what_was_settled_is_not_compared_again(system: System) -> None:
    async with desk_of(system, cities=5) as desk:
        await desk.rounds()
        assert await settled(desk) == 0
        await system.execute(
            MEMBERSHIP, "update ledger set appended_at = now() - interval '1 hour'"
        )
        await write(desk.ledger, register("young"))
        async with desk_of(system) as later:
            assert (await later.recent()).streams == 6
            await later.auditor.round(MEMBERSHIP)
            assert await settled(later) == 5
            assert (await later.recent()).streams == 1, "only what came since"


async def test_an_owner_that_is_away_is_told_within_its_deadline(
    system: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.ledger.ANSWER_SECONDS_MAX", 0.5)
    away = channel(f"127.0.0.1:{free_port()}", token="nobody's")
    async with scratch_pool(system) as pool:
        ledgers = {MEMBERSHIP: RemoteLedger(MEMBERSHIP, away, MembershipEvent)}
        auditor = Auditor(pool, ledgers, projector_on(pool, ledgers).apply)
        assert "membership does not answer" in (await auditor.round(MEMBERSHIP)).unavailable
        with pytest.raises(Unavailable):
            await anext(Comparison(pool, ledgers).whole(MEMBERSHIP))
    await away.close()


async def names(desk: Desk, verdict: Verdict, kind: Kind, stream: str, version: int) -> None:
    """Check that the first finding is this fact, as its ledger has it."""
    first = verdict.first
    assert first is not None
    assert (first.kind, first.stream, first.version) == (kind, stream, version)
    row = await desk.ledger.fetchrow(
        "select fact_id, type, recorded_at, source, source_id from ledger"
        " where stream = $1 and version = $2",
        stream,
        version,
    )
    assert row is not None
    assert tuple(row) == (
        first.fact_id,
        first.type,
        first.recorded_at,
        first.source,
        first.source_id,
    )


async def settled(desk: Desk) -> Any:
    return await desk.tables.fetchval("select position from audited") or 0


async def facts_of(desk: Desk) -> list[Any]:
    ledger = desk.auditor.comparison.ledgers[MEMBERSHIP]
    assert isinstance(ledger, RemoteLedger)
    return [fact async for batch in ledger.whole() for fact in batch]


@asynccontextmanager
async def desk_of(system: System, cities: int = 0, versions: int = 1) -> AsyncIterator[Desk]:
    """Yield a desk over so many cities, all of them projected."""
    if MEMBERSHIP not in system.running:
        await system.start(MEMBERSHIP)
    async with (
        pool_of(system, MEMBERSHIP) as ledger,
        scratch_pool(system) as tables,
        remote_ledger(system) as ledgers,
    ):
        await write_cities(ledger, cities, versions)
        projector = projector_on(tables, ledgers)
        async for batch in ledgers[MEMBERSHIP].whole():
            await projector.apply(batch)
        yield Desk(ledger, tables, Auditor(tables, ledgers, projector.apply))
