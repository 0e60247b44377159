"""Small numbers of people are not printed, and no row or column gives them back."""

from collections.abc import Callable, Mapping


def suppressed(
    cells: Mapping[str, int],
    shown_min: int,
    group_of: Callable[[str], str] = lambda key: "",
) -> frozenset[str]:
    """Return the cells that are not printed.

    Args:
        cells: counts of people; the sum of each group is printed elsewhere.
        shown_min: the smallest count above 0 that is printed.
        group_of: the printed sum that a cell is part of.

    Returns:
        All cells from 1 to below `shown_min`, and where that is one cell of its group, the smallest
        other one too, because the sum would give a single one back. Zeros are chosen only when
        nothing else is there: then a printed zero would tell as much.
    """
    groups: dict[str, dict[str, int]] = {}
    for key, count in cells.items():
        groups.setdefault(group_of(key), {})[key] = count
    hidden: set[str] = set()
    for group in groups.values():
        small = {key for key, count in group.items() if 0 < count < shown_min}
        if len(small) == 1:
            others = [key for key in group if key not in small]
            small.update(sorted(others, key=lambda key: (group[key] == 0, group[key], key))[:1])
        hidden |= small
    return frozenset(hidden)
