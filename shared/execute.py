"""Commands into facts: decide, append, remember and queue for publishing, in one transaction.

A repeat of (source, id) changes nothing; what needs something unknown waits; what a rule forbids is
rejected; none of them holds up the rest of its batch. On VersionConflict everything is loaded and
decided again.
"""

import asyncio
import logging
import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import asyncpg

from shared import telemetry
from shared.contracts.values import CityPointer, CityReference, Fact, Person
from shared.decider import Command, Decider, PersonKey
from shared.draft import Draft, FactReference, Key, Receipt, Task, appended, bookkeeping
from shared.errors import InvalidData, Refused, VersionConflict, Violation
from shared.identifiers import new_ids
from shared.queries import SHARED_QUERIES, Connection, Queries, Row, Statement, run
from shared.recorded import Recorded, noun_of
from shared.sift import Raw, Received, Rejection, rejected
from shared.streams import Streams
from shared.telemetry.databases import writing

logger = logging.getLogger(__name__)

CONFLICT_RETRIES_MAX = 5
CONFLICT_DELAY_SECONDS = 0.02

Outcomes = Sequence[tuple[Raw, Receipt]]
"""Messages, each with what became of it."""
Closing = Callable[[Outcomes], Iterable[Statement | Row]]
"""What is written in the transaction of a batch because of what became of it."""


def nothing_more(outcomes: Outcomes) -> Iterable[Statement | Row]:
    """Write nothing more."""
    return ()


@dataclass(frozen=True, slots=True)
class Rules:
    """What one service adds to the shared core: all of it pure.

    `messages` come from outside, `decisions` from people and neighbours over gRPC alone.
    `needs` names what must exist before a command (else it waits), `provides` what a fact brings
    into being, `project` the rows of the service's own read model. `relays`: facts go out on FACTS.
    """

    ledger: str
    facts: Any
    messages: Any
    deciders: Mapping[str, Decider[Any]]
    stream_of: Callable[[Command], str]
    needs: Callable[[Command], str | None]
    provides: Callable[[Fact], str | None]
    project: Callable[[Recorded], Sequence[Statement | Row]]
    queries: Queries
    decisions: Any = None
    relays: bool = True

    @property
    def everything(self) -> Any:
        """The union of all that may be said, by whomever."""
        return self.messages if self.decisions is None else self.messages | self.decisions


def command_of(
    received: Received,
    now: datetime,
    cities: Mapping[CityReference, CityPointer] | None = None,
    people: Mapping[Person, PersonKey] | None = None,
) -> Command:
    """Return the command that a message asks for, with all that its names resolved to."""
    source, id_ = received.key
    return Command(
        said=received.message,
        source=source,
        id=id_,
        occurred_at=received.envelope.time,
        now=now,
        cities=cities or {},
        people=people or {},
    )


def outcomes_of(
    tasks: Sequence[Task], rejections: Sequence[Rejection], receipts: Sequence[Receipt]
) -> Outcomes:
    """Return each message with what became of it; receipts come in the order of both."""
    raws = [task.received.raw for task in tasks] + [rejection.raw for rejection in rejections]
    return list(zip(raws, receipts, strict=True))


class Executor:
    """Runs the commands of one service against its ledger."""

    def __init__(self, pool: asyncpg.Pool, rules: Rules) -> None:
        """Bind a service's rules to its database."""
        self._pool, self._rules = pool, rules
        self._queries = Queries(SHARED_QUERIES)
        self._fact_ids = new_ids()
        self._streams = Streams(pool, rules.facts, rules.deciders)

    async def execute(
        self,
        tasks: Sequence[Task],
        rejections: Sequence[Rejection] = (),
        *,
        keep_rejections: bool = True,
        closing: Closing = nothing_more,
    ) -> list[Receipt]:
        """Take a batch: all of it is committed when this returns, in one transaction.

        Args:
            tasks: what keeps the contract.
            rejections: what does not, to be kept in the same transaction.
            keep_rejections: False when the sender waits for the answer and is told.
            closing: what else is written in the transaction, once the receipts are known.

        Returns:
            A receipt for each task and rejection. Tasks come first, in the order given.

        Raises:
            VersionConflict: other writers came first CONFLICT_RETRIES_MAX times.
            shared.database.TRANSIENT: the database did not answer; the outcome is unknown, so
                send the same ids again.
        """
        for attempt in range(CONFLICT_RETRIES_MAX):
            try:
                async with self._pool.acquire() as connection, connection.transaction():
                    draft = await self._attempt(connection, tasks, rejections)
                    if not keep_rejections:
                        draft.rejections.clear()
                    await self._write(connection, draft)
                    outcomes = outcomes_of(tasks, rejections, draft.receipts)
                    await run(connection, self._queries, closing(outcomes))
                self._streams.keep(draft.streams)
                return draft.receipts
            except asyncpg.UniqueViolationError as error:
                if attempt == CONFLICT_RETRIES_MAX - 1:
                    raise VersionConflict(str(error.detail or "ledger"), attempt) from error
                await asyncio.sleep(CONFLICT_DELAY_SECONDS * random.uniform(0, 2**attempt))  # noqa: S311
            except asyncpg.DataError as error:
                return await self._isolate(tasks, rejections, error, keep_rejections, closing)
        raise AssertionError("unreachable")

    async def rehearse(self, tasks: Sequence[Task], rejections: Sequence[Rejection] = ()) -> Draft:
        """Return what a batch would do: it is written, and taken back.

        Raises:
            VersionConflict: another writer was at the same streams; ask again.
            InvalidData: the database refuses something of it.
            shared.database.TRANSIENT: the database did not answer.
        """
        async with self._pool.acquire() as connection:
            transaction = connection.transaction()
            await transaction.start()
            try:
                draft = await self._attempt(connection, tasks, rejections)
                draft.rejections.clear()
                await self._write(connection, draft)
            except asyncpg.UniqueViolationError as error:
                raise VersionConflict(str(error.detail or "ledger"), 0) from error
            except asyncpg.DataError as error:
                raise InvalidData(
                    [Violation("data", f"the database refuses it: {error}")]
                ) from None
            finally:
                await transaction.rollback()
        return draft

    async def _isolate(
        self,
        tasks: Sequence[Task],
        rejections: Sequence[Rejection],
        error: asyncpg.DataError,
        keep: bool,
        closing: Closing,
    ) -> list[Receipt]:
        """Take the batch one by one, so that the value PostgreSQL refuses harms nobody else."""
        if not tasks:
            raise error
        if len(tasks) == 1:
            poison = rejected(
                tasks[0].received, "invalid_data", f"the database refuses it: {error}"
            )
            refused = [poison, *rejections]
            return await self.execute([], refused, keep_rejections=keep, closing=closing)
        receipts = []
        for task in tasks:
            receipts += await self.execute([task], keep_rejections=keep, closing=closing)
        return receipts + await self.execute([], rejections, keep_rejections=keep, closing=closing)

    async def _attempt(
        self, connection: Connection, tasks: Sequence[Task], rejections: Sequence[Rejection]
    ) -> Draft:
        known = await self._known(connection, tasks)
        waiting = await self._waiting(connection, tasks)
        streams = [self._rules.stream_of(task.command) for task in tasks]
        needs = [self._rules.needs(task.command) for task in tasks]
        draft = Draft(
            streams=await self._streams.load(connection, streams),
            provided=await self._provided(connection, needs),
            waited=frozenset(waiting),
            traceparent=telemetry.traceparent_here(),
        )
        seen: dict[Key, tuple[bytes, Receipt]] = {}
        for task, stream, needed in zip(tasks, streams, needs, strict=True):
            key, digest = task.received.key, task.received.envelope.digest
            before = known.get(key) or seen.get(key)
            if before is None and waiting.get(key, digest) == digest:
                receipt = self._decide(draft, task, stream, needed)
                seen[key] = (digest, receipt)
            elif before is None or before[0] != digest:
                detail = f"id {key[1]!r} was used before with other content"
                receipt = self._reject(draft, rejected(task.received, "id_reused", detail))
            elif before[1].outcome == "recorded":
                receipt = replace(before[1], outcome="duplicate")
            else:
                receipt = before[1]
            draft.receipts.append(receipt)
        draft.receipts += [self._reject(draft, rejection) for rejection in rejections]
        return draft

    async def _known(
        self, connection: Connection, tasks: Sequence[Task]
    ) -> dict[Key, tuple[bytes, Receipt]]:
        """Return what became of the keys that came before: recorded, or still waiting."""
        keys = [list(part) for part in zip(*(task.received.key for task in tasks), strict=True)]
        if not keys:
            return {}
        accepted = await connection.fetch(self._queries["inbox_known"], *keys)
        facts = await self._facts(connection, accepted)
        return {
            (row["source"], row["id"]): (
                row["digest"],
                Receipt(
                    row["source"],
                    row["id"],
                    "recorded",
                    tuple(
                        facts[place] for place in zip(row["streams"], row["versions"], strict=True)
                    ),
                ),
            )
            for row in accepted
        }

    async def _facts(
        self, connection: Connection, accepted: Sequence[asyncpg.Record]
    ) -> dict[tuple[str, int], FactReference]:
        places = [
            place for row in accepted for place in zip(row["streams"], row["versions"], strict=True)
        ]
        if not places:
            return {}
        rows = await connection.fetch(
            self._queries["receipt_facts"], *map(list, zip(*places, strict=True))
        )
        return {(row["stream"], row["version"]): FactReference(**row) for row in rows}

    async def _waiting(self, connection: Connection, tasks: Sequence[Task]) -> dict[Key, bytes]:
        keys = [list(part) for part in zip(*(task.received.key for task in tasks), strict=True)]
        rows = await connection.fetch(self._queries["waiting_known"], *keys) if keys else []
        return {(row["source"], row["id"]): row["digest"] for row in rows}

    async def _provided(self, connection: Connection, needs: Sequence[str | None]) -> set[str]:
        needed = sorted({key for key in needs if key is not None})
        rows = await connection.fetch(self._queries["provided_keys"], needed) if needed else []
        return {row["key"] for row in rows}

    def _decide(self, draft: Draft, task: Task, stream: str, needed: str | None) -> Receipt:
        source, id_ = task.received.key
        if needed is not None and needed not in draft.provided:
            draft.waits.append((task, needed))
            return Receipt(source, id_, "waiting", waiting_for=needed)
        version, state = draft.streams[stream]
        decider = self._rules.deciders[noun_of(stream)]
        try:
            facts = decider.decide(task.command, state)
            for fact in facts:
                state = decider.evolve(state, fact)
        except Refused as error:
            return self._reject(draft, rejected(task.received, "refused", str(error)))
        except Exception as error:
            # A fault of ours must not hold up the batch: kept, logged, replayed after the mending.
            detail = f"a rule failed on it ({type(error).__name__}); replay after the repair"
            rejection = rejected(task.received, "refused", detail)
            # Not the id that its sender chose, which may tell of somebody.
            named = {"stream": stream, "source": source, "id": str(rejection.rejection_id)}
            logger.exception("rule failed", extra=named)
            return self._reject(draft, rejection)
        entries = [
            self._entry(draft, task, stream, version + n, fact)
            for n, fact in enumerate(facts, start=1)
        ]
        draft.streams[stream] = version + len(facts), state
        draft.entries += entries
        draft.provided |= {key for fact in facts if (key := self._rules.provides(fact))}
        references = tuple(
            FactReference(entry.stream, entry.version, entry.fact.TYPE, entry.fact_id)
            for entry in entries
        )
        draft.tasks_done.append((task, references))
        return Receipt(source, id_, "recorded", references)

    def _entry(self, draft: Draft, task: Task, stream: str, version: int, fact: Fact) -> Recorded:
        source, id_ = task.received.key
        return Recorded(
            ledger=self._rules.ledger,
            stream=stream,
            version=version,
            position=0,
            fact_id=next(self._fact_ids),
            fact=fact,
            occurred_at=task.command.occurred_at,
            recorded_at=task.command.now,
            source=source,
            source_id=id_,
            traceparent=telemetry.onward(task.received.envelope.traceparent, draft.traceparent),
        )

    @staticmethod
    def _reject(draft: Draft, rejection: Rejection) -> Receipt:
        traceparent = telemetry.onward(rejection.traceparent, draft.traceparent)
        rejection = replace(rejection, traceparent=traceparent)
        draft.rejections.append(rejection)
        source = rejection.raw.source_name
        return Receipt(source, rejection.id or "", "rejected", rejection=rejection)

    async def _write(self, connection: Connection, draft: Draft) -> None:
        with writing("ledger.append", self._rules.ledger, _described(draft.entries)):
            await self._append(connection, draft)

    async def _append(self, connection: Connection, draft: Draft) -> None:
        if draft.entries:
            rows = await connection.fetch(self._queries["places"], len(draft.entries))
            places = [(row["position"], row["appended_at"]) for row in rows]
            rows_added = appended(draft, places, relays=self._rules.relays)
            await run(connection, self._queries, rows_added)
        await run(connection, self._queries, bookkeeping(draft, self._rules.provides))
        projected = [row for entry in draft.entries for row in self._rules.project(entry)]
        await run(connection, self._rules.queries, projected)


def _described(entries: Sequence[Recorded]) -> telemetry.Attributes:
    """Return what a span says of facts: how many, and where the first stands if one message led
    to all of them, so that the trace of an event leads to what it recorded.
    """
    if len({(entry.source, entry.source_id) for entry in entries}) != 1:
        return {"tandem.facts": len(entries)}
    first = entries[0]
    return {
        "tandem.facts": len(entries),
        "tandem.stream": first.stream,
        "tandem.version": first.version,
    }
