"""Reporting periods: quarters and years of the two calendars, and when each is settled."""

import re
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum

from services.reporting.domain.dates import Dates
from services.reporting.domain.registry import Parameters

YEAR_MIN, YEAR_MAX = 1900, 2199
MONTHS_PER_QUARTER = 3
QUARTERS_ROLLING = 4
NLC_MONTHS_AHEAD = 3

IDENTIFIER = re.compile(r"^(?P<fiscal>(?:NLC[ -])?FY)?(?P<year>[0-9]{4})(?:-Q(?P<quarter>[1-4]))?$")


class UnknownPeriod(ValueError):
    """The name means no period; the message says which names do."""


class Calendar(StrEnum):
    """The calendar year, or the fiscal year of NLC: October to September, named by its end."""

    CIVIL = "civil"
    NLC = "nlc"


class Status(StrEnum):
    """How settled a report is."""

    OPEN = "open"
    PROVISIONAL = "provisional"
    FINAL = "final"
    REVISED = "revised"


@dataclass(frozen=True, slots=True)
class Period:
    """A quarter of a year, or a year when `quarter` is None."""

    calendar: Calendar
    year: int
    quarter: int | None

    @property
    def id(self) -> str:
        """Its name in an address: 2024-Q1, 2024, FY2024-Q2, FY2024."""
        fiscal = "FY" if self.calendar is Calendar.NLC else ""
        quarter = f"-Q{self.quarter}" if self.quarter else ""
        return f"{fiscal}{self.year:04}{quarter}"

    @property
    def name(self) -> str:
        """Its name on paper: 2024-Q1, NLC FY2024-Q2."""
        return f"NLC {self.id}" if self.calendar is Calendar.NLC else self.id

    @property
    def dates(self) -> Dates:
        """Its first and its last day."""
        months = 12 if self.quarter is None else MONTHS_PER_QUARTER
        return Dates(_first_of(self._month), _first_of(self._month + months) - timedelta(days=1))

    @property
    def rolling_four(self) -> Dates | None:
        """The four quarters that end with this one; None for a year."""
        if self.quarter is None:
            return None
        months = (QUARTERS_ROLLING - 1) * MONTHS_PER_QUARTER
        return Dates(_first_of(self._month - months), self.dates.last)

    @property
    def year_before(self) -> Dates | None:
        """The same quarter a year before; None for a year, whose previous one that is."""
        return None if self.quarter is None else replace(self, year=self.year - 1).dates

    @property
    def four_quarters_before(self) -> Dates:
        """The four quarters before its first day."""
        months = QUARTERS_ROLLING * MONTHS_PER_QUARTER
        return Dates(_first_of(self._month - months), self.dates.first - timedelta(days=1))

    @property
    def windows(self) -> list[Dates]:
        """The windows its figures are counted over."""
        more = [window for window in (self.year_before, self.rolling_four) if window is not None]
        return [self.dates, self.previous().dates, *more]

    @property
    def recent(self) -> Dates:
        """The days of all windows its figures are counted over."""
        return Dates(min(window.first for window in self.windows), self.dates.last)

    def span(self, epoch: date) -> Dates:
        """Return the days that matter to its figures.

        They reach back to the epoch, and to what the period before looks back at.
        """
        before = self.previous()
        first = min(epoch, before.previous().dates.first, before.four_quarters_before.first)
        return Dates(first, self.dates.last)

    @property
    def also(self) -> tuple[str, ...]:
        """The names of the same days in the other calendar; a year has none."""
        if self.quarter is None:
            return ()
        other = Calendar.CIVIL if self.calendar is Calendar.NLC else Calendar.NLC
        return (quarter_of(self.dates.first, other).name,)

    def previous(self) -> "Period":
        """Return the quarter or the year before, in the same calendar."""
        if self.quarter is None:
            return Period(self.calendar, self.year - 1, None)
        return quarter_of(self.dates.first - timedelta(days=1), self.calendar)

    def following(self) -> "Period":
        """Return the quarter or the year after, in the same calendar."""
        if self.quarter is None:
            return Period(self.calendar, self.year + 1, None)
        return quarter_of(self.dates.last + timedelta(days=1), self.calendar)

    def status_on(self, day: date, parameters: Parameters) -> Status:
        """Return how settled a report on it is on a day, by the calendar alone."""
        if day < self.provisional_on(parameters):
            return Status.OPEN
        return Status.PROVISIONAL if day < self.final_on(parameters) else Status.FINAL

    def provisional_on(self, parameters: Parameters) -> date:
        """Return the day from which its report is provisional."""
        return self.dates.last + timedelta(days=parameters.provisional_after_days)

    def final_on(self, parameters: Parameters) -> date:
        """Return the day from which its report is final."""
        return self.dates.last + timedelta(days=parameters.final_after_days)

    def next_release(self, day: date, parameters: Parameters) -> tuple[Status, date] | None:
        """Return the next step of its report and the day of it; None once it is final."""
        match self.status_on(day, parameters):
            case Status.OPEN:
                return Status.PROVISIONAL, self.provisional_on(parameters)
            case Status.PROVISIONAL:
                return Status.FINAL, self.final_on(parameters)
            case _:
                return None

    @property
    def _month(self) -> int:
        """Months from year 0 to its first one."""
        ahead = NLC_MONTHS_AHEAD if self.calendar is Calendar.NLC else 0
        return self.year * 12 + MONTHS_PER_QUARTER * ((self.quarter or 1) - 1) - ahead


def parse_period(text: str, calendar: Calendar = Calendar.CIVIL) -> Period:
    """Return the period of a name such as 2024-Q1, 2024, FY2024-Q2 or NLC FY2024-Q2.

    A name without FY is counted in the given calendar.

    Raises:
        UnknownPeriod: the name means no period.
    """
    found = IDENTIFIER.fullmatch(text)
    if found is None or not YEAR_MIN <= int(found["year"]) <= YEAR_MAX:
        raise UnknownPeriod(
            f"{text!r} names no period: write 2024-Q1 for a quarter, 2024 for a year, "
            "and FY2024-Q2 or FY2024 for those of the NLC fiscal year"
        )
    quarter = int(found["quarter"]) if found["quarter"] else None
    return Period(Calendar.NLC if found["fiscal"] else calendar, int(found["year"]), quarter)


def quarter_of(day: date, calendar: Calendar = Calendar.CIVIL) -> Period:
    """Return the quarter in which a day lies."""
    month = day.year * 12 + day.month - 1
    if calendar is Calendar.NLC:
        month += NLC_MONTHS_AHEAD
    return Period(calendar, month // 12, month % 12 // MONTHS_PER_QUARTER + 1)


def quarters_within(window: Dates) -> list[Period]:
    """Return the quarters that lie in a window, the first one first."""
    found, quarter = [], quarter_of(window.first)
    while quarter.dates.last <= window.last:
        if quarter.dates.lies_in(window):
            found.append(quarter)
        quarter = quarter.following()
    return found


def stretch_of(on: Dates, epoch: date) -> Dates:
    """Return the days around a stated date that no window of a report tells apart from it.

    Windows are quarters, four quarters in a row, and what lies behind the epoch of the partnership;
    so this is a quarter, cut at the epoch, or the stated date itself where it fits into neither.
    """
    quarter = quarter_of(on.first).dates
    if not on.lies_in(quarter):
        return on
    if quarter.first < epoch <= quarter.last:
        for part in (Dates(quarter.first, epoch - timedelta(days=1)), Dates(epoch, quarter.last)):
            if on.lies_in(part):
                return part
        return on
    return quarter


def windows_around(stretch: Dates) -> list[Dates]:
    """Return the windows over which people are told apart that hold a stretch.

    They are its quarter and the four quarters ending with that one and with each of the next
    three; a year of either calendar is among the latter.
    """
    quarter = quarter_of(stretch.first)
    windows = [quarter.dates] if stretch.lies_in(quarter.dates) else []
    for _ in range(QUARTERS_ROLLING):
        rolling = quarter.rolling_four
        if rolling is not None and stretch.lies_in(rolling):
            windows.append(rolling)
        quarter = quarter.following()
    return windows


def _first_of(month: int) -> date:
    return date(month // 12, month % 12 + 1, 1)
