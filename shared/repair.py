"""What an owner could not record, or not yet: looked at, taken again, or put aside by people.

A rejected message is replayed by the very way it came: the same bytes, the same rules, the same
(source, id). So to replay twice is to replay once, and what still cannot be accepted stays as it
is, with the reason of today told to whoever asked.
"""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
from pydantic import TypeAdapter, ValidationError
from tandem.ledger.v1 import ledger_pb2 as pb

from shared.clock import Clock
from shared.contracts.values import Reason
from shared.database import PAGE_BYTES_MAX
from shared.draft import Receipt
from shared.errors import InvalidData, NotFound, Refused, Violation
from shared.execute import Outcomes
from shared.hints import hint_for, json_path
from shared.intake import Intake, raw_of
from shared.ledger import timestamp
from shared.paging import Key, page_size, page_start, page_token
from shared.queries import Statement
from shared.receipts import ReceiptsServicer
from shared.recorded import Recorded, messages_by_type
from shared.remedies import remedy
from shared.rpc import caller, to_receipt
from shared.schemas import UNIONS
from shared.sift import Raw

REPLAYED_MAX = 100
ID_CHARACTERS_MIN = 4
ID_DIGITS = 32
JUDGED_BY_RULES = frozenset({"refused", "id_reused"})
"""Reasons given to what had passed as a message that the service takes, from whomever it came."""

_reason: TypeAdapter[str] = TypeAdapter(Reason)


class RepairServicer(ReceiptsServicer):
    """Serves a ledger, what it could not record, and what people do about that."""

    def __init__(self, pool: asyncpg.Pool, intake: Intake, clock: Clock) -> None:
        """Bind the service's database and its way in."""
        super().__init__(pool)
        self._intake, self._clock = intake, clock

    async def ListRejected(
        self, request: pb.ListRejectedRequest, context: Any
    ) -> pb.ListRejectedResponse:
        """Return a page of what could not be accepted, newest first."""
        size = page_size(request)
        at, rejection_id = page_start(request, (None, None))
        rows = await self._fetch(
            "rejected_page",
            request.source if request.HasField("source") else None,
            request.reason if request.HasField("reason") else None,
            _moment(at),
            rejection_id,
            request.repaired_too,
            size + 1,
            PAGE_BYTES_MAX,
        )
        shown = rows[:size]
        return pb.ListRejectedResponse(
            messages=[_rejected(row) for row in shown],
            next_page_token=_next(rows, len(shown), "rejection_id", found=_found(rows)),
        )

    async def GetRejected(
        self, request: pb.GetRejectedRequest, context: Any
    ) -> pb.GetRejectedResponse:
        """Return one rejected message."""
        return pb.GetRejectedResponse(message=_rejected(await self._one(request.rejected_id)))

    async def ReplayRejected(
        self, request: pb.ReplayRejectedRequest, context: Any
    ) -> pb.ReplayRejectedResponse:
        """Take rejected messages again, or say what would be."""
        rows = await self._fetch("rejected_messages", _ids(request.rejected_ids))
        known = {str(row["rejection_id"]) for row in rows}
        for wanted in request.rejected_ids:
            if wanted not in known:
                raise NotFound(f"no message was rejected under {wanted!r}")
        told: dict[str, pb.ReplayedMessage] = {}
        facts: list[Recorded] = []
        for decisions in (False, True):
            some = [row for row in rows if (row["reason"] in JUDGED_BY_RULES) is decisions]
            if some and request.dry_run:
                rehearsed = await self._intake.rehearse(_raws(some), decisions=decisions)
                told |= _told(some, rehearsed.outcomes)
                facts += rehearsed.facts
            elif some:
                told |= _told(some, await self._replay(some, decisions))
        return pb.ReplayRejectedResponse(
            messages=[told[str(row["rejection_id"])] for row in rows],
            facts=[_fact(fact) for fact in facts],
        )

    async def _replay(self, rows: Sequence[asyncpg.Record], decisions: bool) -> Outcomes:
        by, now, kept = caller().name, self._clock(), _by_message(rows)

        def closing(outcomes: Outcomes) -> Iterable[Statement]:
            for raw, receipt in outcomes:
                for rejection_id in kept[_message(raw)]:
                    yield Statement("repair", (rejection_id, *_repaired(receipt, by), now))

        return await self._intake.replay(_raws(rows), decisions=decisions, closing=closing)

    async def DiscardRejected(
        self, request: pb.DiscardRejectedRequest, context: Any
    ) -> pb.DiscardRejectedResponse:
        """Decide that a rejected message is not to be taken."""
        try:
            reason = _reason.validate_python(request.reason)
        except ValidationError:
            raise InvalidData([Violation("reason", "say why, in 1 to 1000 characters")]) from None
        row = await self._one(request.rejected_id)
        if row["how"] == "replayed":
            raise Refused(
                f"{row['rejection_id']} was replayed and taken by {row['by_whom']}: "
                "what was recorded stands"
            )
        said = (row["rejection_id"], "discarded", caller().name, reason, None, self._clock())
        async with self._pool.acquire() as connection:
            await connection.execute(self._queries["repair"], *said)
        return pb.DiscardRejectedResponse(message=_rejected(await self._one(request.rejected_id)))

    async def ListWaiting(
        self, request: pb.ListWaitingRequest, context: Any
    ) -> pb.ListWaitingResponse:
        """Return a page of what waits for what it speaks of, longest waiting first."""
        size = page_size(request)
        at, key = page_start(request, (None, None))
        rows = await self._fetch(
            "waiting_page",
            request.waiting_for if request.HasField("waiting_for") else None,
            _moment(at),
            key,
            size + 1,
        )
        return pb.ListWaitingResponse(
            messages=[_waiting(row) for row in rows[:size]],
            next_page_token=_next(rows, size, "key"),
        )

    async def _one(self, beginning: str) -> asyncpg.Record:
        """Return the message whose id begins so.

        Raises:
            NotFound: none does.
            InvalidData: several do, or it cannot be the beginning of an id.
        """
        first, last = _between(beginning)
        rows = await self._fetch("rejected_between", first, last, 2)
        if not rows:
            raise NotFound(f"no message was rejected under {beginning!r}")
        if len(rows) > 1:
            raise InvalidData([Violation("rejected_id", "several begin so; give more of it")])
        return rows[0]


def _between(beginning: str) -> tuple[UUID, UUID]:
    digits = beginning.replace("-", "")
    if not ID_CHARACTERS_MIN <= len(digits) <= ID_DIGITS:
        problem = f"give {ID_CHARACTERS_MIN} to {ID_DIGITS} hexadecimal digits of it"
        raise InvalidData([Violation("rejected_id", problem)])
    try:
        return UUID(digits.ljust(ID_DIGITS, "0")), UUID(digits.ljust(ID_DIGITS, "f"))
    except ValueError:
        raise InvalidData([Violation("rejected_id", "is not hexadecimal")]) from None


def _ids(texts: Sequence[str]) -> list[UUID]:
    if not 1 <= len(texts) <= REPLAYED_MAX:
        problem = f"name 1 to {REPLAYED_MAX} of them, not {len(texts)}"
        raise InvalidData([Violation("rejected_ids", problem)])
    try:
        return [UUID(text) for text in texts]
    except ValueError:
        raise InvalidData([Violation("rejected_ids", "each is a UUID")]) from None


def _message(raw: Raw) -> tuple[str, str, bytes]:
    """Return what tells one message of a batch from every other."""
    return raw.subject, json.dumps(sorted(raw.headers.items())), raw.body


def _raws(rows: Sequence[asyncpg.Record]) -> list[Raw]:
    """Return the messages, each once: one may have been rejected for two reasons."""
    return list({_message(raw): raw for raw in map(raw_of, rows)}.values())


def _by_message(rows: Sequence[asyncpg.Record]) -> dict[tuple[str, str, bytes], list[UUID]]:
    """Return the ids under which each message is kept."""
    ids: dict[tuple[str, str, bytes], list[UUID]] = {}
    for row in rows:
        ids.setdefault(_message(raw_of(row)), []).append(row["rejection_id"])
    return ids


def _repaired(receipt: Receipt, by: str) -> tuple[str, str, str | None, str]:
    """Return what is written of a message that was taken again: how, by whom, why, what came."""
    if receipt.rejection is None:
        return "replayed", by, None, receipt.outcome
    # Without the sentence: it may quote what the message says of somebody.
    return "retried", by, None, receipt.rejection.reason


def _told(rows: Sequence[asyncpg.Record], outcomes: Outcomes) -> dict[str, pb.ReplayedMessage]:
    kept = _by_message(rows)
    return {
        str(id_): _replayed(str(id_), receipt)
        for raw, receipt in outcomes
        for id_ in kept[_message(raw)]
    }


def _replayed(rejected_id: str, receipt: Receipt) -> pb.ReplayedMessage:
    if receipt.rejection is None:
        return pb.ReplayedMessage(rejected_id=rejected_id, receipt=to_receipt(receipt))
    fault = receipt.rejection
    return pb.ReplayedMessage(
        rejected_id=rejected_id,
        fault=pb.Fault(
            reason=fault.reason,
            explanation=fault.detail,
            violations=_violations(fault.violations, fault.type, fault.id),
            hint=remedy(fault.reason),
        ),
    )


def _violations(
    violations: Sequence[Violation], type_: str | None, id_: str | None
) -> list[pb.Violation]:
    """Return each fault with its place in the JSON, and what would be right there.

    A message whose attributes could be read has an id; then it is its data that are at fault,
    except for a time that lies ahead.
    """
    types = {name: each for union in UNIONS for name, each in messages_by_type(union).items()}
    message = types.get(type_ or "") if id_ is not None else None
    told = []
    for each in violations:
        ahead = message is not None and each.field == "time" and "time" not in message.model_fields
        at_fault = None if ahead else message
        told.append(
            pb.Violation(
                field=each.field,
                description=each.description,
                hint=hint_for(at_fault, each),
                path=json_path(each.field, within_data=at_fault is not None),
            )
        )
    return told


def _rejected(row: asyncpg.Record) -> pb.RejectedMessage:
    return pb.RejectedMessage(
        rejected_id=str(row["rejection_id"]),
        subject=row["subject"],
        source=row["source"],
        id=row["id"],
        type=row["type"],
        reason=row["reason"],
        explanation=row["detail"],
        headers=json.loads(row["headers"]),
        body=row["body"],
        rejected_at=timestamp(row["received_at"]),
        traceparent=row["traceparent"],
        violations=_violations(
            [Violation(**each) for each in json.loads(row["violations"])], row["type"], row["id"]
        ),
        hint=remedy(row["reason"]),
        repair=None
        if row["how"] is None
        else pb.Repair(
            how=row["how"],
            by=row["by_whom"],
            reason=row["repair_reason"],
            outcome=row["outcome"],
            at=timestamp(row["at"]),
        ),
    )


def _fact(fact: Recorded) -> pb.LedgerFact:
    return pb.LedgerFact(
        stream=fact.stream,
        version=fact.version,
        fact_id=str(fact.fact_id),
        type=fact.fact.TYPE,
        data=fact.fact.model_dump_json(exclude_none=True).encode(),
        occurred_at=timestamp(fact.occurred_at),
        recorded_at=timestamp(fact.recorded_at),
        source=fact.source,
        source_id=fact.source_id,
        traceparent=fact.traceparent,
    )


def _waiting(row: asyncpg.Record) -> pb.WaitingMessage:
    return pb.WaitingMessage(
        source=row["source"],
        id=row["id"],
        type=row["type"],
        waiting_for=row["needs"],
        waiting_since=timestamp(row["received_at"]),
    )


def _moment(at: Key | None) -> datetime | None:
    return None if at is None else datetime.fromisoformat(str(at))


def _found(rows: Sequence[asyncpg.Record]) -> int:
    """Return how many there are, one more than a page at most; their bytes may have ended it."""
    return rows[0]["found"] if rows else 0


def _next(rows: Sequence[asyncpg.Record], size: int, key: str, found: int | None = None) -> str:
    """Return the token behind the last row of a page; `found` where fewer rows than that came."""
    last = rows[min(size, len(rows)) - 1] if rows else None
    if last is None:
        return ""
    there = range(len(rows) if found is None else found)
    return page_token(there, size, last["received_at"].isoformat(), str(last[key]))
