"""Appointments beside what is known of their activities: what is new, moved, called off."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import get_args

from shared.contracts.events import Occurrence
from shared.contracts.messages.events import CancelActivity, RescheduleActivity, ScheduleActivity
from shared.contracts.values import SOLE_OCCURRENCE, ActivityKind
from shared.importing.calendars import Appointment, Slot
from shared.importing.drafting import Draft
from shared.importing.known import KnownActivity, KnownOccurrence
from shared.importing.mapping import Mapping as Words
from shared.importing.reading import Reading, Tally
from shared.importing.tables import heading_key

NETWORKS = {"nlc": "NLC", "scn": "SCN"}
KINDS = frozenset(get_args(ActivityKind))


@dataclass(frozen=True, slots=True)
class Announcing:
    """As what appointments are announced: who publishes, and what no calendar tells."""

    source: str
    words: Words
    kind: str | None = None
    organisers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Planned:
    """An appointment, its sittings under the names by which they are known, what is known of it."""

    appointment: Appointment
    known: KnownActivity | None
    slots: Mapping[str, Slot]

    def starts_at(self, slot: Slot) -> str:
        """Return the local start as the contract has it."""
        return _local(slot.start, whole_day=self.appointment.whole_days)

    def sitting(self, name: str) -> KnownOccurrence | None:
        """Return what is known of one of its sittings."""
        return self.known.occurrences.get(name) if self.known else None


def read(
    appointments: Sequence[Appointment],
    known: Mapping[str, KnownActivity],
    announcing: Announcing,
) -> Reading:
    """Return what follows for each activity; nothing where it stands as the calendar has it."""
    tally = Tally()
    drafts: list[Draft] = []
    for planned in _planned(appointments, known, tally):
        with tally.at(0, planned.appointment.place):
            found = [
                *_announced(planned, announcing, tally),
                *_moved(planned, tally),
                *_called_off(planned),
            ]
            tally.people["activities as they stand already"] += not found
            drafts += found
    return tally.result(drafts)


def _planned(
    appointments: Sequence[Appointment], known: Mapping[str, KnownActivity], tally: Tally
) -> Iterator[Planned]:
    """Yield the activities; events of our own calendar that are sittings of one come as one."""
    grouped: dict[str, list[Appointment]] = {}
    for each in appointments:
        tally.rows += 1
        if each.tentative:
            tally.ignored["tentative"] += 1
        else:
            grouped.setdefault(each.activity_id, []).append(each)
    for activity_id, some in grouped.items():
        first, present = some[0], known.get(activity_id)
        slots: dict[str, Slot] = {}
        for each in some:
            for slot in each.slots:
                name = slot.name or _name(each, slot, present)
                if name in slots:
                    tally.problem(0, each.place, f"tells {name} of {activity_id} a second time")
                slots[name] = slot
        yield Planned(first, present, slots)


def _name(appointment: Appointment, slot: Slot, known: KnownActivity | None) -> str:
    """Return the name of a sitting: the one it is known by, else its original start."""
    origin = _local(slot.origin, whole_day=appointment.whole_days)
    for sitting in known.occurrences.values() if known else ():
        if sitting.starts_at == origin:
            return sitting.name
    if not appointment.recurs:
        only = list(known.occurrences) if known else []
        return only[0] if len(only) == 1 else SOLE_OCCURRENCE
    return origin.replace("T", "-").replace(":", "")


def _local(moment: object, *, whole_day: bool) -> str:
    text = str(moment).replace(" ", "T")
    return text[:10] if whole_day else text[:16]


def _announced(planned: Planned, announcing: Announcing, tally: Tally) -> Iterator[Draft]:
    """Yield the announcement: of what nobody knows, of what is told otherwise, or of a claim."""
    appointment, known = planned.appointment, planned.known
    organisers = _organisers(planned, announcing)
    kind = (
        announcing.kind or _kind(appointment, announcing.words) or (known.kind if known else None)
    )
    if kind is None:
        raise ValueError("tells no kind of activity: give --kind, or its category under [kinds]")
    if not organisers:
        raise ValueError("tells no organiser: give --organiser, or its name under [organisers]")
    ours = known is not None and known.sources[:1] == (announcing.source,)
    others = {
        name: sitting
        for name, sitting in (known.occurrences if known else {}).items()
        if name not in planned.slots and sitting.starts_at
    }
    occurrences = sorted(
        [
            *((planned.starts_at(slot), name) for name, slot in planned.slots.items()),
            *((str(sitting.starts_at), name) for name, sitting in others.items()),
        ]
    )
    message = ScheduleActivity.model_validate(
        {
            "activity_id": appointment.activity_id,
            "kind": kind,
            "title": appointment.title,
            "organisers": organisers,
            "starts_at": occurrences[0][0],
            "time_zone": appointment.time_zone,
            "duration_minutes": appointment.duration_minutes,
            "occurrences": tuple(
                Occurrence(occurrence=name, starts_at=start) for start, name in occurrences
            )
            if [name for _, name in occurrences] != [SOLE_OCCURRENCE]
            else (),
        }
    )
    draft = Draft(message, appointment.changed_at)
    if known is None:
        tally.people["activities new"] += 1
        yield draft
    elif ours and _differs(message, planned, known):
        tally.people["activities announced anew"] += 1
        yield draft
    elif not ours and not set(organisers) <= set(known.organisers):
        tally.people["activities claimed too, announced by another system"] += 1
        yield draft


def _differs(message: ScheduleActivity, planned: Planned, known: KnownActivity) -> bool:
    """Tell whether the announcement says more than that a sitting moved."""
    return (
        (message.kind, message.title) != (known.kind, known.title)
        or not set(message.organisers) <= set(known.organisers)
        or message.duration_minutes not in (None, known.duration_minutes)
        or any(name not in known.occurrences for name in planned.slots)
    )


def _moved(planned: Planned, tally: Tally) -> Iterator[Draft]:
    """Yield the sittings that are known at another start."""
    appointment = planned.appointment
    for name, slot in planned.slots.items():
        sitting = planned.sitting(name)
        if sitting is None or slot.cancelled:
            continue
        starts_at = planned.starts_at(slot)
        zone = sitting.time_zone or (planned.known.time_zone if planned.known else None)
        if (sitting.starts_at or "")[:16] == starts_at and zone == appointment.time_zone:
            continue
        if sitting.state != "planned":
            tally.notes[f"sittings that stay as they are: {sitting.state} already"] += 1
            continue
        tally.people["sittings moved"] += 1
        yield Draft(
            RescheduleActivity(
                activity_id=appointment.activity_id,
                occurrence=name,
                starts_at=starts_at,
                time_zone=appointment.time_zone,
            ),
            appointment.changed_at,
        )


def _called_off(planned: Planned) -> Iterator[Draft]:
    """Yield the sittings that the calendar calls off, or takes out of the rule."""
    appointment = planned.appointment
    gone = {_local(each, whole_day=appointment.whole_days) for each in appointment.gone}
    names = [name for name, slot in planned.slots.items() if slot.cancelled]
    if planned.known is not None:
        names += [
            name
            for name, sitting in planned.known.occurrences.items()
            if name not in planned.slots and (sitting.starts_at or "")[:16] in gone
        ]
    for name in names:
        sitting = planned.sitting(name)
        if sitting is None or sitting.state == "planned":
            yield Draft(
                CancelActivity(activity_id=appointment.activity_id, occurrence=name),
                appointment.changed_at,
            )


def _kind(appointment: Appointment, words: Words) -> str | None:
    for category in appointment.categories:
        key = heading_key(category)
        told = words.kinds.get(key) or (
            key.replace(" ", "_") if key.replace(" ", "_") in KINDS else None
        )
        if told is not None:
            return told
    return None


def _organisers(planned: Planned, announcing: Announcing) -> tuple[str, ...]:
    """Return who leads: as told, as the calendar names them, else as known."""
    if announcing.organisers:
        return announcing.organisers
    appointment = planned.appointment
    found: list[str] = []
    for name in (*appointment.categories, *appointment.organizers):
        key = heading_key(name)
        told = announcing.words.organisers.get(key) or announcing.words.organisers.get(
            key.rpartition("@")[2]
        )
        if (leads := told or NETWORKS.get(key)) is not None:
            found.append(leads)
    if found:
        return tuple(dict.fromkeys(found))
    return planned.known.organisers if planned.known else ()
