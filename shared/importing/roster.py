"""One entry for each person, whatever number of rows a file gave them."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from shared.contracts.events import INTERVALS_MAX
from shared.contracts.messages.events import (
    CancelRegistration,
    Participant,
    ReceiveRegistration,
)
from shared.contracts.values import EMAIL, CityReference, Person, Position, Role
from shared.importing.drafting import Draft
from shared.importing.mapping import Mapping
from shared.importing.places import country_code, subdivision_code
from shared.importing.reading import Tally
from shared.importing.tables import Record, heading_key

NOTHING = frozenset({"", "-", "--", "n/a", "na", "none"})
"""What stands in a cell where nothing is said."""
NO_ORGANISATION = "none given"
"""Stands in for the organisation of somebody of whom only a name is known: a weak identity."""
ROLES = ("attendee", "panelist", "host", "staff", "test")
"""Somebody under two roles has the later of them."""
NAME_CHARACTERS_MAX = 200

HEADINGS: dict[str, tuple[str, ...]] = {
    "email": ("email", "email address", "user email"),
    "first": ("first name",),
    "last": ("last name", "surname"),
    "name": ("user name (original name)", "name (original name)", "user name", "name"),
    "organisation": ("organization", "organisation", "company"),
    "position": ("job title",),
    "city": ("city", "home city", "work city"),
    "subdivision": ("state/province", "home state", "work state"),
    "country": ("country/region", "country", "home country", "work country"),
}
"""The usual headings of each field. `Country/Region Name` is not among them: Zoom fills it in from
where somebody dialled in, and nobody has declared it."""


@dataclass(frozen=True, slots=True)
class Told:
    """What a row tells of somebody."""

    person: Person
    city: CityReference | None
    position: Position | None

    @property
    def key(self) -> str:
        """What makes two rows speak of the same person."""
        person = self.person
        if person.id is not None:
            return f"id {person.id}"
        if person.email is not None:
            return f"email {person.email.casefold()}"
        return f"weak {str(person.name).casefold()}, {str(person.organisation).casefold()}"


@dataclass(slots=True)
class Entry:
    """Somebody, with all that the rows of the file say."""

    told: Told
    row: int
    roles: set[Role] = field(default_factory=set)
    city: CityReference | None = None
    position: Position | None = None
    registered_at: datetime | None = None
    cancelled: bool = False
    present: bool = False
    intervals: set[tuple[datetime, datetime]] = field(default_factory=set)

    @property
    def role(self) -> Role:
        """The decisive role."""
        return max(self.roles or {"attendee"}, key=ROLES.index)


class Roster:
    """The people of a file, in the order in which it first names them."""

    def __init__(self) -> None:
        """Start with nobody."""
        self._entries: dict[str, Entry] = {}

    def __iter__(self) -> Iterator[Entry]:
        """Yield the entries."""
        return iter(self._entries.values())

    def entry(self, told: Told, row: int) -> Entry:
        """Return the entry of somebody, with what this row adds to it."""
        entry = self._entries.setdefault(told.key, Entry(told, row))
        entry.city = entry.city or told.city
        entry.position = entry.position or told.position
        return entry

    def registrations(self, activity_id: str, occurrence: str) -> list[Draft]:
        """Return who registered, and who withdrew."""
        drafts = []
        for entry in self:
            if entry.registered_at is None:
                continue
            kind = CancelRegistration if entry.cancelled else ReceiveRegistration
            message = kind(
                activity_id=activity_id,
                occurrence=occurrence,
                person=entry.told.person,
                city=entry.city,
                position=entry.position,
            )
            drafts.append(Draft(message, entry.registered_at, entry.row))
        return drafts

    def participants(self, tally: Tally) -> tuple[Participant, ...]:
        """Return who was there, each once; who is only registered is not among them."""
        found = []
        for entry in self:
            if not entry.present:
                continue
            with tally.at(entry.row):
                found.append(
                    Participant(
                        person=entry.told.person,
                        role=entry.role,
                        city=entry.city,
                        position=entry.position,
                        intervals=_bounded(sorted(entry.intervals)),
                    )
                )
        return tuple(found)


def _bounded(
    intervals: Sequence[tuple[datetime, datetime]],
) -> tuple[tuple[datetime, datetime], ...]:
    """Return the intervals as they are, or their union where there are too many of them."""
    if len(intervals) <= INTERVALS_MAX:
        return tuple(intervals)
    united: list[tuple[datetime, datetime]] = []
    for since, until in intervals:
        if united and since <= united[-1][1]:
            united[-1] = (united[-1][0], max(until, united[-1][1]))
        else:
            united.append((since, until))
    return tuple(united)


class Words:
    """Reads what a record tells of a person, with the words of a mapping."""

    def __init__(self, mapping: Mapping, tally: Tally) -> None:
        """Bind the mapping, and the tally that takes the notes."""
        self._mapping, self._tally = mapping, tally

    def cell(self, record: Record, name: str) -> str:
        """Return what a record says of a field; empty when it says nothing."""
        said = record.first_of(self._mapping.headings(name, HEADINGS.get(name, ())))
        return "" if said.casefold() in NOTHING else said

    def told(self, record: Record, *, id_: str | None = None) -> Told:
        """Return what a record tells of somebody.

        Raises:
            ValueError: nothing in it names a person.
        """
        email = self._email(record)
        name = self._name(record)
        organisation = self.cell(record, "organisation") or self._mapping.defaults.organisation
        if id_ is None and email is None and not organisation:
            organisation = NO_ORGANISATION
            self._tally.notes["people known by a name alone"] += 1
        if id_ is None and email is None and not name:
            raise ValueError("names nobody: there is neither an e-mail address nor a name")
        person = Person(id=id_, email=email, name=name, organisation=organisation or None)
        return Told(person, self._city(record), self._position(record))

    def _email(self, record: Record) -> str | None:
        said = self.cell(record, "email").removeprefix("mailto:")
        if not said:
            return None
        if not re.match(EMAIL, said):
            self._tally.notes["addresses that are none, and were not used"] += 1
            return None
        return said

    def _name(self, record: Record) -> str | None:
        parts = [self.cell(record, "first"), self.cell(record, "last")]
        name = self.cell(record, "name") if "name" in self._mapping.columns else ""
        name = name or " ".join(filter(None, parts)) or self.cell(record, "name")
        if len(name) > NAME_CHARACTERS_MAX or not name.isprintable():
            kept = "".join(each for each in name if each.isprintable())[:NAME_CHARACTERS_MAX]
            self._tally.notes["names shortened to what can be printed"] += 1
            return kept.strip() or None
        return name or None

    def _city(self, record: Record) -> CityReference | None:
        name = self.cell(record, "city")
        if not name:
            return None
        said = self.cell(record, "country")
        country = country_code(said, self._mapping.countries) if said else None
        if said and country is None:
            self._tally.notes["cities left out: their country is not known by that name"] += 1
            return None
        country = country or self._mapping.defaults.country
        if country is None:
            self._tally.notes["cities left out: no country is told with them"] += 1
            return None
        state = self.cell(record, "subdivision")
        subdivision = (
            subdivision_code(state, country, self._mapping.subdivisions) if state else None
        )
        if state and subdivision is None:
            self._tally.notes[
                "cities told without their state, which is not known by that name"
            ] += 1
        return CityReference(name=name, country=country, subdivision=subdivision)

    def _position(self, record: Record) -> Position | None:
        said = self.cell(record, "position")
        if not said:
            return None
        position = self._mapping.positions.get(heading_key(said))
        if position is None and self._mapping.positions:
            self._tally.notes["job titles that the mapping does not know"] += 1
        return position
