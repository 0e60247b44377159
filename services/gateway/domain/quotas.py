"""How much a credential may send: token buckets of requests, events and bytes.

A bucket holds a burst and fills at a steady rate; who takes more than is in it waits. Only known
credentials have buckets, and the least lately used go when there are too many.
"""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil

BUCKETS_MAX = 4096


@dataclass(frozen=True, slots=True)
class Quota:
    """A steady rate, and how much may come at once."""

    per_second: float
    burst: float

    @property
    def window_seconds(self) -> int:
        """In how many seconds an empty bucket is full."""
        return max(1, ceil(self.burst / self.per_second))


@dataclass(slots=True)
class _Bucket:
    left: float
    at: float

    def refill(self, quota: Quota, now: float) -> None:
        self.left = min(quota.burst, self.left + max(0.0, now - self.at) * quota.per_second)
        self.at = now


@dataclass(frozen=True, slots=True)
class Level:
    """How full one bucket is: what is left of which quota, and when it is full again."""

    name: str
    quota: Quota
    left: int
    full_in_seconds: int


class Exceeded(Exception):
    """There is not enough left; nothing was taken."""

    def __init__(self, name: str, quota: Quota, retry_seconds: int) -> None:
        """Keep which quota it is, and when there will be enough."""
        super().__init__(f"more than {quota.per_second:g} {name} a second")
        self.name, self.quota, self.retry_seconds = name, quota, retry_seconds


class Quotas:
    """The buckets of every credential."""

    def __init__(self, quotas: Mapping[str, Quota], buckets_max: int = BUCKETS_MAX) -> None:
        """Bind the quotas by name."""
        self._quotas, self._buckets_max = quotas, buckets_max
        self._buckets: OrderedDict[str, dict[str, _Bucket]] = OrderedDict()

    def take(self, credential: str, now: float, **amounts: float) -> None:
        """Take from several buckets of a credential, from all or from none.

        Args:
            credential: the name of who sends.
            now: seconds of a clock that only goes forward.
            amounts: how much of which quota.

        Raises:
            Exceeded: one of them holds less; it names how long to wait.
        """
        buckets = self._of(credential, now)
        for name, amount in amounts.items():
            quota, bucket = self._quotas[name], buckets[name]
            lacking = min(amount, quota.burst) - bucket.left
            if lacking > 0:
                raise Exceeded(name, quota, max(1, ceil(lacking / quota.per_second)))
        for name, amount in amounts.items():
            # What is larger than the burst empties the bucket below zero, and is paid for later.
            buckets[name].left -= amount

    def levels(self, credential: str, now: float) -> list[Level]:
        """Return how full the buckets of a credential are."""
        buckets = self._of(credential, now)
        return [
            Level(
                name,
                quota,
                max(0, int(buckets[name].left)),
                ceil((quota.burst - buckets[name].left) / quota.per_second),
            )
            for name, quota in self._quotas.items()
        ]

    def _of(self, credential: str, now: float) -> dict[str, _Bucket]:
        buckets = self._buckets.get(credential)
        if buckets is None:
            buckets = {name: _Bucket(quota.burst, now) for name, quota in self._quotas.items()}
            self._buckets[credential] = buckets
            if len(self._buckets) > self._buckets_max:
                self._buckets.popitem(last=False)
        self._buckets.move_to_end(credential)
        for name, bucket in buckets.items():
            bucket.refill(self._quotas[name], now)
        return buckets
