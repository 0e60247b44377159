"""Rejected messages taken again, or only looked at what that would do: asked of their owners."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import grpc.aio
from tandem.ledger.v1 import ledger_pb2 as pb
from tandem.ledger.v1 import ledger_pb2_grpc

from shared.effects import bearer

BATCH_MESSAGES = 100
OUTCOMES: Mapping[int, str] = {1: "recorded", 2: "duplicate", 3: "waiting"}
"""By the number of `Outcome` in proto/tandem/common."""


@dataclass
class Tally:
    """What became of messages that were taken again, or would.

    Attributes:
        outcomes: how many were recorded, came before, or wait.
        facts: how many were recorded.
        faults: what still cannot be accepted.
        preview: by owner, the facts that would be recorded.
    """

    outcomes: dict[str, int] = field(default_factory=dict)
    facts: int = 0
    faults: list[pb.ReplayedMessage] = field(default_factory=list)
    preview: dict[str, list[pb.LedgerFact]] = field(default_factory=dict)

    def add(self, owner: str, answer: pb.ReplayRejectedResponse) -> None:
        """Count an answer of a service."""
        for message in answer.messages:
            if message.WhichOneof("result") == "fault":
                self.faults.append(message)
                continue
            outcome = OUTCOMES[message.receipt.outcome]
            self.outcomes[outcome] = self.outcomes.get(outcome, 0) + 1
            if outcome == "recorded":
                self.facts += len(message.receipt.facts)
        self.preview.setdefault(owner, []).extend(answer.facts)


async def replay(
    channel: grpc.aio.Channel,
    owner: str,
    ids: Sequence[str],
    tally: Tally,
    *,
    dry_run: bool,
    token: str | None = None,
    on_batch: Callable[[int], None] = lambda count: None,
) -> None:
    """Take messages of one owner again, in batches, and count what became of them.

    Args:
        channel: to the owner.
        owner: its name.
        ids: of the rejected messages, oldest first.
        tally: where it is counted.
        dry_run: only tell what would be.
        token: whose right it is done under; the channel's own when left out.
        on_batch: told how many were taken.
    """
    stub = ledger_pb2_grpc.LedgerServiceStub(channel)
    for start in range(0, len(ids), BATCH_MESSAGES):
        batch = ids[start : start + BATCH_MESSAGES]
        request = pb.ReplayRejectedRequest(rejected_ids=batch, dry_run=dry_run)
        tally.add(owner, await stub.ReplayRejected(request, metadata=bearer(token)))
        on_batch(len(batch))
