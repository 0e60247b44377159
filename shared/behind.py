"""How far consumers are behind, as values."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Lag:
    """A durable consumer, and what it has not taken.

    Attributes:
        service: who takes from it.
        source: whose messages; None for facts.
        pending: messages that were not delivered yet.
        ack_pending: delivered, and not acknowledged.
        redelivered: of these, delivered more than once.
        stored_at: since when the oldest that is not acknowledged lies at the broker; None when
            nothing is left.
        active_at: when something was delivered last; None when nothing ever was.
    """

    stream: str
    consumer: str
    service: str
    source: str | None
    pending: int
    ack_pending: int
    redelivered: int
    stored_at: datetime | None
    active_at: datetime | None

    def age(self, now: datetime) -> float:
        """Return for how many seconds the oldest message has waited; 0 when there is none."""
        return max(0.0, (now - self.stored_at).total_seconds()) if self.stored_at else 0.0


@dataclass(frozen=True, slots=True)
class Stream:
    """A stream: what it holds, and of how much."""

    name: str
    messages: int
    bytes: int
    bytes_max: int
    last_at: datetime | None


@dataclass(frozen=True, slots=True)
class Lags:
    """All streams and consumers, as of one look."""

    streams: Sequence[Stream]
    consumers: Sequence[Lag]
