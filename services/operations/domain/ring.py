"""When a partition of the ring is full or old, and which comes next."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

SLOTS = 16


@dataclass(frozen=True, slots=True)
class Slot:
    """A partition that is in use: since when, and how many bytes it takes."""

    number: int
    began_at: datetime
    bytes: int


@dataclass(frozen=True, slots=True)
class Next:
    """Where rows go now, and whether that begins anew."""

    number: int
    begins: bool


def next_slot(slots: Sequence[Slot], now: datetime, age_max: timedelta, bytes_max: int) -> Next:
    """Return the partition for new rows, of those in use or a new one.

    All partitions but the newest hold at most `age_max` together, and all of them `bytes_max`.
    """
    if not slots:
        return Next(0, begins=True)
    newest = max(slots, key=lambda slot: slot.began_at)
    is_old = now - newest.began_at >= age_max / (SLOTS - 1)
    if newest.bytes < bytes_max // SLOTS and not is_old:
        return Next(newest.number, begins=False)
    used = {slot.number for slot in slots}
    free = [number for number in range(SLOTS) if number not in used]
    oldest = min(slots, key=lambda slot: slot.began_at)
    return Next(free[0] if free else oldest.number, begins=True)


def outlived(slots: Sequence[Slot], now: datetime, age_max: timedelta) -> Iterator[int]:
    """Yield the partitions that hold nothing but what is too old: their successor is that old."""
    ordered = sorted(slots, key=lambda slot: slot.began_at)
    for slot, successor in pairwise(ordered):
        if now - successor.began_at >= age_max:
            yield slot.number
