"""Values as an operator reads them: durations, moments, counts."""

from datetime import datetime

MICROSECONDS_PER_SECOND = 1_000_000
UNITS = (
    (86_400 * MICROSECONDS_PER_SECOND, "d"),
    (3_600 * MICROSECONDS_PER_SECOND, "h"),
    (60 * MICROSECONDS_PER_SECOND, "min"),
    (MICROSECONDS_PER_SECOND, "s"),
    (1_000, "ms"),
)
DIGITS_MAX = 3


def duration(microseconds: float) -> str:
    """Return a duration with its unit: "340 µs", "12.5 ms", "3.2 s", "2 h"."""
    for size, unit in UNITS:
        if microseconds >= size:
            value = microseconds / size
            digits = max(0, DIGITS_MAX - 1 - len(str(int(value))))
            text = f"{value:.{digits}f}"
            return f"{text.rstrip('0').rstrip('.') if '.' in text else text} {unit}"
    return f"{microseconds:.0f} µs"


def moment(at: datetime) -> str:
    """Return a moment to the second, in UTC: "2026-11-22 12:00:03"."""
    return f"{at:%Y-%m-%d %H:%M:%S}"


def clock(at: datetime) -> str:
    """Return the time of day to the millisecond: "12:00:03.120"."""
    return f"{at:%H:%M:%S}.{at.microsecond // 1_000:03d}"


def counted(count: int, one: str, many: str | None = None) -> str:
    """Return a count with its noun: "1 trace", "2 traces"."""
    return f"{count:,} {one if count == 1 else many or f'{one}s'}"
