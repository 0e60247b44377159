"""What is heard of sources: from the subjects of INTAKE, and from what was recorded last.

It is asked when somebody looks, and kept for a while: nobody needs it to the second.
"""

import asyncio
import time
from collections.abc import Mapping
from datetime import datetime

import grpc.aio
from tandem.ledger.v1 import ledger_pb2, ledger_pb2_grpc

from services.operations.calling import asking
from services.operations.domain.producers import Heard, Known
from shared.access import Access
from shared.errors import TandemError
from shared.lag import Broker
from shared.messaging import INTAKE

KEPT_SECONDS = 15.0
SUBJECTS_MAX = 500
RECORDED_MAX = 2_000
"""So many facts of each ledger are looked at, the last ones."""
ANSWER_SECONDS_MAX = 10.0


class Hearing:
    """What is heard of sources."""

    def __init__(
        self, broker: Broker, channels: Mapping[str, grpc.aio.Channel], access: Access
    ) -> None:
        """Bind whom to ask: the broker, the ledgers by name, and who knows the credentials."""
        self._broker, self._channels, self._access = broker, channels, access
        self._asking = asyncio.Lock()
        self._heard, self._heard_at = Heard(), -KEPT_SECONDS

    def known(self) -> Mapping[str, Known]:
        """Return the sources that have a credential."""
        found: dict[str, Known] = {}
        for each in self._access.publishers():
            keys = found[each.name].keys if each.name in found else ()
            found[each.name] = Known(each.services, each.types, (*keys, each.made_at))
        return found

    async def heard(self) -> Heard:
        """Return what is heard of sources, as of a moment ago.

        Raises:
            Unavailable: the broker does not answer.
        """
        async with self._asking:
            if time.monotonic() - self._heard_at > KEPT_SECONDS:
                self._heard, self._heard_at = await self._listen(), time.monotonic()
            return self._heard

    async def _listen(self) -> Heard:
        types: dict[str, dict[str, int]] = {}
        last_at: dict[str, datetime] = {}
        counts = await self._broker.subjects(INTAKE, "intake.>")
        for subject, count in list(counts.items())[:SUBJECTS_MAX]:
            _, source, service, name = subject.split(".", 3)
            last = await self._broker.last(INTAKE, subject)
            at, type_ = last or (None, "")
            types.setdefault(source, {})[type_ or f"{service}.{name}"] = count
            if at is not None:
                last_at[source] = max(at, last_at.get(source, at))
        delays: dict[str, list[float]] = {}
        for ledger in self._channels:
            await self._recorded(ledger, delays)
        return Heard(last_at, types, delays)

    async def _recorded(self, ledger: str, delays: dict[str, list[float]]) -> None:
        """Add how late the last facts of a ledger were; of one that is silent nothing is known."""
        try:
            with asking(ledger):
                stub = ledger_pb2_grpc.LedgerServiceStub(self._channels[ledger])
                heads = stub.ReadHeads(
                    ledger_pb2.ReadHeadsRequest(after_position=2**62, omit_total=True),
                    timeout=ANSWER_SECONDS_MAX,
                )
                settled = [each.settled_position async for each in heads][-1]
                facts = stub.ReadLedger(
                    ledger_pb2.ReadLedgerRequest(after_position=max(0, settled - RECORDED_MAX)),
                    timeout=ANSWER_SECONDS_MAX,
                )
                async for batch in facts:
                    for fact in batch.facts:
                        late = fact.recorded_at.ToDatetime() - fact.occurred_at.ToDatetime()
                        delays.setdefault(fact.source, []).append(late.total_seconds())
        except TandemError:
            return
