"""Small numbers of people are not printed, and no row or column gives them back."""

from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import TypeVar

Cell = TypeVar("Cell", bound=Hashable)


def suppressed(
    cells: Mapping[Cell, int],
    shown_min: int,
    group_of: Callable[[Cell], str] = lambda cell: "",
) -> frozenset[Cell]:
    """Return the cells that are not printed, where the sum of each group is printed elsewhere."""
    return suppressed_across(cells, shown_min, [group_of])


def suppressed_across(
    cells: Mapping[Cell, int],
    shown_min: int,
    groupings: Sequence[Callable[[Cell], str]],
    hidden: frozenset[Cell] = frozenset(),
) -> frozenset[Cell]:
    """Return the cells that are not printed, where the sums of several groupings are.

    Args:
        cells: counts of people.
        shown_min: the smallest count above 0 that is printed.
        groupings: each tells the printed sum that a cell is part of.
        hidden: cells that are not printed for another reason.

    Returns:
        All cells from 1 to below `shown_min`, and in each group where that is one cell, the
        smallest other one too, because the sum would give a single one back. Zeros are chosen only
        when nothing else is there: then a printed zero would tell as much.
    """
    found = {cell for cell, count in cells.items() if 0 < count < shown_min} | hidden
    groups: list[list[Cell]] = []
    for group_of in groupings:
        by_name: dict[str, list[Cell]] = {}
        for cell in cells:
            by_name.setdefault(group_of(cell), []).append(cell)
        groups.extend(by_name.values())
    growing = True
    while growing:
        # What is hidden for one sum may stand alone in another; each turn hides a cell or ends.
        growing = False
        for group in groups:
            shown = [cell for cell in group if cell not in found]
            if shown and len(group) - len(shown) == 1:
                found.add(min(shown, key=lambda cell: (cells[cell] == 0, cells[cell], str(cell))))
                growing = True
    return frozenset(found)
