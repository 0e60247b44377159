"""Civil dates as they were stated: to the day, to the month or to the year only."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

FOREVER = datetime(9999, 1, 1, tzinfo=UTC)
"""Later than anything recorded: "known at" this moment is what is known now."""


@dataclass(frozen=True, slots=True, order=True)
class Dates:
    """The days from `first` to `last`, both included: a stated date, or a reporting window.

    A date stated as "2024-03" may be any day of that month, so it lies in the first quarter; one
    stated as "2023" lies in that year and in no quarter of it.
    """

    first: date
    last: date

    def lies_in(self, window: "Dates") -> bool:
        """Tell whether every day it may mean falls into the window."""
        return window.first <= self.first and self.last <= window.last

    def may_lie_in(self, window: "Dates") -> bool:
        """Tell whether some day it may mean falls into the window."""
        return self.first <= window.last and window.first <= self.last

    @property
    def certain(self) -> date:
        """The day by which it has happened for certain."""
        return self.last

    def stated(self) -> str:
        """Return it as it was stated: 2024-03-27, 2024-03 or 2024."""
        if self.first == self.last:
            return self.first.isoformat()
        if (self.first.year, self.first.month) == (self.last.year, self.last.month):
            return f"{self.first:%Y-%m}"
        return f"{self.first:%Y}"


def on_day(day: date) -> Dates:
    """Return the dates of a single day."""
    return Dates(day, day)


def stated_dates(text: str) -> Dates:
    """Return the days that "2024-03-27", "2024-03" or "2024" may mean."""
    match [int(part) for part in text.split("-")]:
        case [year]:
            return Dates(date(year, 1, 1), date(year, 12, 31))
        case [year, month]:
            return Dates(date(year, month, 1), date(year, month, monthrange(year, month)[1]))
        case [year, month, day]:
            return on_day(date(year, month, day))
        case _:
            raise ValueError(f"{text!r} is not a date")


def local_date(moment: datetime, time_zone: str) -> date:
    """Return the civil date of an instant in a time zone: what people there write down."""
    return moment.astimezone(ZoneInfo(time_zone)).date()


def instant_of(local: str, time_zone: str) -> datetime | None:
    """Return the instant of a local time, or None for a date without a time.

    Where the clocks skip or repeat the time, the reading before the change is taken: a fact that
    was recorded is read, not judged.
    """
    if "T" not in local:
        return None
    return datetime.fromisoformat(local).replace(tzinfo=ZoneInfo(time_zone)).astimezone(UTC)


def end_of_day(day: date, time_zone: str) -> datetime:
    """Return the instant at which a day is over in a time zone."""
    midnight = datetime.combine(day + timedelta(days=1), time(), tzinfo=ZoneInfo(time_zone))
    return midnight.astimezone(UTC)
