"""A ledger dumped in the middle and restored into a new cluster goes on as if nothing had been."""

from tests.support.completeness import complete, exactly_this_flow, on_wire_once_and_in_order
from tests.support.flow import Flow
from tests.support.killing import run_until_killed
from tests.support.second_cluster import carry_over, second_cluster
from tests.support.system import System

FLOW = Flow(people=600)
BEFORE, AFTER = FLOW.messages()[:500], FLOW.messages()[500:]
A_PAST = """
do $$ begin
    for n in 1..5000 loop perform pg_current_xact_id(); commit; end loop;
end $$
"""
"""Gives the old cluster transaction numbers far above those of a new one."""


async def test_a_ledger_restored_into_a_new_cluster_publishes_what_was_left_and_goes_on(
    system: System,
) -> None:
    await system.execute("events", A_PAST)
    await system.start("membership", "reporting")
    await system.send(BEFORE)
    await run_until_killed(system, "events", "relay.before_publish")
    before = await positions(system)
    left = await system.value("events", "select count(*) from outbox")
    assert left > 0, "nothing stands in the outbox that the dump could lose"

    async with second_cluster(system.servers) as cluster:
        await carry_over("events", system.servers, cluster)
        await system.move("events", cluster)
        await system.start("events")
        await system.send(AFTER)
        await system.settled()

        await exactly_this_flow(system, FLOW)
        await complete(system)
        await on_wire_once_and_in_order(system, "membership", "events")
        go_on_monotonically(before, await positions(system))
        await system.stop("events")


async def positions(system: System) -> dict[str, int]:
    """Return where each fact of events stands, by its id."""
    return {str(fact["fact_id"]): fact["position"] for fact in await system.facts("events")}


def go_on_monotonically(before: dict[str, int], after: dict[str, int]) -> None:
    added = [position for fact, position in after.items() if fact not in before]
    assert before.items() <= after.items()
    assert min(added) > max(before.values())
