"""Who takes part: numbers in place of names, each from one city or from none that is known."""

from collections.abc import Iterator, Sequence
from random import Random
from typing import Any

from deploy.history.cities import City

KNUTH = 2_654_435_761
"""Spreads neighbouring numbers; odd, so that no two of 2**32 meet."""
WORD = 1 << 32
SHARE_WITHOUT_CITY = 0.12
POSITIONS = ("elected", "staff", "staff", "staff", "police", "civil_society", "other", None)


class People:
    """A population of a history; what is asked of somebody follows from their number."""

    def __init__(self, count: int, cities: Sequence[City], prefix: str, seed: int) -> None:
        """Take how many there are (a power of two) and where they may come from."""
        self._count, self._cities, self._prefix = count, cities, prefix
        self._shift = Random(f"{seed}/people").randrange(WORD)  # noqa: S311 - reproducible

    def some(self, random: Random) -> Iterator[int]:
        """Yield everybody once, from anybody on: an odd stride goes round a power of two."""
        number, stride = random.randrange(self._count), 2 * random.randrange(self._count // 2) + 1
        for _ in range(self._count):
            yield number
            number = (number + stride) % self._count

    def person(self, number: int) -> dict[str, Any]:
        """Return how the publisher knows somebody."""
        return {"id": f"{self._prefix}-person-{number}"}

    def city(self, number: int) -> dict[str, str] | None:
        """Return the city somebody belongs to: large ones send more people."""
        known, where = self._fraction(number, 1), self._fraction(number, 2)
        if known < SHARE_WITHOUT_CITY:
            return None
        return {"city_id": self._cities[int(len(self._cities) * where**1.5)].city_id}

    def position(self, number: int) -> str | None:
        """Return what somebody is in their city, where that is known."""
        return POSITIONS[int(len(POSITIONS) * self._fraction(number, 3))]

    def _fraction(self, number: int, question: int) -> float:
        """Return a number from 0 to 1 that belongs to a person and a question."""
        mixed = ((number + self._shift) * KNUTH * question) % WORD
        return ((mixed ^ (mixed >> 15)) * KNUTH % WORD) / WORD
