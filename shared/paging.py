"""Pages of a list: bounded in size, continued by a token that only we can read."""

import base64
import json
from collections.abc import Sequence
from typing import Protocol, TypeVar

from shared.errors import InvalidData, Violation

PAGE_SIZE, PAGE_SIZE_MAX = 100, 1000

Row = TypeVar("Row")
Key = str | int


class PageRequest(Protocol):
    """What every request for a page carries."""

    page_size: int
    page_token: str


def page_size(request: PageRequest) -> int:
    """Return how many rows are asked for.

    Raises:
        InvalidData: more than PAGE_SIZE_MAX.
    """
    size = request.page_size or PAGE_SIZE
    if size > PAGE_SIZE_MAX:
        raise InvalidData([Violation("page_size", f"is {size}, at most {PAGE_SIZE_MAX}")])
    return size


def page_start(request: PageRequest, first: Sequence[Key | None]) -> list[Key | None]:
    """Return the key behind which the page begins; `first` for the first page.

    Raises:
        InvalidData: the token was not given out by `page_token`.
    """
    if not request.page_token:
        return list(first)
    try:
        key = json.loads(base64.urlsafe_b64decode(request.page_token))
    except ValueError:
        key = None
    if not isinstance(key, list) or len(key) != len(first):
        raise InvalidData([Violation("page_token", "is not one that was given out")])
    return key


def page_token(rows: Sequence[Row], size: int, *key: Key) -> str:
    """Return the token of the next page, empty for the last; one row more than `size` was read."""
    if len(rows) <= size:
        return ""
    return base64.urlsafe_b64encode(json.dumps(key).encode()).decode()
