"""A JSON array cut into the text of its elements, so that each is judged by itself.

Nothing is parsed here: strings are skipped and brackets counted. An element that is no JSON is
told as such later, and does its neighbours no harm; only an array without an order is refused.
"""

import re

from shared.contracts.envelope import STRING, Malformed


def _brackets(levels: int) -> bytes:
    """Return the pattern of what stands in brackets that nest so many levels deep at most."""
    inner = b"" if levels == 1 else b"|" + _brackets(levels - 1)
    return rb"[\[{](?>(?:[^\"\[\]{}]++|" + STRING + inner + rb")*+)[\]}]"


LEVELS = 5
"""Nearly every event is skipped as a whole; what nests deeper is looked at bracket by bracket."""
TOKENS = re.compile(_brackets(LEVELS) + b"|" + STRING + rb"|[\[{]|[\]}]|,")
WHITESPACE = b" \t\n\r"


def elements(body: bytes, count_max: int) -> list[bytes]:
    """Return the text of each element.

    Raises:
        Malformed: it is no JSON array, or one whose brackets do not match.
        TooMany: it has more than `count_max` elements.
    """
    start = len(body) - len(body.lstrip(WHITESPACE))
    if body[start : start + 1] != b"[":
        raise Malformed("a batch is a JSON array of events")
    found: list[bytes] = []
    depth, begun = 1, start + 1
    for token in TOKENS.finditer(body, start + 1):
        first, whole = body[token.start() : token.start() + 1], token.end() - token.start() > 1
        if first in b"[{":
            depth += not whole
        elif first in b"]}":
            depth -= 1
            if depth == 0:
                return _closed(body, found, begun, token.start(), count_max)
        elif first == b"," and depth == 1:
            found.append(_element(body[begun : token.start()]))
            begun = token.end()
            if len(found) > count_max:
                raise TooMany(count_max)
    raise Malformed("the array of events does not end")


class TooMany(Malformed):
    """A batch holds more events than are taken at once."""

    def __init__(self, count_max: int) -> None:
        """Name the limit."""
        super().__init__(f"a batch has at most {count_max} events")


def _closed(body: bytes, found: list[bytes], begun: int, end: int, count_max: int) -> list[bytes]:
    if body[end : end + 1] != b"]" or body[end + 1 :].strip(WHITESPACE):
        raise Malformed("the array of events does not end where it should")
    last = body[begun:end]
    if found or last.strip(WHITESPACE):
        found.append(_element(last))
    if len(found) > count_max:
        raise TooMany(count_max)
    return found


def _element(text: bytes) -> bytes:
    stripped = text.strip(WHITESPACE)
    if not stripped:
        raise Malformed("between two commas of the array stands no event")
    return stripped
