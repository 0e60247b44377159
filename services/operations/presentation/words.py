"""Values as an operator reads them: durations, moments, counts, figures."""

from datetime import datetime
from typing import Any

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


def seconds(value: float) -> str:
    """Return a duration given in seconds, with its unit: "0 s", "3.2 s", "2 h"."""
    return duration(value * MICROSECONDS_PER_SECOND) if value >= 0.0005 else "0 s"


def ago(now: datetime, at: datetime) -> str:
    """Return how long ago something was: "3 min"."""
    return seconds(max(0.0, round((now - at).total_seconds())))


SIZES = ((1_000_000_000, "GB"), (1_000_000, "MB"), (1_000, "kB"))


def size(count: int) -> str:
    """Return a number of bytes: "1.2 MB"."""
    for step, unit in SIZES:
        if count >= step:
            return f"{count / step:.1f} {unit}"
    return f"{count} bytes"


def figure(value: Any) -> str:
    """Return the value of a figure: "1,234", "82.5"; a dash where there is none."""
    if value is None:
        return "–"
    if not isinstance(value, float):
        return str(value)
    return f"{value:,.1f}" if value % 1 else f"{value:,.0f}"
