"""The streams and their consumers: how each is made, provided, and looked after.

`provision` makes whatever is missing; each service looks after its own consumers while it runs.
"""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Iterable, Sequence

import nats.errors
from nats.aio.client import Client
from nats.js.api import (
    AckPolicy,
    ConsumerConfig,
    ConsumerInfo,
    DeliverPolicy,
    DiscardPolicy,
    RetentionPolicy,
    StorageType,
    StreamConfig,
)
from nats.js.client import JetStreamContext
from nats.js.errors import APIError, NotFoundError

from shared.messaging import ANSWER_SECONDS_MAX, FACTS, INTAKE, OWNERS

logger = logging.getLogger(__name__)

ACK_WAIT_SECONDS = 30
KEEP_SECONDS = 3.0
LOOK_SECONDS = 1.0
NAME_PAGES_MAX = 100
ACKS_PENDING_MAX = 20_000
DAY_SECONDS = 24 * 3600
KEPT_DAYS = 7
"""How long messages stay in a stream at most, unless an operator says otherwise of INTAKE."""
MESSAGE_BYTES_MAX = 1280 * 1024
NO_DEDUPLICATION_SECONDS = 0.1
FACTS_DEDUPLICATION_SECONDS = 120.0


def streams(intake_days: int = KEPT_DAYS) -> list[StreamConfig]:
    """Return the streams: what comes in, kept for so many days, and what was recorded."""
    common = StreamConfig(
        storage=StorageType.FILE,
        retention=RetentionPolicy.LIMITS,
        allow_atomic=True,
        max_msg_size=MESSAGE_BYTES_MAX,
        max_age=KEPT_DAYS * DAY_SECONDS,
        num_replicas=1,
    )
    return [
        common.evolve(
            name=INTAKE,
            subjects=[f"intake.*.{owner}.*" for owner in OWNERS],
            # Discarding new ones is visible to the publisher; discarding old ones is a loss.
            discard=DiscardPolicy.NEW,
            max_bytes=1024**3,
            max_age=intake_days * DAY_SECONDS,
            # One source must not suppress another's event with a message id: ledgers deduplicate.
            duplicate_window=NO_DEDUPLICATION_SECONDS,
        ),
        common.evolve(
            name=FACTS,
            subjects=["facts.>"],
            # The ledgers hold every fact for ever, so the oldest may go.
            discard=DiscardPolicy.OLD,
            max_bytes=2 * 1024**3,
            duplicate_window=FACTS_DEDUPLICATION_SECONDS,
            deny_delete=True,
        ),
    ]


def intake_consumer(owner: str, source: str) -> ConsumerConfig:
    """Return the durable consumer of what one source says to one owner.

    Each source has a queue of its own, so that the flood of one does not hold up the others.
    """
    return ConsumerConfig(
        durable_name=f"{owner}-{source}",
        filter_subject=f"intake.{source}.{owner}.*",
        deliver_policy=DeliverPolicy.ALL,
        ack_policy=AckPolicy.EXPLICIT,
        ack_wait=ACK_WAIT_SECONDS,
        max_deliver=-1,
        max_ack_pending=ACKS_PENDING_MAX,
    )


def facts_consumer() -> ConsumerConfig:
    """Return the durable consumer of reporting.

    What was projected stands in reporting's tables, so nothing is acknowledged; what a killed
    reporting had been sent is found missing there, and read from the ledger.
    """
    return ConsumerConfig(
        durable_name="reporting",
        filter_subject="facts.>",
        deliver_policy=DeliverPolicy.ALL,
        ack_policy=AckPolicy.NONE,
        max_deliver=-1,
        max_ack_pending=-1,
    )


def consumers(sources: Iterable[str]) -> list[tuple[str, ConsumerConfig]]:
    """Return the durable consumers with their streams: for each source and owner, and reporting."""
    pairs = [(owner, source) for source in sources for owner in OWNERS]
    return [
        *((INTAKE, intake_consumer(owner, source)) for owner, source in pairs),
        (FACTS, facts_consumer()),
    ]


async def provision(
    connection: Client, sources: Sequence[str], intake_days: int = KEPT_DAYS
) -> None:
    """Make the streams and consumers that are missing; of those that exist only the age follows.

    Args:
        connection: that of the credential that may.
        sources: everybody whose messages may stand in the intake.
        intake_days: how long the intake keeps messages.
    """
    jetstream = connection.jetstream()
    for stream in streams(intake_days):
        try:
            found = (await jetstream.stream_info(str(stream.name))).config
        except NotFoundError:
            await jetstream.add_stream(stream)
            logger.info("stream %s made", stream.name)
            continue
        if found.max_age != stream.max_age:
            await jetstream.update_stream(found.evolve(max_age=stream.max_age))
            logger.info("stream %s keeps messages for %s s", stream.name, stream.max_age)
    names = set(await consumer_names(connection, INTAKE))
    for owner in names.intersection(OWNERS):
        # Of before each source had its own, which now deliver again what was taken by this one.
        await jetstream.delete_consumer(INTAKE, owner)
    await _delete_if_outdated(jetstream, FACTS, facts_consumer())
    for name, consumer in consumers(sources):
        if consumer.durable_name not in names and await _made(jetstream, name, consumer):
            logger.info("consumer %s of %s made", consumer.durable_name, name)


async def consumer_names(connection: Client, stream: str) -> list[str]:
    """Return the names of a stream's consumers; none while there is no such stream.

    Raises:
        TimeoutError: the broker does not answer.
    """
    names: list[str] = []
    for _ in range(NAME_PAGES_MAX):
        answer = await connection.request(
            f"$JS.API.CONSUMER.NAMES.{stream}",
            json.dumps({"offset": len(names)}).encode(),
            timeout=ANSWER_SECONDS_MAX,
        )
        page = json.loads(answer.data)
        names += page.get("consumers") or []
        if len(names) >= page.get("total", 0):
            break
    return names


async def intake_consumers(jetstream: JetStreamContext) -> dict[tuple[str, str], ConsumerInfo]:
    """Return what is known of each consumer of the intake, by its owner and its source."""
    infos: list[ConsumerInfo] = []
    for _ in range(NAME_PAGES_MAX):
        page = await jetstream.consumers_info(INTAKE, offset=len(infos))
        infos += page
        if not page:
            break
    parts = [(info.name.partition("-"), info) for info in infos]
    return {(owner, source): info for (owner, _, source), info in parts if owner in OWNERS}


async def untaken(jetstream: JetStreamContext, owner: str) -> int:
    """Return how many messages an owner has not acknowledged, of all its sources."""
    found = await intake_consumers(jetstream)
    return sum(
        (info.num_pending or 0) + (info.num_ack_pending or 0)
        for (each, _), info in found.items()
        if each == owner
    )


async def _delete_if_outdated(
    jetstream: JetStreamContext, stream: str, config: ConsumerConfig
) -> None:
    """Delete a consumer that acknowledges in another way: the server changes none in that."""
    try:
        found = await jetstream.consumer_info(stream, str(config.durable_name))
    except NotFoundError:
        return
    if found.config.ack_policy != config.ack_policy:
        await jetstream.delete_consumer(stream, str(config.durable_name))


async def keep_facts_consumer(connection: Client) -> None:
    """Look after reporting's durable consumer until cancelled: a client waits for a deleted one.

    Made anew it delivers all that the stream still holds; what was taken before is known by its
    key, never by a number of the broker's.
    """
    jetstream = connection.jetstream()
    while True:
        await _kept(jetstream, FACTS, facts_consumer())
        await asyncio.sleep(KEEP_SECONDS)


async def keep_intake(
    connection: Client, owner: str, take: Callable[[str], Awaitable[None]]
) -> None:
    """Look after an owner's durable consumers until cancelled, and begin to take from new ones.

    Whoever provides a source makes its consumer; one that was there and is gone is made again.

    Args:
        connection: the owner's.
        owner: whose messages.
        take: told of each source once, when its consumer is found.
    """
    jetstream = connection.jetstream()
    taken: set[str] = set()
    while True:
        try:
            names = await consumer_names(connection, INTAKE)
            found = {name.partition("-")[2] for name in names if name.startswith(f"{owner}-")}
            for source in sorted(found - taken):
                await take(source)
                taken.add(source)
            for source in sorted(taken - found):
                await _kept(jetstream, INTAKE, intake_consumer(owner, source))
        except (nats.errors.Error, APIError, OSError, TimeoutError) as error:
            logger.warning("sources of %s not seen: %s", owner, error or type(error).__name__)
        await asyncio.sleep(LOOK_SECONDS)


async def _kept(jetstream: JetStreamContext, stream: str, config: ConsumerConfig) -> None:
    durable = config.durable_name
    try:
        if await _made(jetstream, stream, config):
            logger.warning("consumer %s of %s was gone, and is made again", durable, stream)
    except (nats.errors.Error, APIError, OSError) as error:
        logger.warning("consumer %s not seen: %s", durable, error or type(error).__name__)


async def _made(jetstream: JetStreamContext, stream: str, config: ConsumerConfig) -> bool:
    """Make the consumer if it is missing, and return whether it was."""
    try:
        await jetstream.consumer_info(stream, str(config.durable_name))
    except NotFoundError:
        await jetstream.add_consumer(stream, config)
        return True
    return False


async def bytes_lost(connection: Client) -> dict[str, int]:
    """Return how many bytes of which stream the broker found damaged, and gave up, at its start.

    It reports what follows the damage in a block after a kill. What a tidy stop has indexed before
    is passed over without a word. Source: observed on NATS server 2.15.
    """
    lost = {}
    for stream in streams():
        # nats-py has no place for the wish for details, without which the loss is not told.
        answer = await connection.request(
            f"$JS.API.STREAM.INFO.{stream.name}",
            json.dumps({"deleted_details": True}).encode(),
            timeout=ANSWER_SECONDS_MAX,
        )
        state = json.loads(answer.data).get("state", {})
        if found := state.get("lost", {}).get("bytes"):
            lost[str(stream.name)] = int(found)
    return lost
