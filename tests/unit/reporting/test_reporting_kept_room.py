"""Reports are kept as bytes while there is room: by their number and by their size."""

from dataclasses import replace
from datetime import date

from services.reporting.domain.period import parse_period
from services.reporting.kept import Composed, KeptReports, Wanted, told_of

FIRST, SECOND, THIRD, FOURTH = (Wanted(parse_period(f"2024-Q{n}"), whole=True) for n in range(1, 5))
SIZE = 100


def composed(size: int = SIZE) -> Composed:
    return Composed(b"m" * 10, b"j" * (size - 15), b"f" * 5, 1, 0.0, {}, date(2024, 4, 1))


def read(kept: KeptReports, *every: Wanted, size: int = SIZE) -> None:
    for wanted in every:
        kept.remember(wanted)
        kept.keep(wanted, composed(size))


def names(kept: KeptReports) -> set[Wanted]:
    return {wanted for wanted, _ in kept.items()}


def test_what_was_read_longest_ago_makes_room_for_what_is_read_now() -> None:
    kept = KeptReports(bytes_max=3 * SIZE)
    read(kept, FIRST, SECOND, THIRD)

    kept.remember(FIRST)
    read(kept, FOURTH)

    assert names(kept) == {FIRST, THIRD, FOURTH}
    assert kept.size == 3 * SIZE
    assert SECOND not in kept.read_within(60)


def test_a_report_that_has_grown_counts_with_what_it_takes_now() -> None:
    kept = KeptReports(bytes_max=3 * SIZE)
    read(kept, FIRST, SECOND, THIRD)

    kept.keep(THIRD, composed(2 * SIZE))

    assert names(kept) == {SECOND, THIRD}
    assert kept.size == 3 * SIZE


def test_a_report_larger_than_all_the_room_is_kept_alone() -> None:
    kept = KeptReports(bytes_max=3 * SIZE)

    read(kept, FIRST, SECOND)
    read(kept, THIRD, size=4 * SIZE)

    assert names(kept) == {THIRD}


def test_what_somebody_watches_is_not_pushed_out() -> None:
    kept = KeptReports(bytes_max=2 * SIZE)
    kept.watched[FIRST] += 1
    read(kept, FIRST, SECOND)

    read(kept, THIRD)

    assert names(kept) == {FIRST, THIRD}


def test_no_more_reports_are_kept_than_their_number_allows() -> None:
    kept = KeptReports(reports_max=2)

    read(kept, FIRST, SECOND, THIRD)

    assert names(kept) == {SECOND, THIRD}


def test_what_was_forgotten_while_it_was_composed_is_not_kept() -> None:
    kept = KeptReports(reports_max=1)
    read(kept, FIRST, SECOND)

    kept.keep(FIRST, composed())

    assert names(kept) == {SECOND}


def test_a_state_is_the_same_whatever_the_order_of_its_figures() -> None:
    one = {"a": {"value": 1, "status": "A"}, "b": {"value": 2, "status": "P"}}
    turned, moved = dict(reversed(one.items())), one | {"b": {"value": 2, "status": "A"}}

    states = [replace(composed(), told=told_of(each)).state for each in (one, turned, moved)]

    assert states[0] == states[1] != states[2]
