"""Small numbers of people: hidden, and not to be found out from the sum."""

from hypothesis import given
from hypothesis import strategies as st

from services.reporting.domain.suppression import suppressed, suppressed_across

SHOWN_MIN = 5
CELLS = st.dictionaries(st.sampled_from("abcdefgh"), st.integers(0, 12), min_size=2)


def test_counts_from_one_to_four_are_hidden() -> None:
    assert suppressed({"a": 1, "b": 4, "c": 5, "d": 0}, SHOWN_MIN) == {"a", "b"}


def test_a_single_small_count_takes_the_smallest_other_one_with_it() -> None:
    assert suppressed({"a": 3, "b": 9, "c": 7, "d": 0}, SHOWN_MIN) == {"a", "c"}


def test_a_zero_is_hidden_only_when_nothing_else_is_there() -> None:
    assert suppressed({"a": 3, "b": 0}, SHOWN_MIN) == {"a", "b"}


def test_sums_are_protected_group_by_group() -> None:
    cells = {"US-OH": 3, "US-NM": 10, "NL-ZH": 8, "NL-NH": 9}

    hidden = suppressed(cells, SHOWN_MIN, lambda row: row[:2])

    assert hidden == {"US-OH", "US-NM"}


@given(cells=CELLS)
def test_nothing_small_is_shown_and_nothing_hidden_is_alone(cells: dict[str, int]) -> None:
    hidden = suppressed(cells, SHOWN_MIN)

    assert all(cells[row] == 0 or cells[row] >= SHOWN_MIN for row in cells.keys() - hidden)
    assert len(hidden) != 1


def test_a_count_that_stands_alone_in_another_sum_takes_one_with_it_there_too() -> None:
    cells = {("webinar", "NLC"): 3, ("webinar", "SCN"): 8, ("workshop", "NLC"): 9}

    hidden = suppressed_across(cells, SHOWN_MIN, [lambda cell: cell[0], lambda cell: cell[1]])

    assert hidden == set(cells)


@given(
    cells=st.dictionaries(
        st.tuples(st.sampled_from("abcd"), st.sampled_from("wxyz")), st.integers(0, 12)
    )
)
def test_no_sum_of_any_grouping_gives_a_small_count_back(cells: dict[tuple[str, str], int]) -> None:
    hidden = suppressed_across(
        cells, SHOWN_MIN, [lambda cell: "", lambda cell: cell[0], lambda cell: cell[1]]
    )

    assert all(cells[cell] == 0 or cells[cell] >= SHOWN_MIN for cell in cells.keys() - hidden)
    for axis in (0, 1):
        for name in {cell[axis] for cell in cells}:
            group = {cell for cell in cells if cell[axis] == name}
            assert len(group & hidden) != 1 or len(group) == 1
