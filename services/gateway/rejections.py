"""The messages of one source that could not be accepted, asked of the services that keep them."""

import asyncio
from collections.abc import Mapping
from datetime import UTC
from typing import Any

import grpc.aio
from tandem.ledger.v1 import ledger_pb2 as ledger
from tandem.ledger.v1 import ledger_pb2_grpc

from shared.errors import Unavailable

REJECTIONS_MAX = 100


class Rejections:
    """Asks the owners, on behalf of whoever sent the messages."""

    def __init__(self, channels: Mapping[str, grpc.aio.Channel]) -> None:
        """Bind a channel to each owner."""
        self._stubs = {
            name: ledger_pb2_grpc.LedgerServiceStub(each) for name, each in channels.items()
        }

    async def of(self, source: str) -> list[dict[str, Any]]:
        """Return the last REJECTIONS_MAX of a source, newest first; without what they said.

        Raises:
            Unavailable: an owner does not answer.
        """
        request = ledger.ListRejectedRequest(page_size=REJECTIONS_MAX, source=source)
        try:
            answers = await asyncio.gather(
                *(stub.ListRejected(request) for stub in self._stubs.values())
            )
        except grpc.aio.AioRpcError as error:
            raise Unavailable(f"an owner does not answer: {error.details()}") from None
        found = [
            _document(service, message)
            for service, answer in zip(self._stubs, answers, strict=True)
            for message in answer.messages
        ]
        found.sort(key=lambda each: (each["rejected_at"], each["rejected_id"]), reverse=True)
        return found[:REJECTIONS_MAX]


def _document(service: str, message: ledger.RejectedMessage) -> dict[str, Any]:
    return {
        "rejected_id": message.rejected_id,
        "id": message.id if message.HasField("id") else None,
        "type": message.type if message.HasField("type") else None,
        "service": service,
        "reason": message.reason,
        "explanation": message.explanation,
        "violations": [],
        "rejected_at": message.rejected_at.ToDatetime(UTC).isoformat(),
    }
