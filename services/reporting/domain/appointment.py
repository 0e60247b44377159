"""An appointment: a sitting as a calendar shows it, whatever became of it."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from services.reporting.domain.knowledge import Activity, OccurrenceState


@dataclass(frozen=True, slots=True)
class Appointment:
    """A sitting that was announced, in its latest state.

    Args:
        announced_at, changed_at: when the first and the last fact about it were recorded.
        changes: how many facts have changed it since the first.
        minutes: how long it is to take, as announced.
    """

    state: OccurrenceState
    activity: Activity
    announced_at: datetime
    changed_at: datetime
    changes: int
    minutes: int | None = None

    @property
    def starts(self) -> datetime | date | None:
        """When it began, else when it is to begin; a date when only that is known, or nothing."""
        state, zone = self.state, ZoneInfo(self.state.time_zone)
        if state.began is not None:
            return state.began.astimezone(zone)
        if state.held_on is not None and state.held_on.first == state.held_on.last:
            return state.held_on.first
        if state.planned_at is not None:
            return state.planned_at.astimezone(zone)
        return state.planned_on

    @property
    def ends(self) -> datetime | None:
        """When it ended, if that is known; of one that is to begin, when it is to end."""
        state, zone = self.state, ZoneInfo(self.state.time_zone)
        if state.began is not None:
            return None if state.ended is None else state.ended.astimezone(zone)
        if state.held_on is not None or state.planned_at is None or self.minutes is None:
            return None
        # Counted in UTC: clocks may be changed in between.
        return (state.planned_at + timedelta(minutes=self.minutes)).astimezone(zone)

    @property
    def cancelled(self) -> bool:
        """Whether its latest word is that it will not be held."""
        return self.state.outcome == "cancelled"
