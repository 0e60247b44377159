"""Whatever the bytes are, a reader reads them or refuses the file; nothing else comes out."""

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.importing import calendars, columns, eventbrite, planning
from shared.importing.decoding import decoded
from shared.importing.mapping import Mapping, mapping_of
from shared.importing.reading import FileRefused
from shared.importing.tables import rows_of
from tests.support.importing import MAPPING, NEW_YORK, content, read_zoom

NOW = datetime(2024, 5, 20, 16, tzinfo=UTC)
PIECES = ["\x00", '"', ",", "\n", "\r", ";", "--", "￿", "\ud7ff", "=1+1", "\u202e", "99/99/9999",
          "Yes", "Join Time", "TZID=", "RRULE:FREQ=YEARLY", "BEGIN:VEVENT\n", "é", "🏙"]  # fmt: skip


def zoom_report(said: bytes) -> None:
    read_zoom(said)


def attendee_list(said: bytes) -> None:
    attendees = eventbrite.list_of(rows_of(decoded(said).text))
    eventbrite.read(attendees, eventbrite.Sitting("w1", "1", NEW_YORK, NOW), MAPPING)


def calendar(said: bytes) -> None:
    reader = calendars.Reader(date(2025, 1, 1), MAPPING, "America/New_York")
    appointments = reader.appointments(decoded(said).text)
    planning.read(appointments, {}, planning.Announcing("demo", MAPPING))


def any_csv(said: bytes) -> None:
    columns.read(rows_of(decoded(said).text), Mapping())


READERS: list[tuple[Callable[[bytes], None], str]] = [
    (zoom_report, "webinar.csv"),
    (zoom_report, "meeting.csv"),
    (attendee_list, "eventbrite.csv"),
    (calendar, "calendar.ics"),
    (any_csv, "cities.csv"),
]


@pytest.mark.parametrize(("read", "name"), READERS)
@given(said=st.binary(max_size=300))
@settings(max_examples=100, deadline=None)
def test_any_bytes_are_read_or_refused(
    read: Callable[[bytes], None], name: str, said: bytes
) -> None:
    with suppress(FileRefused):
        read(said)


@pytest.mark.parametrize(("read", "name"), READERS)
@given(
    place=st.integers(0, 100_000),
    cut=st.integers(0, 40),
    piece=st.sampled_from(PIECES) | st.text(max_size=10),
)
@settings(max_examples=150, deadline=None)
def test_a_file_with_something_else_in_it_is_read_or_refused(
    read: Callable[[bytes], None], name: str, place: int, cut: int, piece: str
) -> None:
    whole = content(name)
    at = place % len(whole)
    with suppress(FileRefused):
        read(whole[:at] + piece.encode(errors="replace") + whole[at + cut :])


@given(said=st.binary(max_size=100))
@settings(max_examples=100, deadline=None)
def test_any_bytes_are_a_mapping_or_refused(said: bytes) -> None:
    with suppress(FileRefused):
        mapping_of(said)
