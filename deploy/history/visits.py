"""What becomes of each person at a sitting: registered, withdrew, stayed away, came and went."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

# What becomes of somebody, how often, and how many facts tell it: registered, withdrew, and each
# coming and going.
CAME, CAME_TWICE, WALKED_IN, STAYED_AWAY, WITHDREW = 3, 5, 2, 1, 2
ATTENDED_UNTIL, TWICE_UNTIL, WALK_IN_UNTIL, AWAY_UNTIL = 58, 65, 75, 92
"""Percentages, each with all before it; the rest withdraw."""
SHARE_COMING_IN_PERSON = 0.75


@dataclass(frozen=True, slots=True)
class Visit:
    """Somebody's part in a sitting: when they registered, withdrew, and came and went."""

    number: int
    registered_at: datetime | None
    withdrew_at: datetime | None
    intervals: tuple[tuple[datetime, datetime], ...]


def visits(
    numbers: Iterator[int],
    window: tuple[datetime, datetime],
    facts: int,
    random: Random,
    *,
    cancelled: bool,
    online: bool,
) -> Iterator[Visit]:
    """Yield the parts of as many people as these facts tell of, to the last fact.

    Args:
        numbers: who may come, each once.
        window: when the sitting begins and ends.
        facts: how many there are to tell.
        random: decides what becomes of each.
        cancelled: nobody comes, and who registered stays so.
        online: comings and goings are facts; otherwise the attendance file alone tells of them.
    """
    begins, ends = window
    left = facts
    for number in numbers:
        if left == 0:
            return
        registered_at = begins - timedelta(days=1 + 27 * random.random(), seconds=1)
        registered_at = registered_at.replace(microsecond=0)
        if cancelled or not online:
            comes = not cancelled and random.random() < SHARE_COMING_IN_PERSON
            intervals = ((begins, ends),) if comes else ()
            yield Visit(number, registered_at, None, intervals)
            left -= STAYED_AWAY
            continue
        percent = 100 * random.random()
        if left >= CAME and percent < ATTENDED_UNTIL:
            yield Visit(number, registered_at, None, (_interval(begins, ends, random),))
            left -= CAME
        elif left >= CAME_TWICE and percent < TWICE_UNTIL:
            yield Visit(number, registered_at, None, _twice(begins, ends, random))
            left -= CAME_TWICE
        elif left == WALKED_IN or (left > WALKED_IN and TWICE_UNTIL <= percent < WALK_IN_UNTIL):
            yield Visit(number, None, None, (_interval(begins, ends, random),))
            left -= WALKED_IN
        elif left == STAYED_AWAY or percent < AWAY_UNTIL:
            yield Visit(number, registered_at, None, ())
            left -= STAYED_AWAY
        else:
            yield Visit(number, registered_at, registered_at + timedelta(hours=6), ())
            left -= WITHDREW


def _interval(begins: datetime, ends: datetime, random: Random) -> tuple[datetime, datetime]:
    """Return when somebody came and went; one in twelve stays a few minutes only."""
    came = begins + timedelta(seconds=random.randint(0, 600))
    if random.random() < 1 / 12:
        return came, came + timedelta(seconds=random.randint(30, 280))
    return came, ends - timedelta(seconds=random.randint(0, 900))


def _twice(
    begins: datetime, ends: datetime, random: Random
) -> tuple[tuple[datetime, datetime], ...]:
    """Return the two stays of somebody whose line broke in the middle."""
    middle = begins + (ends - begins) / 2
    broke = random.randint(10, 120)
    came, went = _interval(begins, ends, random)
    return (came, max(came, middle - timedelta(seconds=broke))), (middle, max(middle, went))
