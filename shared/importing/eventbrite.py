"""Attendee lists of Eventbrite (the report Attendee Summary): who signed up, and who checked in.

A row is a ticket. Somebody who checked in was there; for how long, nobody has measured, so the
person is listed without times. An address under which several names hold tickets is the buyer's.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from shared.contracts.events import PARTICIPANTS_MAX
from shared.contracts.messages.events import RecordAttendance
from shared.importing.drafting import Draft
from shared.importing.mapping import Mapping
from shared.importing.moments import Clock
from shared.importing.reading import FileRefused, Problem, Reading, Tally
from shared.importing.roster import Roster, Words
from shared.importing.tables import Record, Row, heading_key, records_of

ORDER, TICKET, ORDERED_AT = "order #", "attendee #", "order date"
STATUS, QUANTITY, EVENT, CHECKED_IN_AT = (
    "attendee status",
    "quantity",
    "event name",
    "check-in date",
)
GOES, CAME = frozenset({"attending"}), frozenset({"checked in"})
WITHDREW = frozenset({"not attending", "deleted", "refunded", "cancelled", "canceled"})
HEADING_ROWS_MAX = 20


@dataclass(frozen=True, slots=True)
class AttendeeList:
    """A list as it stands in the file."""

    records: Sequence[Record]

    @property
    def title(self) -> str | None:
        """The event's name, where the list tells it."""
        return next((record[EVENT] for record in self.records if record[EVENT]), None)


@dataclass(frozen=True, slots=True)
class Sitting:
    """What a list is imported as; `held_at` is when it began."""

    activity_id: str
    occurrence: str
    clock: Clock
    held_at: datetime | None
    final: bool = True


def list_of(rows: Sequence[Row]) -> AttendeeList:
    """Return the list in the rows of a file.

    Raises:
        FileRefused: this is no attendee list, or that of several events.
    """
    for place, row in enumerate(rows[:HEADING_ROWS_MAX]):
        keys = {heading_key(cell) for cell in row.cells}
        if STATUS in keys and ORDERED_AT in keys:
            records = records_of(row, rows[place + 1 :])
            _refuse_several(records)
            return AttendeeList(records)
        if {ORDER, QUANTITY} <= keys:
            raise FileRefused(
                Problem(
                    row.number,
                    "",
                    "this is a report of orders, in which one row stands for several people: "
                    "export Attendee Summary",
                )
            )
    raise FileRefused(
        "this is no attendee list of Eventbrite: no row has `Order Date` and `Attendee Status`"
    )


def _refuse_several(records: Sequence[Record]) -> None:
    first = next((record[EVENT] for record in records if record[EVENT]), None)
    for record in records:
        if record[EVENT] and record[EVENT] != first:
            raise FileRefused(
                Problem(record.number, "Event Name", "is another than above: import one a file")
            )


def read(attendees: AttendeeList, sitting: Sitting, mapping: Mapping) -> Reading:
    """Return what a list says: registrations, and attendance when anybody checked in."""
    tally = Tally()
    roster = Roster()
    words = Words(mapping, tally)
    names: dict[str, str] = {}
    for record in attendees.records:
        tally.rows += 1
        status = record[STATUS].casefold()
        if status not in GOES | CAME | WITHDREW:
            tally.ignored[f"status {status[:40] or 'empty'}"] += 1
            continue
        with tally.at(record.number):
            _enter(record, status, sitting, words, roster, names, mapping, tally)
    for entry in roster:
        tally.people["registered" if not entry.cancelled else "registration cancelled"] += 1
        if entry.present:
            tally.people[f"there as {entry.role}"] += 1
    drafts = _drafts(roster, sitting, tally) if not tally.problems else []
    return tally.result(drafts)


def _enter(
    record: Record,
    status: str,
    sitting: Sitting,
    words: Words,
    roster: Roster,
    names: dict[str, str],
    mapping: Mapping,
    tally: Tally,
) -> None:
    """Enter a ticket into the roster."""
    if record[QUANTITY] not in {"", "1"}:
        raise ValueError(f"stands for {record[QUANTITY]} tickets: export one row for each attendee")
    ordered_at = sitting.clock.instant(record[ORDERED_AT])
    told = words.told(record)
    email, name = (told.person.email or "").casefold(), (told.person.name or "").casefold()
    if email and names.setdefault(email, name) != name and record[TICKET]:
        # Somebody else's ticket, bought under this address.
        told = words.told(record, id_=f"eventbrite {record[TICKET]}")
        told = type(told)(told.person.model_copy(update={"email": None}), told.city, told.position)
        tally.notes["tickets of others under the buyer's address"] += 1
    entry = roster.entry(told, record.number)
    withdrew = status in WITHDREW
    entry.cancelled = withdrew if entry.registered_at is None else entry.cancelled and withdrew
    entry.registered_at = min(ordered_at, entry.registered_at or ordered_at)
    entry.present = entry.present or status in CAME
    entry.roles.add(mapping.roles.of(told.person.email, account_member=False) or "attendee")


def _drafts(roster: Roster, sitting: Sitting, tally: Tally) -> list[Draft]:
    drafts = roster.registrations(sitting.activity_id, sitting.occurrence)
    participants = roster.participants(tally)
    if not participants:
        tally.remark("nobody checked in, so that attendance stays unknown")
    elif len(participants) > PARTICIPANTS_MAX:
        tally.problem(
            0, "", f"{len(participants):,} people, at most {PARTICIPANTS_MAX:,} are taken"
        )
    elif sitting.held_at is None:
        tally.problem(
            0, "", "people checked in, and nobody knows when it was: announce the activity first"
        )
    else:
        record = RecordAttendance(
            activity_id=sitting.activity_id,
            occurrence=sitting.occurrence,
            final=sitting.final,
            participants=participants,
        )
        drafts.append(Draft(record, sitting.held_at))
    return drafts
