"""Any sequence, cut into lists: by their length, or by what they weigh too."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Protocol, TypeVar


class Weighing(Protocol):
    """Something with a body."""

    @property
    def body(self) -> bytes:
        """What it weighs."""
        ...


T = TypeVar("T")
W = TypeVar("W", bound=Weighing)


def chunks(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """Cut any sequence into lists of at most `size`."""
    iterator = iter(items)
    while chunk := list(islice(iterator, size)):
        yield chunk


def weighed(items: Iterable[W], size: int, bytes_max: int) -> Iterator[list[W]]:
    """Cut any sequence into lists of at most `size`, whose bodies have so many bytes at most.

    What has more bytes by itself stands alone.
    """
    chunk: list[W] = []
    held = 0
    for item in items:
        if chunk and (len(chunk) == size or held + len(item.body) > bytes_max):
            yield chunk
            chunk, held = [], 0
        chunk.append(item)
        held += len(item.body)
    if chunk:
        yield chunk
