"""Nothing that is kept of telemetry is huge, and no text is one that a database refuses.

Attributes are ids and counts (shared/telemetry.py). What is longer than any of those is something
else, a body perhaps, and is dropped; of an error only the first line stays, because databases and
libraries put values into the others, and traces of the stack stand in the log of the process.
"""

import math
from collections.abc import Iterable, Mapping

from services.operations.domain.telling import Attributes, Scalar

ATTRIBUTES_MAX = 32
EVENTS_MAX = 8
LINKS_MAX = 128
KEY_CHARACTERS_MAX = 100
VALUE_CHARACTERS_MAX = 400
NAME_CHARACTERS_MAX = 200
BODY_CHARACTERS_MAX = 1_000
DROPPED = frozenset({"exception.stacktrace", "exception.escaped", "code.stacktrace"})


def attributes_kept(said: Iterable[tuple[str, object]]) -> Attributes:
    """Return what is kept of attributes: the first so many, of plain values of some length."""
    kept: dict[str, Scalar] = {}
    for name, value in said:
        if len(kept) == ATTRIBUTES_MAX:
            break
        bounded = _value(name, value)
        if bounded is not None:
            kept[plain(name)] = bounded
    return kept


def _value(name: str, value: object) -> Scalar | None:
    if name in DROPPED or not 0 < len(name) <= KEY_CHARACTERS_MAX:
        return None
    match value:
        case bool() | int():
            return value
        case float():
            return value if math.isfinite(value) else str(value)
        case str() if name == "exception.message":
            return first_line(value)
        case str() if len(value) <= VALUE_CHARACTERS_MAX:
            return plain(value)
        case list() if all(isinstance(each, str | int | float) for each in value):
            joined = ", ".join(map(str, value))
            return plain(joined) if len(joined) <= VALUE_CHARACTERS_MAX else None
        case _:
            return None


def plain(text: str) -> str:
    """Return a text without what PostgreSQL cannot hold."""
    if text.isascii() and "\0" not in text:
        return text
    return text.replace("\0", "").encode("utf-8", "replace").decode("utf-8")


def name_kept(text: str, otherwise: str = "") -> str:
    """Return a name, cut where it is longer than names are."""
    return plain(text)[:NAME_CHARACTERS_MAX] or otherwise


def first_line(text: str) -> str:
    """Return the first line of what an error says, cut where it is long."""
    return plain(text).strip().partition("\n")[0][:VALUE_CHARACTERS_MAX]


def body_kept(text: str) -> str:
    """Return what is kept of a line of a log."""
    return plain(text)[:BODY_CHARACTERS_MAX]


def why_failed(message: str, attributes: Attributes, events: Iterable[Attributes]) -> str:
    """Return why a span failed, in what it says itself, else by the kind of its error."""
    said = first_line(message)
    if said:
        return said
    for event in (attributes, *events):
        for name in ("error.type", "exception.type"):
            if kind := _text(event, name):
                return kind
    return "error"


def _text(attributes: Mapping[str, Scalar], name: str) -> str | None:
    value = attributes.get(name)
    return value if isinstance(value, str) and value else None
