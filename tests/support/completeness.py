"""What must hold after any fault: every fact projected once, in order within its stream.

And the other way round: what the flow said is all there is. Facts on the wire are compared only
where the broker did not lose them itself.
"""

import json
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import httpx

from shared.messaging import OWNERS
from tests.support.flow import ACTIVITIES, CITIES, PERIOD, Flow
from tests.support.settling import SECONDS_MAX
from tests.support.system import System

FACTS = "select stream, version, fact_id::text from ledger order by stream, version"
PROJECTED = "select stream, version, fact_id::text from fact where ledger = $1 order by 1, 2"
APPLIED = "select ledger, stream, version from applied order by n"
LEFT = ("outbox", "waiting", "rejected")

RECORD_ORDER = """
create table applied (
    n bigint generated always as identity, ledger text, stream text, version integer
);
create function note_applied() returns trigger language plpgsql security definer as $$ begin
    insert into applied (ledger, stream, version) values (new.ledger, new.stream, new.version);
    return null;
end $$;
create trigger note_applied after insert on fact for each row execute function note_applied();
"""
"""Numbers facts as they are projected; what is rolled back leaves no row."""
FORGET_ORDER = "drop function if exists note_applied cascade; drop table if exists applied"
"""Tables that a rebuild has put in place do not know of it."""


@asynccontextmanager
async def order_recorded(system: System) -> AsyncIterator[None]:
    """Let PostgreSQL itself write down in which order facts are projected."""
    await system.execute("reporting", RECORD_ORDER)
    try:
        yield
    finally:
        await system.execute("reporting", FORGET_ORDER)


async def complete(system: System, *ledgers: str) -> None:
    """Check that the projections hold what these ledgers hold: 1 to n of each stream, in order.

    Raises:
        AssertionError: they do not; the text shows the difference.
    """
    for ledger in ledgers or OWNERS:
        recorded = await system.rows(ledger, FACTS)
        projected = await system.rows("reporting", PROJECTED, ledger)
        both = f"{len(recorded)} facts in the ledger of {ledger}, {len(projected)} projected"
        assert projected == recorded, f"{both}, and not the same"
        versions = _by_stream((row["stream"], row["version"]) for row in recorded)
        assert _without_gap(versions), f"a version is missing in the ledger of {ledger}"
    applied = await system.rows("reporting", APPLIED)
    order = _by_stream(((row["ledger"], row["stream"]), row["version"]) for row in applied)
    assert _without_gap(order), "facts of a stream were projected in another order"


async def on_wire_once_and_in_order(system: System, *ledgers: str) -> None:
    """Check that FACTS holds each fact of these ledgers once, each stream in its order.

    Raises:
        AssertionError: it does not.
    """
    events = [json.loads(message.data) for message in await system.on_wire()]
    recorded = [row["fact_id"] for ledger in ledgers for row in await system.rows(ledger, FACTS)]
    published = Counter(event["id"] for event in events)
    missing, more = Counter(recorded) - published, published - Counter(recorded)
    assert not missing, f"{missing.total()} facts were never published"
    assert not more, f"FACTS has {more.total()} messages too many"
    order = _by_stream((event["subject"], event["streamversion"]) for event in events)
    assert _without_gap(order), "facts of a stream were published in another order"


async def exactly_this_flow(system: System, *flows: Flow, more_cities: int = 0) -> None:
    """Check that ledgers and report hold these flows, each event once, and nothing besides.

    Args:
        system: with reporting at work.
        flows: what was said.
        more_cities: facts of cities that were recorded apart from the flows.

    Raises:
        AssertionError: they do not.
    """
    facts = {
        "membership": CITIES * len(flows) + more_cities,
        "events": sum(flow.facts_of_events for flow in flows),
        "resources": sum(flow.works for flow in flows),
    }
    for ledger, count in facts.items():
        sources = [row["source_id"] for row in await system.facts(ledger)]
        found = f"{ledger} has {len(sources)} facts of {len(set(sources))} messages"
        assert len(sources) == len(set(sources)) == count, f"{found}, and {count} were said"
        taken = await system.value(ledger, "select count(*) from inbox")
        assert taken == count, f"the inbox of {ledger} has {taken} rows for {count} messages"
        for table in LEFT:
            left = await system.value(ledger, f"select count(*) from {table}")
            assert left == 0, f"{left} rows are left in {table} of {ledger}"
    figures = (await report(system))["figures"]
    for name, value in expected_figures(*flows).items():
        found = figures[name]["value"]
        assert found == value, f"{name} is {found} and should be {value}"


def expected_figures(*flows: Flow) -> dict[str, int]:
    """Return what a report of these flows must say."""
    people = sum(flow.people for flow in flows)
    return {
        "attendance": people,
        "attendees_unique": people,
        "webinars_held": ACTIVITIES * len(flows),
        "cities_engaged": CITIES * len(flows),
        "resources_published": sum(flow.works for flow in flows),
    }


async def report(system: System, period: str = PERIOD) -> Any:
    """Return a report over HTTP."""
    headers = {"authorization": f"Bearer {system.token('viewer')}"}
    async with httpx.AsyncClient(
        base_url=system.http("reporting"), headers=headers, timeout=SECONDS_MAX
    ) as client:
        return (await client.get(f"/reports/{period}.json")).json()


def _by_stream(places: Iterable[tuple[Any, int]]) -> dict[Any, list[int]]:
    versions: dict[Any, list[int]] = defaultdict(list)
    for stream, version in places:
        versions[stream].append(version)
    return versions


def _without_gap(versions: dict[Any, list[int]]) -> bool:
    return all(_counts_up(each) for each in versions.values())


def _counts_up(versions: Sequence[int]) -> bool:
    return list(versions) == list(range(1, len(versions) + 1))
