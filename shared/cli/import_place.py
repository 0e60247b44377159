"""Which activity a file speaks of, what is known of it, and the zone of the file's times."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from shared.cli.import_state import known_activities
from shared.cli.system import System, run
from shared.contracts.messages.events import ScheduleActivity
from shared.contracts.values import SOLE_OCCURRENCE, known_time_zones, local_instant
from shared.embedded.data_directory import OperatorError
from shared.importing.drafting import Draft
from shared.importing.known import KnownActivity
from shared.importing.mapping import Mapping as Words
from shared.importing.moments import Clock
from shared.importing.reading import FileRefused, Tally

PLANNED_OFF_MAX = timedelta(minutes=50)


class Dates(StrEnum):
    """How 03/04/2024 is read."""

    MONTH_FIRST = "month-first"
    DAY_FIRST = "day-first"


class Place:
    """Which activity a file speaks of, what is known of it, and the zone of the file's times."""

    def __init__(
        self,
        system: System,
        words: Words,
        activity: str | None,
        time_zone: str | None,
        dates: Dates,
        outside_id: str | None,
    ) -> None:
        """Ask what is known of the activity that is told, or that the mapping names.

        Raises:
            OperatorError: nothing tells which one it is.
        """
        told = activity or (words.activity(outside_id) if outside_id else None)
        if told is None:
            said = f" `{outside_id}` stands in the file." if outside_id else ""
            raise OperatorError(
                f"Say which activity it is: --activity ID, or [activities] in the mapping.{said}"
            )
        self.activity_id = told
        self._zone, self._day_first = zone_named(time_zone), dates is Dates.DAY_FIRST
        found = run(lambda: known_activities(system, [told]))
        self.known: KnownActivity | None = found.get(told)
        self.title = self.known.title if self.known else None

    def zone(self, occurrence: str | None = None) -> str:
        """Return the zone told, else that of the activity."""
        zone = self._zone
        if zone is None and self.known is not None:
            zone = self.known.zone_of(occurrence) if occurrence else self.known.time_zone
        if zone is None:
            raise FileRefused(
                "the file tells no time zone, and the activity is not known yet: give --time-zone"
            )
        return zone

    def clock(self, occurrence: str | None = None) -> Clock:
        """Return how the file tells time."""
        return Clock(self.zone(occurrence), day_first=self._day_first)

    def day(self, occurrence: str) -> str | None:
        """Return the day an occurrence is planned for, or was held on."""
        sitting = self.known.occurrences.get(occurrence) if self.known else None
        return sitting.day if sitting else None

    def starts(self, occurrence: str) -> datetime | None:
        """Return when an occurrence begins by the plan; noon where only the day is known."""
        sitting = self.known.occurrences.get(occurrence) if self.known else None
        if sitting is None or self.known is None:
            return None
        zone = self.known.zone_of(occurrence)
        if sitting.starts_at is None:
            return sitting.started_at
        local = sitting.starts_at if "T" in sitting.starts_at else f"{sitting.starts_at}T12:00"
        return local_instant(local, zone)

    def announced(
        self,
        kind: str | None,
        title: str | None,
        organisers: Sequence[str] | None,
        *,
        start: datetime | None,
        minutes: int | None,
        occurrence: str,
    ) -> list[Draft]:
        """Return the announcement of an activity that nobody knows, where organisers are told."""
        if self.known is not None or not organisers:
            return []
        if kind is None or title is None or start is None:
            raise OperatorError("To announce it, give --kind and --title; the file tells no start.")
        tally = Tally()
        drafts = []
        with tally.at(0):
            local = start.astimezone(self.clock().tz).strftime("%Y-%m-%dT%H:%M")
            sitting: dict[str, Any] = {"occurrence": occurrence, "starts_at": local}
            message = ScheduleActivity.model_validate(
                {
                    "activity_id": self.activity_id,
                    "kind": kind,
                    "title": title,
                    "organisers": tuple(organisers),
                    "starts_at": local,
                    "time_zone": self.zone(),
                    "duration_minutes": minutes or None,
                    "occurrences": (sitting,) if occurrence != SOLE_OCCURRENCE else (),
                }
            )
            drafts.append(Draft(message, start))
        tally.result(())
        return drafts

    def about(self, occurrence: str, announced: Sequence[Draft]) -> list[tuple[str, str]]:
        """Return what the summary says of the activity and of the file's times."""
        known = self.known
        if known is not None:
            sitting = known.occurrences.get(occurrence)
            state = f"{sitting.state}, {sitting.day or 'no day'}" if sitting else "not known so far"
            said = f"{self.activity_id}: {known.kind}, {' and '.join(known.organisers)}"
        else:
            state = "not known so far"
            said = f"{self.activity_id}: " + (
                "announced by this" if announced else "not known, so that its events wait for it"
            )
        source = "as told" if self._zone else "that of the activity"
        return [
            ("activity", said),
            ("occurrence", f"{occurrence}: {state}"),
            ("times", f"read as {self.zone(occurrence)}, {source}"),
        ]

    def off_plan(self, occurrence: str, window: tuple[datetime, datetime] | None) -> list[str]:
        """Return a remark when the file tells a start far from the one that was planned."""
        known = self.known
        sitting = known.occurrences.get(occurrence) if known else None
        if (
            known is None
            or sitting is None
            or window is None
            or "T" not in (sitting.starts_at or "")
        ):
            return []
        planned = local_instant(str(sitting.starts_at), known.zone_of(occurrence))
        if planned is None or abs(window[0] - planned) <= PLANNED_OFF_MAX:
            return []
        minutes = round(abs(window[0] - planned).total_seconds() / 60)
        when = "before" if window[0] < planned else "after"
        how_far = f"{minutes // 60} h {minutes % 60} min {when}"
        asked = "is the account elsewhere (--time-zone), or its day first (--dates)?"
        return [f"it starts {how_far} the plan: {asked}"]


def zone_named(told: str | None) -> str | None:
    """Return a time zone that an option names.

    Raises:
        OperatorError: there is none by that name.
    """
    if told is not None and told not in known_time_zones():
        raise OperatorError(f"{told} is no IANA time zone, such as America/New_York.")
    return told
