"""Occurrences: on which date each lies, whether it was held, and who came."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.reporting.domain.dates import Dates, end_of_day, local_date, on_day
from services.reporting.domain.knowledge import Activity, OccurrenceState, Sitting, Turnout
from services.reporting.domain.registry import Parameters

ORGANISER_ROWS = ("joint", "NLC", "SCN", "other")
NOBODY = Turnout()


def date_of(state: OccurrenceState) -> Dates | None:
    """Return the local civil date of its start: the actual one when held, else the planned one."""
    if state.outcome == "held":
        if state.began is not None:
            return on_day(local_date(state.began, state.time_zone))
        if state.held_on is not None:
            return state.held_on
    return on_day(state.planned_on) if state.planned_on is not None else None


def start_of(state: OccurrenceState) -> datetime | None:
    """Return the instant before which a registration can be withdrawn.

    When only the date is known, that is the end of the day: nobody can tell whether somebody who
    withdrew in its course was early, so they do not count.
    """
    if state.began is not None:
        return state.began
    on = date_of(state)
    if state.outcome != "held" and state.planned_at is not None:
        return state.planned_at
    return end_of_day(on.last, state.time_zone) if on is not None else None


def long_enough(state: OccurrenceState, parameters: Parameters) -> bool:
    """Tell whether it was recorded as held and did not break off; unknown length is long enough."""
    if state.outcome != "held":
        return False
    if state.began is None or state.ended is None:
        return True
    return state.ended - state.began >= parameters.sitting_min


def was_held(state: OccurrenceState, turnout: Turnout, parameters: Parameters) -> bool:
    """Tell whether it was held: long enough, and not known to have been empty."""
    return long_enough(state, parameters) and not (
        _attendance_known(state) and not (turnout.attended or turnout.named or state.bare_count)
    )


def _attendance_known(state: OccurrenceState) -> bool:
    return state.final_roll_at is not None or state.bare_count is not None


def organisers_row(organisers: frozenset[str]) -> str:
    """Return the row of the partition: joint when both networks lead, else the one that does."""
    if {"NLC", "SCN"} <= organisers:
        return "joint"
    if "NLC" in organisers:
        return "NLC"
    return "SCN" if "SCN" in organisers else "other"


@dataclass(frozen=True, slots=True)
class Occurrence:
    """An occurrence with its date and with who took part."""

    state: OccurrenceState
    activity: Activity
    on: Dates
    turnout: Turnout
    held: bool
    timely: bool

    @property
    def sitting(self) -> Sitting:
        """Its keys."""
        return self.state.sitting

    @property
    def cancelled(self) -> bool:
        """Whether its latest word is that it will not be held."""
        return self.state.outcome == "cancelled"

    @property
    def final(self) -> bool:
        """Whether attendance is settled: a final roll, or a bare count."""
        return _attendance_known(self.state)

    @property
    def count_only(self) -> int:
        """The bare count, where no person is known; else 0."""
        return 0 if self.turnout.people else self.state.bare_count or 0

    @property
    def attendance(self) -> int:
        """People who met the rule, or the bare count where only that is known."""
        return self.turnout.attended + self.count_only

    @property
    def registrations_cancelled(self) -> int:
        """Registrations of a cancelled occurrence: as stated, else as counted."""
        stated = self.state.registrations_stated
        return self.turnout.registrations if stated is None else stated


def occurrences(
    states: Iterable[OccurrenceState],
    activities: Mapping[str, Activity],
    turnouts: Mapping[Sitting, Turnout],
    parameters: Parameters,
) -> list[Occurrence]:
    """Return the occurrences that have a date, in order of date and keys."""
    found = []
    for state in states:
        on = date_of(state)
        if on is None:
            continue
        turnout = turnouts.get(state.sitting, NOBODY)
        found.append(
            Occurrence(
                state=state,
                activity=activities.get(state.activity_id) or _unannounced(state.activity_id),
                on=on,
                turnout=turnout,
                held=was_held(state, turnout, parameters),
                timely=_timely(state, on, parameters),
            )
        )
    return sorted(found, key=lambda occurrence: (occurrence.on, occurrence.sitting))


def _timely(state: OccurrenceState, on: Dates, parameters: Parameters) -> bool:
    """Tell whether the first final attendance was recorded in time after the local day was over."""
    known = [moment for moment in (state.final_roll_at, state.counted_at) if moment is not None]
    if not known or not _attendance_known(state):
        return False
    limit = end_of_day(on.last, state.time_zone) + timedelta(days=parameters.timely_within_days)
    return min(known) <= limit


def _unannounced(activity_id: str) -> Activity:
    """Return what stands for an activity whose announcement has not been recorded yet."""
    return Activity(activity_id, "", "other", activity_id, frozenset())
