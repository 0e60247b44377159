"""Two censuses are merged by name, each stream once, whatever the pages."""

from collections.abc import AsyncIterator, Sequence

import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st

from shared.census import OutOfOrder, Stream, name_of, paired

NAMES = st.sets(st.text("abc~-1", min_size=1, max_size=3), max_size=12)


def streams(*names: str) -> list[Stream]:
    return [Stream(name, 1, 1, 7) for name in names]


async def pages(rows: Sequence[Stream], size: int = 3) -> AsyncIterator[Sequence[Stream]]:
    for start in range(0, len(rows), size):
        yield rows[start : start + size]


@for_all(ledger=NAMES, projected=NAMES, size=st.integers(1, 4))
async def test_every_stream_of_either_side_comes_once_in_the_order_of_names(
    ledger: set[str], projected: set[str], size: int
) -> None:
    found = [
        pair
        async for pair in paired(
            pages(streams(*sorted(ledger)), size), pages(streams(*sorted(projected)))
        )
    ]

    assert [name_of(*pair) for pair in found] == sorted(ledger | projected)
    assert {pair[0].name for pair in found if pair[0]} == ledger
    assert {pair[1].name for pair in found if pair[1]} == projected


async def test_a_database_that_sorts_by_a_locale_is_refused() -> None:
    pairs = paired(pages(streams("a", "Z")), pages([]))
    with pytest.raises(OutOfOrder, match="'Z' follows 'a'"):
        [pair async for pair in pairs]


def test_a_pair_of_nothing_has_no_name() -> None:
    with pytest.raises(ValueError, match="one side at least"):
        name_of(None, None)
