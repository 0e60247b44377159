"""Percentages, in one place, so that the same share is rounded the same way everywhere."""

from decimal import ROUND_HALF_UP, Decimal


def percent(part: int, whole: int) -> float | None:
    """Return a share in percent, to one decimal, halves up; None of nothing."""
    if whole == 0:
        return None
    exact = Decimal(100 * part) / Decimal(whole)
    return float(exact.quantize(Decimal("0.1"), rounding=ROUND_HALF_UP))


def difference(now: float, before: float) -> int | float:
    """Return how much a figure moved; between percentages in points, to one decimal."""
    if isinstance(now, int) and isinstance(before, int):
        return now - before
    return float(round(Decimal(str(now)) - Decimal(str(before)), 1))
