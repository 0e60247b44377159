"""A ledger and its projections stream by stream: what a proof of completeness compares.

Each side is a census, ordered by the bytes of the streams' names. They are merged page by page, so
that ten million streams take no more memory than a page of them.
"""

from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from dataclasses import dataclass

PAGE_FACTS = 2_000
"""Whoever compares takes a page in one go, and meanwhile answers nobody else."""


@dataclass(frozen=True, slots=True)
class Stream:
    """A stream as one side has it.

    Attributes:
        version: the last one.
        facts: how many there are; fewer than `version` when one is missing.
        digest: equal for two that hold the same fact ids under the same versions; None when only
            their number is known.
    """

    name: str
    version: int
    facts: int
    digest: int | None


@dataclass(frozen=True, slots=True)
class Head:
    """How far a stream of a ledger goes, and where its last fact stands."""

    stream: str
    version: int
    position: int


@dataclass(frozen=True, slots=True)
class Heads:
    """The streams that some facts belong to; `settled` comes at the end of a ledger.

    Below `settled` no fact can appear any more.
    """

    heads: Sequence[Head]
    settled: int | None = None


Pair = tuple[Stream | None, Stream | None]
"""A stream in the ledger and in the projections; None where it is not known."""


class OutOfOrder(RuntimeError):
    """A database sorts names by a locale: its streams cannot be compared with others."""


async def paired(
    ledger: AsyncIterator[Sequence[Stream]], projected: AsyncIterator[Sequence[Stream]]
) -> AsyncGenerator[Pair, None]:
    """Yield every stream of either side, in the order of names.

    Raises:
        OutOfOrder: a side is not sorted by the bytes of the names.
    """
    ours, theirs = _one_by_one(ledger), _one_by_one(projected)
    left, right = await anext(ours, None), await anext(theirs, None)
    while left is not None or right is not None:
        if right is None or (left is not None and left.name < right.name):
            yield left, None
            left = await anext(ours, None)
        elif left is None or right.name < left.name:
            yield None, right
            right = await anext(theirs, None)
        else:
            yield left, right
            left, right = await anext(ours, None), await anext(theirs, None)


def name_of(recorded: Stream | None, projected: Stream | None) -> str:
    """Return the name of the stream of a pair."""
    known = recorded or projected
    if known is None:
        raise ValueError("a pair holds a stream on one side at least")
    return known.name


async def _one_by_one(pages: AsyncIterator[Sequence[Stream]]) -> AsyncIterator[Stream]:
    last = ""
    async for page in pages:
        for stream in page:
            if stream.name <= last:
                raise OutOfOrder(
                    f"{stream.name!r} follows {last!r}: the database must sort by bytes (C.UTF-8)"
                )
            last = stream.name
            yield stream
