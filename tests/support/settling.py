"""Waiting for conditions with a limit; and the one condition that most tests wait for."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from nats.js.errors import NotFoundError

from services.membership.gazetteer import Gazetteer
from services.membership.intake import OPEN_QUESTIONS_MAX
from services.membership.resolver import Resolver
from shared.jetstream import untaken
from shared.messaging import FACTS, OWNERS
from shared.queries import Queries

if TYPE_CHECKING:
    from tests.support.system import System

T = TypeVar("T")

POLL_SECONDS = 0.02
SECONDS_MAX = 60.0
"""So long a test waits for what must come; a machine may have other things to do."""
ROUNDS_QUIET = 2
"""So often in a row everything must be at rest: the broker counts a moment behind itself."""
MEMBERSHIP_QUERIES = Path(__file__).parents[2] / "services" / "membership" / "queries.sql"

IN_OUTBOX = "select count(*) from outbox"
RELEASABLE = "select count(*) from waiting join provided on key = needs"
IN_LEDGER = "select count(*) from ledger"
PROJECTED = "select count(*) from fact where ledger = $1"
STALE = "select count(*) from stale"
BELOW = """
select exists (
    select from standing_level left join projected on ledger = 'events'
    where standing_level.facts is null or standing_level.facts < projected.facts
)
"""


async def until(
    condition: Callable[[], Awaitable[T]], what: str, seconds_max: float = SECONDS_MAX
) -> T:
    """Return the condition's answer once it is true.

    Raises:
        AssertionError: it was not within the limit; the text names `what` and the last answer.
    """
    deadline = time.monotonic() + seconds_max
    while not (answer := await condition()):
        if time.monotonic() > deadline:
            raise AssertionError(f"{what}: not within {seconds_max:.0f} s; last seen: {answer!r}")
        await asyncio.sleep(POLL_SECONDS)
    return answer


async def until_settled(system: "System", seconds_max: float = SECONDS_MAX) -> None:
    """Return once nothing is under way any more in the services that run.

    Raises:
        AssertionError: something still is; the text says what.
    """
    deadline, quiet, reason = time.monotonic() + seconds_max, 0, None
    while quiet < ROUNDS_QUIET:
        reason = await under_way(system)
        quiet = 0 if reason else quiet + 1
        if time.monotonic() > deadline:
            raise AssertionError(f"not settled within {seconds_max:.0f} s: {reason}")
        await asyncio.sleep(POLL_SECONDS)


async def under_way(system: "System") -> str | None:
    """Return what is still under way, asked along the way of a fact; None when nothing is."""
    owners = [name for name in OWNERS if name in system.running]
    for owner in owners:
        if left := await _untaken(system, owner):
            return f"{left} messages of {owner} are not acknowledged"
    for owner in owners:
        if left := await system.value(owner, RELEASABLE):
            return f"{left} waiting messages of {owner} could be released"
    if "membership" in owners and (left := await _answerable(system)):
        return f"{left} open questions have one answer by now"
    for owner in owners:
        if left := await system.value(owner, IN_OUTBOX):
            return f"{left} facts stand in the outbox of {owner}"
    return await _behind(system, owners) if "reporting" in system.running else None


async def _behind(system: "System", owners: list[str]) -> str | None:
    if left := await _unconsumed(system, FACTS, "reporting"):
        return f"{left} facts are not acknowledged by reporting"
    for owner in owners:
        recorded = await system.value(owner, IN_LEDGER)
        projected = await system.value("reporting", PROJECTED, owner)
        if recorded != projected:
            return f"reporting has {projected} of the {recorded} facts of {owner}"
    if left := await system.value("reporting", STALE):
        return f"{left} marks of reporting are not derived"
    if await system.value("reporting", BELOW):
        return "what is derived does not say yet that it is level with the facts of events"
    return None


async def _untaken(system: "System", owner: str) -> int:
    try:
        return await untaken((await system.nats("provision")).jetstream(), owner)
    except NotFoundError:
        return 0  # a test has deleted the stream


async def _unconsumed(system: "System", stream: str, durable: str) -> int:
    jetstream = (await system.nats("provision")).jetstream()
    try:
        info = await jetstream.consumer_info(stream, durable)
    except NotFoundError:
        return 0  # a test has deleted it
    return (info.num_pending or 0) + (info.num_ack_pending or 0)


async def _answerable(system: "System") -> int:
    resolver = Resolver(await system.pool("membership"), _membership_queries(), gazetteer())
    questions = await resolver.open_questions(OPEN_QUESTIONS_MAX)
    answers = await resolver.resolve(questions) if questions else []
    return sum(
        1
        for answer in answers
        if not answer.is_open and answer.pointer is not None and answer.pointer.city_id
    )


@cache
def _membership_queries() -> Queries:
    return Queries(MEMBERSHIP_QUERIES)


@cache
def gazetteer() -> Gazetteer:
    """Return the gazetteer, opened once for the session."""
    return Gazetteer()
