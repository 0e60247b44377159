"""What became of a batch of messages, and the rows that say so."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from shared.contracts.values import Fact
from shared.decider import Command
from shared.queries import Row, Statement
from shared.recorded import Recorded
from shared.sift import Raw, Received, Rejection
from shared.streams import Versioned

Outcome = Literal["recorded", "duplicate", "waiting", "rejected"]
Key = tuple[str, str]
"""The idempotency key (source, id)."""


@dataclass(frozen=True, slots=True)
class Task:
    """A received message with the command that follows from it."""

    received: Received
    command: Command


@dataclass(frozen=True, slots=True)
class FactReference:
    """Where a fact stands: its stream and version, and its id on the wire."""

    stream: str
    version: int
    type: str
    fact_id: UUID


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of one message."""

    source: str
    id: str
    outcome: Outcome
    facts: tuple[FactReference, ...] = ()
    waiting_for: str | None = None
    rejection: Rejection | None = None


@dataclass(slots=True)
class Draft:
    """What one attempt at a batch will write: nothing of it is true before the commit.

    `streams` is where each stream stands after what was decided so far, `provided` the keys that
    exist, `waited` those of the batch that waited until now, `traceparent` the span of the batch.
    """

    streams: dict[str, Versioned]
    provided: set[str]
    waited: frozenset[Key] = frozenset()
    traceparent: str | None = None
    receipts: list[Receipt] = field(default_factory=list)
    entries: list[Recorded] = field(default_factory=list)
    tasks_done: list[tuple[Task, tuple[FactReference, ...]]] = field(default_factory=list)
    waits: list[tuple[Task, str]] = field(default_factory=list)
    rejections: list[Rejection] = field(default_factory=list)


def appended(
    draft: Draft, places: Sequence[tuple[int, datetime]], *, relays: bool = True
) -> Iterator[Row]:
    """Yield the rows of the ledger and, where it `relays`, of the outbox, at these positions."""
    for entry, (position, appended_at) in zip(draft.entries, places, strict=True):
        yield Row(
            "ledger",
            (
                position,
                entry.stream,
                entry.version,
                entry.fact_id,
                entry.fact.TYPE,
                entry.fact.model_dump_json(exclude_none=True),
                entry.occurred_at,
                entry.recorded_at,
                appended_at,
                entry.source,
                entry.source_id,
                entry.traceparent,
            ),
        )
        if relays:
            yield Row("outbox", (position,))


def bookkeeping(draft: Draft, provides: Callable[[Fact], str | None]) -> Iterator[Statement | Row]:
    """Yield what is remembered, provided, waits, waits no longer and is rejected."""
    for task, references in draft.tasks_done:
        streams, versions = [r.stream for r in references], [r.version for r in references]
        digest, at = task.received.envelope.digest, task.received.raw.received_at
        yield Row("inbox", (*task.received.key, digest, at, streams, versions))
    provided = {key for entry in draft.entries if (key := provides(entry.fact)) is not None}
    if provided:
        yield Statement("provide", (sorted(provided),))
    for task, needed in draft.waits:
        raw, envelope = task.received.raw, task.received.envelope
        waiting = (*task.received.key, envelope.type, needed, envelope.digest)
        yield Statement("wait", (*waiting, *_as_came(raw)))
    for rejection in draft.rejections:
        yield Statement("reject", _rejected_row(rejection))
    settled = sorted(_settled(draft) & draft.waited)
    if settled:
        sources, ids = map(list, zip(*settled, strict=True))
        yield Statement("wait_no_longer", (sources, ids))


def _settled(draft: Draft) -> set[Key]:
    """Return the keys on which the last word was said, now or before."""
    refused = {
        (rejection.raw.source_name, rejection.id)
        for rejection in draft.rejections
        if rejection.id is not None and rejection.reason == "refused"
    }
    repeated = {
        (receipt.source, receipt.id) for receipt in draft.receipts if receipt.outcome == "duplicate"
    }
    return {task.received.key for task, _ in draft.tasks_done} | refused | repeated


def _as_came(raw: Raw) -> tuple[Any, ...]:
    headers = {_storable(name): _storable(value) for name, value in raw.headers.items()}
    return _storable(raw.subject), json.dumps(headers), raw.body, raw.received_at


def _storable(text: str) -> str:
    """Return the text without what PostgreSQL cannot hold: NUL, which may stand in a header."""
    return text.encode("utf-8", "backslashreplace").decode().replace("\0", "\\x00")


def _rejected_row(rejection: Rejection) -> tuple[Any, ...]:
    subject, headers, body, received_at = _as_came(rejection.raw)
    violations = [{"field": v.field, "description": v.description} for v in rejection.violations]
    return (
        rejection.rejection_id,
        rejection.raw.source_name,
        rejection.id,
        rejection.type,
        rejection.reason,
        rejection.detail,
        json.dumps(violations),
        subject,
        headers,
        body,
        rejection.traceparent,
        received_at,
    )
