"""Retention: by age and by size, a whole partition at a time."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.operations.domain.ring import SLOTS, Next, Slot, next_slot, outlived

MONDAY = datetime(2026, 11, 23, tzinfo=UTC)
WEEK = timedelta(days=7)
SHARE = 1_000
BYTES_MAX = SHARE * SLOTS


def test_the_first_partition_is_begun_when_there_is_none() -> None:
    assert next_slot([], MONDAY, WEEK, BYTES_MAX) == Next(0, begins=True)


def test_a_partition_that_is_neither_full_nor_old_goes_on() -> None:
    slots = [Slot(0, MONDAY, SHARE - 1)]
    assert next_slot(slots, MONDAY, WEEK, BYTES_MAX) == Next(0, begins=False)


def test_a_full_partition_is_followed_by_a_free_one() -> None:
    slots = [Slot(0, MONDAY, SHARE)]
    assert next_slot(slots, MONDAY, WEEK, BYTES_MAX) == Next(1, begins=True)


def test_an_old_partition_is_followed_by_a_free_one() -> None:
    now = MONDAY + WEEK / (SLOTS - 1)
    assert next_slot([Slot(3, MONDAY, 0)], now, WEEK, BYTES_MAX) == Next(0, begins=True)


def test_when_all_are_in_use_the_oldest_is_begun_anew() -> None:
    slots = [Slot(number, MONDAY + timedelta(hours=number), SHARE) for number in range(SLOTS)]
    assert next_slot(slots, MONDAY + timedelta(hours=SLOTS), WEEK, BYTES_MAX) == Next(0, True)


def test_a_partition_is_outlived_when_its_successor_is_as_old_as_anything_may_be() -> None:
    slots = [Slot(0, MONDAY, 1), Slot(1, MONDAY + timedelta(days=1), 1)]
    assert list(outlived(slots, MONDAY + timedelta(days=7, hours=23), WEEK)) == []
    assert list(outlived(slots, MONDAY + timedelta(days=8), WEEK)) == [0]


def test_the_newest_partition_is_never_outlived() -> None:
    assert list(outlived([Slot(0, MONDAY, 1)], MONDAY + 10 * WEEK, WEEK)) == []


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 400)), min_size=1, max_size=200))
def test_however_much_comes_when_the_room_is_kept_and_nothing_lives_too_long(
    arrivals: list[tuple[int, int]],
) -> None:
    now, slots = MONDAY, dict[int, Slot]()
    for hours, size in arrivals:
        now += timedelta(hours=hours)
        for number in outlived(list(slots.values()), now, WEEK):
            del slots[number]
        found = next_slot(list(slots.values()), now, WEEK, BYTES_MAX)
        held = 0 if found.begins else slots[found.number].bytes
        began = now if found.begins else slots[found.number].began_at
        slots[found.number] = Slot(found.number, began, held + size)
        assert sum(slot.bytes for slot in slots.values()) <= BYTES_MAX + SLOTS * 400
        oldest = min(slot.began_at for slot in slots.values())
        assert now - oldest <= WEEK + 2 * timedelta(hours=30) + WEEK / (SLOTS - 1)
