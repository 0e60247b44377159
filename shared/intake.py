"""The way in, the same in every owning service: sift, resolve, execute, release what waited.

A repeat finds its (source, id) in the inbox and changes nothing. A crash before the commit leaves
the messages unacknowledged, so the broker sends them again; after it, they are repeats. A bad
message becomes a row of `rejected`, committed with the batch, and is announced to its sender.
"""

import asyncio
import json
import logging
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import asyncpg
import nats.errors
from faststream import AckPolicy
from faststream.nats import JStream, NatsBroker, NatsNKey, PullSub
from faststream.nats.message import NatsBatchMessage
from nats.aio.client import Client
from opentelemetry.trace import SpanKind

from shared import telemetry
from shared.clock import Clock, system_clock
from shared.database import PAGE_BYTES_MAX, TRANSIENT
from shared.decider import Command
from shared.draft import Receipt, Task
from shared.errors import TandemError
from shared.execute import Closing, Executor, Outcomes, Rules, nothing_more, outcomes_of
from shared.failpoints import failpoint
from shared.gathering import Gathering
from shared.jetstream import intake_consumer
from shared.messaging import INTAKE, PING_SECONDS, NatsAddress, log_error
from shared.pulling import RECONNECT_DELAY_SECONDS
from shared.queries import SHARED_QUERIES, Queries
from shared.recorded import Recorded
from shared.remedies import remedy
from shared.sift import Raw, Received, Rejection, sift
from shared.telemetry.messaging import processing

logger = logging.getLogger(__name__)

BATCH_MESSAGES_MAX = 500
WAIT_SECONDS = 1.0
RELEASE_MESSAGES_MAX = 500
RELEASE_ROUNDS_MAX = 10_000
SWEEP_SECONDS = 5.0
RETRY_SECONDS = 1.0
STOP_SECONDS_MAX = 10.0

PASSING: tuple[type[BaseException], ...] = (TandemError, *TRANSIENT)
"""Errors after which the same messages are taken again."""


class Resolve(Protocol):
    """Looks up what the messages name (cities, people) and returns a command for each, in order."""

    def __call__(
        self, received: Sequence[Received], *, dry_run: bool = False
    ) -> Awaitable[list[Command]]:
        """Return the commands; in a `dry_run` nobody is remembered and no question is raised."""
        ...


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """What would become of messages, and the facts that would be recorded."""

    outcomes: Outcomes
    facts: Sequence[Recorded]


class Intake:
    """Takes messages of one service, from NATS or over gRPC alike."""

    def __init__(
        self,
        pool: asyncpg.Pool,
        rules: Rules,
        resolve: Resolve,
        clock: Clock,
        announce: Callable[[Rejection], Awaitable[None]],
        on_recorded: Callable[[], None],
    ) -> None:
        """Bind the rules of a service to its database and its neighbours."""
        self._pool, self._rules, self._resolve, self._clock = pool, rules, resolve, clock
        self._announce, self._on_recorded = announce, on_recorded
        self._executor = Executor(pool, rules)
        self._queries = Queries(SHARED_QUERIES)
        self._releasing = asyncio.Lock()
        self._commands = Gathering(self._take_commands, BATCH_MESSAGES_MAX)
        self._counted = telemetry.meter().create_counter(
            "tandem.intake.messages",
            unit="{message}",
            description="Messages by what became of them; one that waited counts again.",
        )

    async def receive(self, raws: Sequence[Raw]) -> list[Receipt]:
        """Take messages from outside; everything is committed when this returns.

        Raises:
            shared.errors.Unavailable, shared.database.TRANSIENT: nothing is known to be stored;
                send the same messages again.
        """
        with processing(INTAKE, self._rules.ledger, [_traceparent(raw) for raw in raws]):
            received, rejections = sift(raws, self._rules.messages, self._clock())
            return await self._execute(await self._tasks(received), rejections)

    async def command(self, received: Received) -> Receipt:
        """Take one command whose sender waits for the answer: a rejection is told, not kept."""
        return await self._commands.take(received)

    async def replay(self, raws: Sequence[Raw], *, decisions: bool, closing: Closing) -> Outcomes:
        """Take messages again that were rejected, by the same way as when they came.

        What still cannot be accepted is told and not kept again.

        Args:
            raws: as they came.
            decisions: they had passed as what people and neighbours may say, over gRPC alone.
            closing: what is written in the same transaction.
        """
        traceparents = [_traceparent(raw) for raw in raws]
        with telemetry.joined("intake.replay", traceparents, SpanKind.INTERNAL):
            received, rejections = self._judged(raws, decisions)
            tasks = await self._tasks(received)
            receipts = await self._execute(
                tasks, rejections, keep_rejections=False, closing=closing
            )
        return outcomes_of(tasks, rejections, receipts)

    async def rehearse(self, raws: Sequence[Raw], *, decisions: bool) -> Rehearsed:
        """Return what `replay` would do, without doing any of it."""
        received, rejections = self._judged(raws, decisions)
        tasks = await self._tasks(received, dry_run=True)
        draft = await self._executor.rehearse(tasks, rejections)
        return Rehearsed(outcomes_of(tasks, rejections, draft.receipts), draft.entries)

    def _judged(
        self, raws: Sequence[Raw], decisions: bool
    ) -> tuple[list[Received], list[Rejection]]:
        union = self._rules.everything if decisions else self._rules.messages
        return sift(raws, union, self._clock())

    async def _take_commands(self, received: Sequence[Received]) -> list[Receipt]:
        with telemetry.joined(
            "command.execute",
            [each.envelope.traceparent for each in received],
            SpanKind.INTERNAL,
            {"tandem.commands": len(received)},
        ):
            return await self._execute(await self._tasks(received), [], keep_rejections=False)

    async def _tasks(self, received: Sequence[Received], *, dry_run: bool = False) -> list[Task]:
        commands = await self._resolve(received, dry_run=dry_run)
        return [Task(*pair) for pair in zip(received, commands, strict=True)]

    async def _execute(
        self,
        tasks: Sequence[Task],
        rejections: Sequence[Rejection],
        *,
        keep_rejections: bool = True,
        closing: Closing = nothing_more,
    ) -> list[Receipt]:
        failpoint("intake.before_execute")
        receipts = await self._executor.execute(
            tasks, rejections, keep_rejections=keep_rejections, closing=closing
        )
        failpoint("intake.after_commit")
        self._count(receipts)
        for receipt in receipts:
            if keep_rejections and receipt.rejection is not None:
                await self._announce(receipt.rejection)
        if any(receipt.outcome == "recorded" and receipt.facts for receipt in receipts):
            self._on_recorded()
            await self.release()
        return receipts

    def _count(self, receipts: Sequence[Receipt]) -> None:
        """Count what became of messages, once it is committed."""
        for (outcome, source, reason), count in Counter(map(_told, receipts)).items():
            attributes = {"outcome": outcome, "source": source}
            self._counted.add(count, attributes | ({"reason": reason} if reason else {}))

    async def release(self) -> int:
        """Take the waiting messages whose need is met, and return how many there were."""
        if self._releasing.locked():
            return 0
        released = 0
        taken: set[tuple[str, str]] = set()
        async with self._releasing:
            for _ in range(RELEASE_ROUNDS_MAX):
                async with self._pool.acquire() as connection:
                    rows = await connection.fetch(
                        self._queries["released"], RELEASE_MESSAGES_MAX, PAGE_BYTES_MAX
                    )
                keys = {(row["source"], row["id"]) for row in rows}
                if keys <= taken:
                    break  # none, or what nobody could decide on: it stays where people see it
                taken |= keys
                released += len(rows)
                await self._take_released(rows)
        return released

    async def _take_released(self, rows: Sequence[asyncpg.Record]) -> None:
        """Take what waited; each keeps the digest it came under, so that a repeat is known."""
        raws = [raw_of(row) for row in rows]
        received, rejections = sift(raws, self._rules.everything, self._clock())
        digests = {(row["source"], row["id"]): row["digest"] for row in rows}
        waited = [
            replace(each, envelope=replace(each.envelope, digest=digests[each.key]))
            for each in received
        ]
        await self._execute(await self._tasks(waited), rejections)

    async def sweep_for_ever(self) -> None:
        """Release now and then what a crash or a race left waiting, until cancelled."""
        while True:
            try:
                await self.release()
            except PASSING as error:
                logger.warning("release waits: %s", error)
            await asyncio.sleep(SWEEP_SECONDS)


def _told(receipt: Receipt) -> tuple[str, str, str]:
    """Return under what a receipt is counted: outcome, source and, if rejected, the reason."""
    reason = receipt.rejection.reason if receipt.rejection else ""
    return receipt.outcome, receipt.source, reason


def _traceparent(raw: Raw) -> str | None:
    """Return the trace a message belongs to, before it is parsed: from its header or its body."""
    for name, value in raw.headers.items():
        if name.lower() in ("traceparent", "ce-traceparent"):
            return value
    found = telemetry.TRACEPARENT_IN_JSON.search(raw.body)
    return found[1].decode() if found else None


def raw_of(row: asyncpg.Record) -> Raw:
    """Return a message from the row that keeps it."""
    return Raw(row["subject"], json.loads(row["headers"]), row["body"], row["received_at"])


def broker_for(address: NatsAddress) -> NatsBroker:
    """Return the FastStream broker of a service; its connection never gives up."""
    return NatsBroker(
        address.url,
        name=address.name,
        security=NatsNKey.from_file(str(address.seed_file)),
        inbox_prefix=f"_INBOX_{address.name}",
        max_reconnect_attempts=-1,
        reconnect_time_wait=RECONNECT_DELAY_SECONDS,  # type: ignore[arg-type]
        error_cb=log_error,
        ping_interval=PING_SECONDS,
        graceful_timeout=STOP_SECONDS_MAX,
        apply_types=False,
        logger=None,
    )


@dataclass(frozen=True, slots=True)
class Batch:
    """Messages of one source as the broker delivered them; `stored_at` is when it had the first.

    That is the oldest, since what is delivered again comes before what is new; in seconds since
    1970.
    """

    raws: Sequence[Raw]
    stored_at: float

    @property
    def source(self) -> str:
        """Who said all this."""
        return self.raws[0].source_name


class Takers:
    """Takes an owner's messages in batches, a queue for each source, each source in its turn.

    Acknowledged once committed, sent again on error. One batch is worked on at a time, and whoever
    waits longest is next: a source that floods waits for its own turns, and others for one of its
    batches.
    """

    def __init__(self, broker: NatsBroker, owner: str, intake: Intake) -> None:
        """Bind where messages come from, and what takes them."""
        self._broker, self._owner, self._intake = broker, owner, intake
        self._turn = asyncio.Lock()  # first come, first served
        self._delay = telemetry.meter().create_histogram(
            "tandem.intake.delay",
            unit="s",
            description="From when the broker had the oldest message of a batch to its commit.",
            explicit_bucket_boundaries_advisory=telemetry.DELAY_BUCKETS,
        )

    async def take_from(self, source: str) -> None:
        """Begin to take what a source says.

        The decoder hands on raw messages: a typed batch with one bad message would never arrive.
        """
        config = intake_consumer(self._owner, source)
        subscriber = self._broker.subscriber(
            str(config.filter_subject),
            stream=JStream(INTAKE, declare=False),
            durable=config.durable_name,
            config=config,
            pull_sub=PullSub(batch_size=BATCH_MESSAGES_MAX, timeout=WAIT_SECONDS, batch=True),
            inbox_prefix=f"_INBOX_{self._owner}.".encode(),
            ack_policy=AckPolicy.NACK_ON_ERROR,
            decoder=_raw_batch,
        )
        subscriber(self._take)
        await subscriber.start()

    async def _take(self, batch: Batch) -> None:
        raws = batch.raws
        try:
            async with self._turn:
                await self._intake.receive(raws)
        except PASSING as error:
            logger.warning("intake waits: %s", error or type(error).__name__)
            await asyncio.sleep(RETRY_SECONDS)
            raise
        except Exception:
            # A fault of ours: FastStream would send the batch again without a word.
            logger.exception("intake failed", extra={"count": len(raws)})
            await asyncio.sleep(RETRY_SECONDS)
            raise
        self._delay.record(max(0.0, time.time() - batch.stored_at), {"source": batch.source})
        failpoint("intake.before_ack")


async def _raw_batch(message: NatsBatchMessage) -> Batch:
    now = system_clock()
    raws = [
        Raw(each.subject, dict(each.headers or {}), each.data, now) for each in message.raw_message
    ]
    return Batch(raws, message.raw_message[0].metadata.timestamp.timestamp())


async def announce_rejection(connection: Client, rejection: Rejection) -> None:
    """Tell the sender on `rejected.<source>`, without the data: they hold it themselves."""
    notice = {
        "id": rejection.id,
        "type": rejection.type,
        "reason": rejection.reason,
        "detail": rejection.detail,
        "hint": remedy(rejection.reason),
        "violations": [
            {"field": violation.field, "description": violation.description}
            for violation in rejection.violations
        ],
        "rejected_id": str(rejection.rejection_id),
        "traceparent": rejection.traceparent,
    }
    subject = f"rejected.{rejection.raw.source_name}"
    try:
        await connection.publish(subject, json.dumps(notice).encode())
    except nats.errors.Error as error:
        # The row is committed; the notice is a courtesy and must not send the batch again.
        logger.warning("cannot announce on %s: %s", subject, error)
