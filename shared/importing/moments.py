"""Dates and times as platforms write them, in the zone that is told; what is unclear is refused."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from shared.contracts.values import local_instant

TIME = (
    r"(?P<hour>\d{1,2}):(?P<minute>\d\d)(?::(?P<second>\d\d)(?:\.\d+)?)?"
    r"(?:\s*(?P<half>[AaPp])\.?[Mm]\.?)?"
)
OFFSET = r"(?:\s*(?P<offset>[Zz]|UTC|GMT|[+-]\d\d:?\d\d))?"
CLOCK = rf"(?:(?:,|T|\s)\s*{TIME}{OFFSET})?"
FORMS = (
    re.compile(rf"(?P<year>\d{{4}})[-/](?P<month>\d{{1,2}})[-/](?P<day>\d{{1,2}}){CLOCK}"),
    re.compile(rf"(?P<name>[A-Za-z]{{3,9}})\.?\s+(?P<day>\d{{1,2}}),?\s+(?P<year>\d{{4}}){CLOCK}"),
    re.compile(rf"(?P<day>\d{{1,2}})\s+(?P<name>[A-Za-z]{{3,9}})\.?,?\s+(?P<year>\d{{4}}){CLOCK}"),
    re.compile(rf"(?P<one>\d{{1,2}})[/.](?P<two>\d{{1,2}})[/.](?P<year>\d{{4}}|\d\d){CLOCK}"),
)
MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()
CENTURY = 2000


@dataclass(frozen=True, slots=True)
class Clock:
    """How a file tells time.

    Args:
        zone: the IANA time zone of its local times.
        day_first: whether 03/04/2024 is the 3rd of April; else it is the 4th of March.
    """

    zone: str
    day_first: bool = False

    @property
    def tz(self) -> ZoneInfo:
        """The zone."""
        return ZoneInfo(self.zone)

    def instant(self, text: str) -> datetime:
        """Return the moment that a text tells, in UTC.

        Raises:
            ValueError: it tells none, or a time that the clocks of the zone skip or show twice.
        """
        wall, offset = self._read(text)
        if offset:
            stamp = "+00:00" if offset.upper() in {"Z", "UTC", "GMT"} else offset
            return datetime.fromisoformat(f"{wall.isoformat()}{stamp}").astimezone(UTC)
        moment = local_instant(wall.isoformat(timespec="seconds"), self.zone)
        assert moment is not None  # noqa: S101 - only a date without a time has none
        return moment

    def day(self, text: str) -> date:
        """Return the local date that a text tells, with or without a time of day.

        Raises:
            ValueError: it tells none.
        """
        return self._read(text, timeless=True)[0].date()

    def _read(self, text: str, *, timeless: bool = False) -> tuple[datetime, str | None]:
        """Return the time on the wall, and the offset when the text tells one."""
        for form in FORMS:
            if (found := form.fullmatch(text.strip())) is None:
                continue
            parts = found.groupdict()
            if parts["hour"] is None and not timeless:
                raise ValueError(f"{text!r} has no time of day")
            try:
                wall = datetime(*self._date(parts), *_time(parts))  # noqa: DTZ001 - on the wall
            except ValueError:
                raise ValueError(self._no_date(text, parts)) from None
            return wall, parts["offset"]
        raise ValueError(f"{text!r} is no date and time that is known here")

    def _date(self, parts: dict[str, str | None]) -> tuple[int, int, int]:
        year = int(parts["year"] or 0)
        year += CENTURY if year < 100 else 0
        if parts.get("name"):
            return year, MONTHS.index(str(parts["name"])[:3].casefold()) + 1, int(parts["day"] or 0)
        if parts.get("one"):
            one, two = int(parts["one"] or 0), int(parts["two"] or 0)
            month, day = (two, one) if self.day_first else (one, two)
            return year, month, day
        return year, int(parts["month"] or 0), int(parts["day"] or 0)

    def _no_date(self, text: str, parts: dict[str, str | None]) -> str:
        if not parts.get("one"):
            return f"{text!r} is a date or a time that does not exist"
        written = "day first" if self.day_first else "month first"
        other = "month-first" if self.day_first else "day-first"
        return f"{text!r} is no date when it is read {written}; perhaps --dates {other}"


def _time(parts: dict[str, str | None]) -> tuple[int, int, int]:
    if parts["hour"] is None:
        return 0, 0, 0
    hour, half = int(parts["hour"]), (parts["half"] or "").casefold()
    if half and not 1 <= hour <= 12:
        raise ValueError("there is no such hour")
    if half:
        hour = hour % 12 + (12 if half == "p" else 0)
    return hour, int(parts["minute"] or 0), int(parts["second"] or 0)
