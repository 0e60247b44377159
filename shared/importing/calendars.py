"""iCalendar (RFC 5545) as appointments: what is planned for when, told in zones of the IANA.

Recurring events are laid out up to a day that is told, at most OCCURRENCES_MAX of them. A time is
the time on the wall in its zone; where a file tells UTC alone, the zone has to be told.
"""

import hashlib
import re
import warnings
from calendar import monthrange
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from dateutil.rrule import rrulestr
from icalendar import Calendar, Event, vRecur
from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

from shared.contracts.events import OCCURRENCES_MAX
from shared.contracts.values import known_time_zones
from shared.importing.mapping import Mapping as Words
from shared.importing.reading import FileRefused, Problem

EVENTS_MAX = 5_000
RULE_CHARACTERS_MAX = 500
FREQUENCIES = frozenset({"DAILY", "WEEKLY", "MONTHLY", "YEARLY"})
OWN_UID = re.compile(
    r"(?P<activity>[a-z0-9][a-z0-9-]{0,79})\.(?P<occurrence>[a-z0-9-]{1,80})@tandem"
)
PLAIN_UID = re.compile(r"[a-z0-9][a-z0-9@.-]{0,79}")
UNREADABLE = (ValueError, TypeError, LookupError, AttributeError, OverflowError)
"""What icalendar and dateutil raise for values that are none."""
ONLY_YEARLY = ("BYYEARDAY", "BYWEEKNO", "BYEASTER")
LEAP_YEAR = 2024
ID_CHARACTERS_MAX = 70
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Slot:
    """One sitting as the calendar has it.

    Args:
        origin: the start that the rule gave it, by which it is known; on the wall.
        start: the start it has now; differs when it was moved.
    """

    origin: datetime
    start: datetime
    cancelled: bool = False
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Appointment:
    """An event of a calendar with all its sittings.

    Args:
        whole_days: whether only days are told, and no times.
        gone: starts that the calendar takes out of the rule.
        changed_at: when the calendar was last changed here.
    """

    place: str
    activity_id: str
    title: str
    time_zone: str
    whole_days: bool
    slots: Sequence[Slot]
    changed_at: datetime
    duration_minutes: int | None = None
    gone: Sequence[datetime] = ()
    categories: Sequence[str] = ()
    organizers: Sequence[str] = ()
    tentative: bool = False

    @property
    def recurs(self) -> bool:
        """Whether it has, or may have, several sittings."""
        return len(self.slots) > 1 or bool(self.gone)


@dataclass(frozen=True, slots=True)
class Reader:
    """How a calendar is read: until which day, in which zone where it tells none."""

    until: date
    words: Words
    zone: str | None = None
    problems: list[Problem] = field(default_factory=list)

    def appointments(self, text: str) -> list[Appointment]:
        """Return the appointments of a calendar, in its order.

        Raises:
            FileRefused: it is none, is too large, or some of its events cannot be read.
        """
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # icalendar guesses zones; here they are looked up
            return self._read(_calendar(text))

    def _read(self, calendar: Calendar) -> list[Appointment]:
        events = [each for each in calendar.walk("VEVENT") if isinstance(each, Event)]
        if len(events) > EVENTS_MAX:
            raise FileRefused(f"{len(events):,} events, at most {EVENTS_MAX:,} are taken")
        calls_off = str(calendar.get("METHOD", "")).upper() == "CANCEL"
        zone = self.zone or _zone_of_calendar(calendar, self.words)
        masters: dict[str, Appointment] = {}
        changes: list[tuple[str, str, Event]] = []
        for number, event in enumerate(events, start=1):
            uid = str(event.get("UID", "")).strip()
            place = f"event {number} ({uid[:60] or 'without a UID'})"
            if event.get("RECURRENCE-ID") is not None and uid:
                changes.append((place, uid, event))
                continue
            read = self._told(place, partial(self._master, place, uid, event, zone, calls_off))
            if read is not None:
                masters[uid] = _joined(masters.get(uid), read, self.problems)
        for place, uid, event in changes:
            work = partial(_changed, masters.get(uid), event, zone, self.words)
            changed = self._told(place, work)
            if changed is not None:
                masters[uid] = changed
        if self.problems:
            raise FileRefused(*self.problems)
        return list(masters.values())

    def _told(self, place: str, work: Callable[[], Appointment]) -> Appointment | None:
        """Return what some work returns, or remember what it refuses as a problem of this place."""
        try:
            return work()
        except UNREADABLE as error:
            self.problems.append(Problem(0, place, str(error)))
            return None

    def _master(
        self, place: str, uid: str, event: Event, zone: str | None, calls_off: bool
    ) -> Appointment:
        """Return an event of its own as an appointment."""
        if not uid:
            raise ValueError("has no UID")
        if not (title := str(event.get("SUMMARY", "")).strip()):
            raise ValueError("has no SUMMARY")
        start, name, whole_days = _start(event.get("DTSTART"), zone, self.words)
        activity_id, occurrence = _identity(uid, self.words)
        status = str(event.get("STATUS", "")).upper()
        cancelled = calls_off or status == "CANCELLED"
        length = _length(event, whole_days)
        gone = _dates(event, "EXDATE", name)
        starts = self._starts(event, start, name, whole_days, length)
        slots = [
            Slot(each, each, cancelled=cancelled, name=occurrence)
            for each in starts
            if each not in gone
        ]
        if not slots:
            raise ValueError("has no sitting left: every one of them is excluded")
        return Appointment(
            place=place,
            activity_id=activity_id,
            title=title,
            time_zone=name,
            whole_days=whole_days,
            slots=slots,
            changed_at=_changed_at(event),
            duration_minutes=None if whole_days else _minutes(length),
            gone=[each for each in gone if each.date() <= self.until],
            categories=list(_texts(event, "CATEGORIES")),
            organizers=list(_texts(event, "ORGANIZER")),
            tentative=status == "TENTATIVE",
        )

    def _starts(
        self, event: Event, start: datetime, zone: str, whole_days: bool, length: timedelta | None
    ) -> list[datetime]:
        """Return the starts of an event: of its rule, its further dates, each of its days."""
        rules = _listed(event.get("RRULE"))
        if len(rules) > 1:
            raise ValueError("has several rules (RRULE), of which RFC 5545 allows one")
        found = {start, *_dates(event, "RDATE", zone)}
        if rules:
            found |= set(self._ruled(rules[0], start, zone))
        elif whole_days and length is not None:
            found |= {start + DAY * n for n in range(min(length.days, OCCURRENCES_MAX + 1))}
        if len(found) > OCCURRENCES_MAX:
            raise ValueError(
                f"has more than {OCCURRENCES_MAX} sittings up to {self.until}: "
                "give an earlier --until"
            )
        return sorted(found)

    def _ruled(self, rule: vRecur, start: datetime, zone: str) -> Iterator[datetime]:
        _refuse_endless(rule)
        bounded = vRecur(rule)
        last = datetime.combine(self.until, time.max.replace(microsecond=0))
        for until in _listed(rule.get("UNTIL")):
            last = min(last, _wall(until, zone, whole_day_end=True))
        bounded.pop("UNTIL", None)
        if "COUNT" not in rule:
            bounded["UNTIL"] = [last]
        text = str(bounded.to_ical().decode())  # type: ignore[no-untyped-call]
        if len(text) > RULE_CHARACTERS_MAX:
            raise ValueError("has a rule that is too long")
        for number, each in enumerate(rrulestr(text, dtstart=start)):
            if each > last or number > OCCURRENCES_MAX:
                return
            yield each


def _refuse_endless(rule: vRecur) -> None:
    """Refuse rules that no activity follows, or that never come true, which takes for ever to see.

    Raises:
        ValueError: it is one of these.
    """
    frequency = str((_listed(rule.get("FREQ")) or ["without FREQ"])[0]).upper()
    if frequency not in FREQUENCIES:
        raise ValueError(f"recurs {frequency}, which no activity does")
    if any(int(each) < 1 for each in _listed(rule.get("INTERVAL"))):
        raise ValueError("recurs at an INTERVAL below 1")
    if frequency != "YEARLY" and any(name in rule for name in ONLY_YEARLY):
        raise ValueError(f"has {' or '.join(ONLY_YEARLY)} in a rule that is not YEARLY")
    if frequency in {"DAILY", "WEEKLY"} and "BYSETPOS" in rule:
        raise ValueError(f"has BYSETPOS in a rule that is {frequency}")
    months = [int(each) for each in _listed(rule.get("BYMONTH"))] or [1]
    days = [abs(int(each)) for each in _listed(rule.get("BYMONTHDAY"))] or [1]
    if all(day > monthrange(LEAP_YEAR, month)[1] for month in months for day in days):
        raise ValueError("recurs on days that do not exist")


def _calendar(text: str) -> Calendar:
    try:
        calendar = Calendar.from_ical(text)
    except UNREADABLE as error:
        raise FileRefused(f"this is no iCalendar file: {error}") from None
    if not isinstance(calendar, Calendar) or calendar.name != "VCALENDAR":
        raise FileRefused("this is no iCalendar file: it does not begin with BEGIN:VCALENDAR")
    return calendar


def _joined(before: Appointment | None, read: Appointment, problems: list[Problem]) -> Appointment:
    if before is not None:
        problems.append(Problem(0, read.place, f"has the UID of {before.place}"))
    return read


def _changed(
    master: Appointment | None, event: Event, zone: str | None, words: Words
) -> Appointment:
    """Return an appointment with one of its sittings moved or called off."""
    if master is None:
        raise ValueError("changes one sitting of an event that is not in the file")
    recurrence = event.get("RECURRENCE-ID")
    if recurrence.params.get("RANGE"):
        raise ValueError("changes all sittings from one on (RANGE), which is not read here")
    origin = _wall(recurrence.dt, master.time_zone)
    cancelled = str(event.get("STATUS", "")).upper() == "CANCELLED"
    moved = event.get("DTSTART")
    start = origin
    if moved is not None:
        start, name, _ = _start(moved, zone or master.time_zone, words)
        start = start.replace(tzinfo=ZoneInfo(name)).astimezone(ZoneInfo(master.time_zone))
        start = start.replace(tzinfo=None)
    slot = Slot(origin, start, cancelled=cancelled)
    others = [each for each in master.slots if each.origin != origin]
    return replace(
        master,
        slots=sorted([*others, slot], key=lambda each: each.origin),
        changed_at=max(master.changed_at, _changed_at(event)),
    )


def _identity(uid: str, words: Words) -> tuple[str, str | None]:
    """Return the activity of a UID, and the occurrence where the UID is one of our own calendar."""
    if (told := words.activity(uid)) is not None:
        return told, None
    if (own := OWN_UID.fullmatch(uid)) is not None:
        return own["activity"], own["occurrence"]
    slug = re.sub(r"[^a-z0-9]+", "-", uid.casefold()).strip("-")
    if PLAIN_UID.fullmatch(uid) and slug:
        return slug[:80].strip("-"), None
    mark = hashlib.sha256(uid.encode()).hexdigest()[:8]
    return f"{slug[:ID_CHARACTERS_MAX].strip('-') or 'event'}-{mark}", None


def _zone_of_calendar(calendar: Calendar, words: Words) -> str | None:
    told = str(calendar.get("X-WR-TIMEZONE", "")).strip()
    try:
        return _iana(told, words) if told else None
    except ValueError as error:
        raise FileRefused(f"X-WR-TIMEZONE: {error}") from None


def _iana(name: str, words: Words) -> str:
    """Return the IANA zone of a TZID: its own name, one that is told, that of Windows, its end.

    Raises:
        ValueError: none is known by it.
    """
    known = known_time_zones()
    parts = name.split("/")
    tails = ("/".join(parts[start:]) for start in range(1, len(parts)))
    for each in (name, words.time_zones.get(name), WINDOWS_TO_OLSON.get(name), *tails):
        if each in known:
            return str(each)
    raise ValueError(f"TZID {name!r} is no IANA time zone: say which under [time_zones]")


def _start(value: Any, zone: str | None, words: Words) -> tuple[datetime, str, bool]:
    """Return a start on the wall, its zone, and whether only a day is told."""
    if value is None:
        raise ValueError("has no DTSTART")
    told = value.dt
    if not isinstance(told, datetime):
        if zone is None:
            raise ValueError("is told in days and no zone: give --time-zone")
        return datetime.combine(told, time.min), zone, True
    tzid = value.params.get("TZID")
    if tzid and str(tzid).upper() not in {"UTC", "ETC/UTC"}:
        return told.replace(tzinfo=None), _iana(str(tzid), words), False
    if zone is None:
        raise ValueError("is told in UTC or in no zone, which tells no local day: give --time-zone")
    return _wall(told, zone), zone, False


def _wall(told: date, zone: str, *, whole_day_end: bool = False) -> datetime:
    """Return a time on the wall of a zone."""
    if not isinstance(told, datetime):
        return datetime.combine(
            told, time.max.replace(microsecond=0) if whole_day_end else time.min
        )
    return told.astimezone(ZoneInfo(zone)).replace(tzinfo=None) if told.tzinfo else told


def _dates(event: Event, name: str, zone: str) -> list[datetime]:
    return [_wall(each.dt, zone) for listed in _listed(event.get(name)) for each in listed.dts]


def _listed(value: Any) -> list[Any]:
    if value is None:
        return []
    return list(value) if isinstance(value, list) else [value]


def _length(event: Event, whole_days: bool) -> timedelta | None:
    start, end, told = event.get("DTSTART"), event.get("DTEND"), event.get("DURATION")
    if told is not None:
        length = told.dt
    elif end is not None:
        length = end.dt - start.dt
    else:
        return DAY if whole_days else None
    if not isinstance(length, timedelta) or length < timedelta(0):
        raise ValueError("ends before it starts")
    return length


def _minutes(length: timedelta | None) -> int | None:
    return (int(length.total_seconds()) // 60 or None) if length is not None else None


def _changed_at(event: Event) -> datetime:
    for name in ("LAST-MODIFIED", "DTSTAMP", "CREATED"):
        stamp = event.get(name)
        if stamp is not None and isinstance(stamp.dt, datetime):
            moment: datetime = stamp.dt
            return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    raise ValueError("has no DTSTAMP, so that nobody knows how recent it is")


def _texts(event: Event, name: str) -> Iterator[str]:
    """Yield the words of a property, and the name (CN) where it carries one."""
    for value in _listed(event.get(name)):
        for each in getattr(value, "cats", None) or [value]:
            yield str(each).removeprefix("mailto:").removeprefix("MAILTO:").strip()
        params: Mapping[str, Any] = getattr(value, "params", {})
        if params.get("CN"):
            yield str(params["CN"]).strip()
