"""Asking the services themselves, over gRPC, what became of an event; for who has no gateway."""

from collections.abc import Mapping
from datetime import UTC
from pathlib import Path

import grpc
import grpc.aio
from tandem.ledger.v1 import ledger_pb2 as ledger
from tandem.ledger.v1 import ledger_pb2_grpc
from tandem.reporting.v1 import reporting_pb2 as reporting
from tandem.reporting.v1 import reporting_pb2_grpc

from shared.client.errors import CannotAsk, NotAllowed, Rejected, Unreachable
from shared.client.event import placed
from shared.client.receipt import FactPlace, State, Told
from shared.errors import Violation
from shared.rpc.client import channel

REPORTING = "reporting"
MILLISECONDS = 1000
NOT_ALLOWED = frozenset({grpc.StatusCode.UNAUTHENTICATED, grpc.StatusCode.PERMISSION_DENIED})


class Services:
    """The services by their addresses, under one bearer token."""

    def __init__(self, addresses: Mapping[str, str], token_file: Path) -> None:
        """Bind where each service answers: {"events": "127.0.0.1:50052", "reporting": …}."""
        self._addresses, self._token_file = dict(addresses), token_file
        self._channels: dict[str, grpc.aio.Channel] = {}

    async def close(self) -> None:
        """Close the channels."""
        while self._channels:
            await self._channels.popitem()[1].close()

    async def told(
        self, service: str, id_: str, report_seconds: float | None, source: str | None = None
    ) -> Told:
        """Return what became of an event: of one's own, or of a `source` that one may ask about."""
        stub = ledger_pb2_grpc.LedgerServiceStub(self._channel(service))
        try:
            request = ledger.GetReceiptsRequest(ids=[id_], source=source)
            answer = await stub.GetReceipts(request)
            return await self._told(service, answer.receipts[0], report_seconds)
        except grpc.aio.AioRpcError as error:
            if error.code() in NOT_ALLOWED:
                raise NotAllowed(str(error.details())) from None
            raise Unreachable(f"{service} does not answer: {error.details()}") from None

    async def _told(
        self, service: str, receipt: ledger.MessageReceipt, report_seconds: float | None
    ) -> Told:
        facts = tuple(
            FactPlace(fact.stream, fact.version, fact.type, fact.fact_id) for fact in receipt.facts
        )
        state = State(ledger.MessageState.Name(receipt.state).rpartition("_")[2].lower())
        recorded = state is State.RECORDED
        return Told(
            receipt.id,
            state,
            facts,
            receipt.recorded_at.ToDatetime(UTC) if recorded else None,
            receipt.waiting_for if receipt.HasField("waiting_for") else None,
            _rejected(receipt) if receipt.HasField("rejection") else None,
            recorded
            and report_seconds is not None
            and await self._reported(service, facts, report_seconds),
            receipt.digest.hex() if recorded else None,
        )

    async def _reported(
        self, service: str, facts: tuple[FactPlace, ...], wait_seconds: float
    ) -> bool:
        if not facts:
            return True  # it changed nothing
        if REPORTING not in self._addresses:
            return False
        stub = reporting_pb2_grpc.ReportingServiceStub(self._channel(REPORTING))
        places = [reporting.FactPlace(stream=each.stream, version=each.version) for each in facts]
        answer = await stub.GetProjected(
            reporting.GetProjectedRequest(
                ledger=service,
                places=places,
                wait_milliseconds=round(wait_seconds * MILLISECONDS),
            )
        )
        return bool(answer.reported)

    def _channel(self, service: str) -> grpc.aio.Channel:
        """Return the channel to a service, opened by the loop that first asks it."""
        if service not in self._addresses:
            raise CannotAsk(f"no address of {service} was given")
        if service not in self._channels:
            address = self._addresses[service]
            self._channels[service] = channel(address, token_file=self._token_file)
        return self._channels[service]


def _rejected(receipt: ledger.MessageReceipt) -> Rejected:
    rejection = receipt.rejection
    return Rejected(
        receipt.id,
        rejection.reason,
        rejection.explanation,
        # It is known by its id, so its envelope could be read.
        placed(
            [Violation(each.field, each.description) for each in rejection.violations],
            rejection.explanation,
            envelope_read=True,
        ),
        rejection.rejected_id,
    )
