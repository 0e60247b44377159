"""A kept state is where reading starts, and never stands in for what the ledger says."""

import pytest

from services.membership import domain
from shared import streams
from shared.contracts.membership import MembershipEvent
from shared.embedded import postgres
from shared.execute import Executor
from shared.streams import Streams
from tests.support.ledgers import count, membership_rules, pool_of, register
from tests.support.system import System

GENT, BRUGGE = "city-gent", "city-brugge"


async def test_what_another_process_added_is_read_on_top_of_what_is_kept(system: System) -> None:
    async with pool_of(system, "membership") as pool:
        executor = Executor(pool, membership_rules())
        kept = Streams(pool, MembershipEvent, domain.DECIDERS)
        await executor.execute([register("gent")])
        first = await kept.states([GENT])
        await executor.execute([count("gent", 7)])
        await executor.execute([count("gent", 8)])
        second = await kept.states([GENT])
        fresh = await Streams(pool, MembershipEvent, domain.DECIDERS).states([GENT])

    assert [first[GENT][0], second[GENT][0]] == [1, 3]
    assert second == fresh


async def test_streams_come_in_the_order_asked_and_those_without_facts_not_at_all(
    system: System,
) -> None:
    async with pool_of(system, "membership") as pool:
        await Executor(pool, membership_rules()).execute([register("brugge"), register("gent")])
        kept = Streams(pool, MembershipEvent, domain.DECIDERS)
        assert list(await kept.states([GENT, "city-nowhere", BRUGGE])) == [GENT, BRUGGE]


async def test_nothing_kept_outlives_a_ledger_that_was_put_back_to_an_older_state(
    system: System,
) -> None:
    async with pool_of(system, "membership") as pool:
        executor = Executor(pool, membership_rules())
        await executor.execute([register("gent")])
        await executor.execute([count("gent", 7)])
        administrator = await postgres.connect(system.servers.directory, database="membership")
        await administrator.execute("delete from ledger where version = 2")
        await administrator.close()
        await executor.execute([count("gent", 9)])

    facts = await system.facts("membership")
    assert [fact["version"] for fact in facts] == [1, 2]
    assert facts[1]["data"]["population"]["value"] == 9


async def test_only_so_many_states_are_kept(
    system: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "STATES_KEPT_MAX", 1)
    async with pool_of(system, "membership") as pool:
        await Executor(pool, membership_rules()).execute([register("brugge"), register("gent")])
        kept = Streams(pool, MembershipEvent, domain.DECIDERS)
        both = await kept.states([GENT, BRUGGE])
        assert len(kept._kept) == 1
        assert await kept.states([GENT, BRUGGE]) == both
