"""What became of a message, told to whoever sent it: recorded, waiting, rejected, or not seen here.

Read from the tables that the intake writes in one transaction with the facts, so an answer never
runs ahead of what is durable.
"""

import json
from collections.abc import Sequence
from typing import Any

import asyncpg
from tandem.common.v1 import common_pb2
from tandem.ledger.v1 import ledger_pb2 as pb

from shared.contracts.attributes import EVENT_ID_CHARACTERS_MAX
from shared.errors import InvalidData, Violation
from shared.ledger import LedgerServicer, timestamp
from shared.rpc import caller
from shared.rpc.failures import Forbidden

IDS_MAX = 500


class ReceiptsServicer(LedgerServicer):
    """Serves a ledger, and what became of each message that came for it."""

    async def GetReceipts(
        self, request: pb.GetReceiptsRequest, context: Any
    ) -> pb.GetReceiptsResponse:
        """Return what became of some messages of one source."""
        source = _source(request)
        rows = await self._fetch("receipts", source, _ids(request.ids))
        return pb.GetReceiptsResponse(receipts=[_receipt(row) for row in rows])


def _source(request: pb.GetReceiptsRequest) -> str:
    """Return whose messages are meant.

    Raises:
        Forbidden: a publisher asks about another.
    """
    principal = caller()
    source = request.source if request.HasField("source") else principal.name
    if principal.role == "publisher" and source != principal.name:
        raise Forbidden(f"{principal.name} may ask about its own messages only")
    return source


def _ids(ids: Sequence[str]) -> list[str]:
    if not 1 <= len(ids) <= IDS_MAX:
        raise InvalidData([Violation("ids", f"are {len(ids)}, give 1 to {IDS_MAX}")])
    for place, id_ in enumerate(ids):
        if not 1 <= len(id_) <= EVENT_ID_CHARACTERS_MAX or "\0" in id_:
            raise InvalidData([Violation(f"ids.{place}", "is no id of a message")])
    return list(ids)


def _receipt(row: asyncpg.Record) -> pb.MessageReceipt:
    receipt = pb.MessageReceipt(id=row["id"], state=pb.MESSAGE_STATE_UNKNOWN)
    if row["rejection_id"] is not None:
        receipt.state = pb.MESSAGE_STATE_REJECTED
        receipt.rejection.CopyFrom(_rejection(row))
    if row["needs"] is not None:
        receipt.state = pb.MESSAGE_STATE_WAITING
        receipt.waiting_for = row["needs"]
        receipt.waiting_since.CopyFrom(timestamp(row["waiting_since"]))
    if row["inbox_at"] is not None:
        receipt.state = pb.MESSAGE_STATE_RECORDED
        receipt.digest = row["digest"]
        # What changed nothing has no fact, and was recorded when it came.
        receipt.recorded_at.CopyFrom(timestamp(row["recorded_at"] or row["inbox_at"]))
        facts = json.loads(row["facts"] or "[]")
        receipt.facts.extend(common_pb2.FactReference(**fact) for fact in facts)
    return receipt


def _rejection(row: asyncpg.Record) -> pb.MessageRejection:
    return pb.MessageRejection(
        rejected_id=str(row["rejection_id"]),
        reason=row["reason"],
        explanation=row["detail"],
        violations=[pb.Violation(**each) for each in json.loads(row["violations"])],
        rejected_at=timestamp(row["rejected_at"]),
    )
