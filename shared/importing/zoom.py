"""Reports of Zoom: the attendee and registration reports of webinars, the participants of meetings.

A report is a head (topic, id, actual start, duration) and blocks of rows, each under a title and
headings of its own. Its times are local to the account, and no zone stands in it. Two generations
of headings and dates are about: `User Name` with `Mar 27, 2024 14:00:11`, and
`User Name (Original Name)` with `03/27/2024 02:00:11 PM`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from shared.contracts.events import PARTICIPANTS_MAX
from shared.contracts.messages.events import HoldActivity, RecordAttendance
from shared.contracts.values import Person, Role
from shared.importing.drafting import Draft
from shared.importing.mapping import Mapping
from shared.importing.moments import Clock
from shared.importing.reading import FileRefused, Problem, Reading, Tally
from shared.importing.roster import NOTHING, Entry, Roster, Told, Words
from shared.importing.tables import Record, Row, heading_key, records_of

BLOCKS: dict[str, Role] = {
    "host details": "host",
    "alternative host details": "host",
    "panelist details": "panelist",
    "attendee details": "attendee",
    "registrant details": "attendee",
    "other attended": "attendee",
}
"""The titles of blocks, and the role of who stands in each."""
BY_TELEPHONE = "other attended"
TELEPHONE = "by telephone"
PARTICIPANTS = "participants"
ID_HEADINGS = ("webinar id", "meeting id", "id")
START_HEADINGS = ("actual start time", "start time")
END_HEADINGS = ("end time",)
LENGTH_HEADINGS = ("actual duration (minutes)", "duration (minutes)")
COUNT_HEADINGS = ("# registered", "# registrants")
JOIN, LEAVE = "join time", "leave time"
REGISTERED, APPROVAL = "registration time", "approval status"
APPROVED = frozenset({"", "approved"})
TOO_LONG = timedelta(days=7)
COUNTED = (
    "registered",
    "registered and did not come",
    "registration cancelled",
    "there as attendee",
    f"there {TELEPHONE}",
    *(f"there as {role}" for role in ("panelist", "host", "staff", "test")),
)


@dataclass(frozen=True, slots=True)
class Block:
    """Rows under a title of the report."""

    title: str
    records: Sequence[Record]

    def has(self, heading: str) -> bool:
        """Tell whether the block has a column."""
        return any(heading_key(heading) in record.values for record in self.records[:1])


@dataclass(frozen=True, slots=True)
class Report:
    """A report as it stands in the file; times are text still."""

    head: Record | None = None
    blocks: Sequence[Block] = field(default_factory=list)

    @property
    def topic(self) -> str | None:
        """The title of the webinar or meeting."""
        return (self.head["topic"] or None) if self.head else None

    @property
    def outside_id(self) -> str | None:
        """The id that Zoom knows it under."""
        return (self.head.first_of(ID_HEADINGS) or None) if self.head else None

    @property
    def is_webinar(self) -> bool:
        """Whether it was a webinar, and no meeting."""
        return self.head is not None and bool(self.head["webinar id"])

    def day(self, clock: Clock) -> date | None:
        """Return the local day of its start."""
        start = self.head.first_of(START_HEADINGS) if self.head else ""
        try:
            return clock.day(start) if start else None
        except ValueError as error:
            raise FileRefused(
                Problem(self.head.number if self.head else 0, "", str(error))
            ) from None

    def window(self, clock: Clock) -> tuple[datetime, datetime] | None:
        """Return when it started and ended, where the head says so.

        Raises:
            ValueError: the head tells something that is no time.
        """
        if self.head is None or not (start := self.head.first_of(START_HEADINGS)):
            return None
        if not any(block.has(JOIN) for block in self.blocks):
            return None  # of registrations alone: that somebody signed up says nothing of its being
        since = clock.instant(start)
        if end := self.head.first_of(END_HEADINGS):
            return since, clock.instant(end)
        minutes = self.head.first_of(LENGTH_HEADINGS)
        return (since, since + timedelta(minutes=int(minutes))) if minutes.isdigit() else None


@dataclass(frozen=True, slots=True)
class Sitting:
    """What a report is imported as."""

    activity_id: str
    occurrence: str
    clock: Clock
    final: bool = True


def report_of(rows: Sequence[Row]) -> Report:
    """Return the report in the rows of a file.

    Raises:
        FileRefused: these are not the rows of a report of Zoom that tells who was there when.
    """
    head: Record | None = None
    blocks: list[Block] = []
    place = 0
    while place < len(rows):
        row = rows[place]
        place += 1
        keys = [heading_key(cell) for cell in row.cells]
        if _is_title(row):
            records, place = _records(rows, place)
            blocks.append(Block(keys[0], records))
        elif JOIN in keys:
            records, place = _records(rows, place - 1)
            blocks.append(Block(PARTICIPANTS, records))
            head = head or _head_of_rows(records)
        elif "total duration (minutes)" in keys:
            raise FileRefused(
                Problem(
                    row.number,
                    "",
                    "the report tells totals and not when somebody came and went: export it again "
                    "without `Show unique users`",
                )
            )
        elif "topic" in keys and head is None and place < len(rows):
            head = next(iter(records_of(_trimmed(row), rows[place : place + 1])), None)
            place += 1
    if not blocks:
        raise FileRefused(
            "this is no report of Zoom: neither `Attendee Details` nor `Join Time` stands in it"
        )
    return Report(head, blocks)


def _records(rows: Sequence[Row], headings: int) -> tuple[list[Record], int]:
    """Return the records of a block whose headings stand in this row, and where the next begins."""
    if headings >= len(rows) or _is_title(rows[headings]):
        return [], headings
    end = headings + 1
    while end < len(rows) and not _is_title(rows[end]):
        end += 1
    return records_of(_trimmed(rows[headings]), rows[headings + 1 : end]), end


def _is_title(row: Row) -> bool:
    return heading_key(row.first) in BLOCKS and not any(row.cells[1:])


def _trimmed(row: Row) -> Row:
    """Return headings without the empty cells that spreadsheets add at the end."""
    cells = list(row.cells)
    while cells and not cells[-1]:
        cells.pop()
    return Row(row.number, tuple(cells))


def _head_of_rows(records: Sequence[Record]) -> Record | None:
    """Return the head where each row of participants repeats it.

    Raises:
        FileRefused: the rows are those of several meetings.
    """
    named = [record for record in records if record["topic"] or record["meeting id"]]
    if not named:
        return None
    other = next((each for each in named if each["meeting id"] != named[0]["meeting id"]), None)
    if other is not None:
        raise FileRefused(
            Problem(other.number, "Meeting ID", "is another than above: import one meeting a file")
        )
    return named[0]


def read(report: Report, sitting: Sitting, mapping: Mapping) -> Reading:
    """Return what a report says: registrations, attendance, and when it was held."""
    tally = Tally()
    roster = Roster()
    words = Words(mapping, tally)
    window = None
    with tally.at(report.head.number if report.head else 0):
        window = report.window(sitting.clock)
    for block in report.blocks:
        for record in block.records:
            tally.rows += 1
            _take(_Line(record, block.title, sitting.clock, window), words, roster, mapping, tally)
    _count(roster, tally)
    _compare(report, roster, tally)
    drafts = _drafts(roster, sitting, window, tally) if not tally.problems else []
    return tally.result(drafts)


@dataclass(frozen=True, slots=True)
class _Line:
    """A row of a block, and what is needed to read it."""

    record: Record
    title: str
    clock: Clock
    window: tuple[datetime, datetime] | None

    def __getitem__(self, heading: str) -> str:
        cell = self.record[heading]
        return "" if cell in NOTHING else cell

    @property
    def row(self) -> int:
        return self.record.number

    @property
    def by_telephone(self) -> bool:
        return self.title == BY_TELEPHONE

    @property
    def account_member(self) -> bool:
        said = self["is guest"] or self["guest"]
        return said.casefold() == "no"


def _take(line: _Line, words: Words, roster: Roster, mapping: Mapping, tally: Tally) -> None:
    """Enter what a row says into the roster."""
    if line["in waiting room"].casefold() == "yes":
        tally.ignored["in the waiting room, not in the meeting"] += 1
        return
    approval = line[APPROVAL].casefold()
    cancelled = approval.startswith(("cancelled", "canceled"))
    if approval not in APPROVED and not cancelled:
        tally.ignored[f"registration {approval[:40]}"] += 1
        return
    registered_at, interval = _times(line, tally)
    attended = interval is not None
    if registered_at is None and not attended and not approval:
        tally.ignored[f"{_role(line.title)} who did not come"] += 1
        return
    with tally.at(line.row):
        told = _by_telephone(line) if line.by_telephone else words.told(line.record)
        entry = roster.entry(told, line.row)
        _enter(
            entry, registered_at, interval, cancelled=cancelled, approved=bool(approval), line=line
        )
        email = told.person.email
        override = mapping.roles.of(email, account_member=line.account_member)
        entry.roles.add(_role(line.title))
        if override is not None:
            entry.roles.add(override)


def _enter(
    entry: Entry,
    registered_at: datetime | None,
    interval: tuple[datetime, datetime] | None,
    *,
    cancelled: bool,
    approved: bool,
    line: _Line,
) -> None:
    if interval is not None:
        entry.present = True
        entry.intervals.add(interval)
    if registered_at is None and approved:
        if line.window is None:
            raise ValueError("is approved, and no time of registration is told")
        registered_at = line.window[0]  # nobody says when: not later than the start
    if registered_at is not None:
        entry.cancelled = (
            cancelled if entry.registered_at is None else entry.cancelled and cancelled
        )
        entry.registered_at = min(registered_at, entry.registered_at or registered_at)


def _times(line: _Line, tally: Tally) -> tuple[datetime | None, tuple[datetime, datetime] | None]:
    """Return when somebody registered, and from when to when they were there."""
    registered_at, joined_at, left_at = (
        _time(line, heading, tally) for heading in (REGISTERED, JOIN, LEAVE)
    )
    if joined_at is None:
        return registered_at, None
    if left_at is None and not line[LEAVE] and line.window is not None:
        left_at = max(joined_at, line.window[1])  # still there when it ended
    if left_at is None:
        if not line[LEAVE]:
            tally.problem(line.row, "Leave Time", "is empty, and the head tells no end")
        return registered_at, None
    if not timedelta(0) <= left_at - joined_at <= TOO_LONG:
        tally.problem(line.row, "Leave Time", "lies before the join time, or a week behind it")
        return registered_at, None
    return registered_at, (joined_at, left_at)


def _time(line: _Line, heading: str, tally: Tally) -> datetime | None:
    if not line[heading]:
        return None
    with tally.at(line.row, heading.title()):
        return line.clock.instant(line[heading])
    return None


def _by_telephone(line: _Line) -> Told:
    """Return somebody of whom only the telephone is known: a weak identity without a city."""
    name = line["user name"] or line["user name (original name)"] or line["phone"]
    if not name:
        raise ValueError("tells no telephone")
    return Told(Person(name=name, organisation=TELEPHONE), None, None)


def _role(title: str) -> Role:
    return BLOCKS.get(title, "attendee")


def _count(roster: Roster, tally: Tally) -> None:
    """Count who was found, in the words and the order of the summary."""
    tally.people.update(dict.fromkeys(COUNTED, 0))
    for entry in roster:
        telephone = entry.told.person.organisation == TELEPHONE
        if entry.registered_at is not None:
            tally.people["registered" if not entry.cancelled else "registration cancelled"] += 1
        if not entry.present:
            tally.people["registered and did not come"] += not entry.cancelled
        elif entry.role != "attendee":
            tally.people[f"there as {entry.role}"] += 1
        else:
            tally.people[f"there {TELEPHONE}" if telephone else "there as attendee"] += 1
        if entry.present and len(entry.roles) > 1:
            tally.notes[f"people under two roles, who count as {entry.role}"] += 1


def _compare(report: Report, roster: Roster, tally: Tally) -> None:
    """Note where the head counts otherwise than the rows."""
    told = report.head.first_of(COUNT_HEADINGS).replace(",", "") if report.head else ""
    found = sum(entry.registered_at is not None and not entry.cancelled for entry in roster)
    if told.isdigit() and int(told) != found:
        tally.remark(f"the head speaks of {int(told):,} registered, the rows of {found:,}")


def _drafts(
    roster: Roster, sitting: Sitting, window: tuple[datetime, datetime] | None, tally: Tally
) -> list[Draft]:
    """Return the drafts: attendance goes last, so that once it is known all else is."""
    drafts: list[Draft] = []
    if window is not None:
        with tally.at(0, "head of the report"):
            held = HoldActivity(
                activity_id=sitting.activity_id,
                occurrence=sitting.occurrence,
                started_at=window[0],
                ended_at=window[1],
            )
            drafts.append(Draft(held, window[1]))
    drafts += roster.registrations(sitting.activity_id, sitting.occurrence)
    participants = roster.participants(tally)
    if len(participants) > PARTICIPANTS_MAX:
        tally.problem(
            0, "", f"{len(participants):,} people, at most {PARTICIPANTS_MAX:,} are taken"
        )
    elif participants:
        last = max(until for each in participants for _, until in each.intervals)
        record = RecordAttendance(
            activity_id=sitting.activity_id,
            occurrence=sitting.occurrence,
            final=sitting.final,
            participants=participants,
        )
        drafts.append(Draft(record, window[1] if window else last))
    else:
        tally.remark("nobody came by this report, so that it records no attendance")
    return drafts
