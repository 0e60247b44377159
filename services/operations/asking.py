"""What somebody asks for in an address, read into values."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from services.operations.finding import Search
from shared.errors import InvalidData, Violation

WITHIN: Mapping[str, timedelta] = {
    "15m": timedelta(minutes=15),
    "1h": timedelta(hours=1),
    "6h": timedelta(hours=6),
    "1d": timedelta(days=1),
    "7d": timedelta(days=7),
}
"""How far back one may look, by the word for it."""
DEFAULT_WITHIN = "1h"
TEXT_CHARACTERS_MAX = 400
MILLISECONDS_MAX = 10**9
TRACE_ID = re.compile(r"(?<![0-9a-f])[0-9a-f]{32}(?![0-9a-f])")
FACT = re.compile(r"(?P<ledger>[a-z]+)/(?P<stream>[a-z0-9-]{1,200})/(?P<version>[0-9]{1,9})")


def search_asked(question: Mapping[str, str], now: datetime) -> Search:
    """Return what traces are looked for by.

    Raises:
        InvalidData: a part of it is not what it may be.
    """
    since, until = _times(question, now)
    attribute = _text(question, "attribute")
    name, equals, value = (attribute or "").partition("=")
    if attribute is not None and not (name.strip() and equals):
        raise _wrong("attribute", "is written name=value")
    return Search(
        since=since,
        until=until,
        service=_text(question, "service"),
        name=_text(question, "name"),
        attribute=(name.strip(), value.strip()) if attribute is not None else None,
        least=_milliseconds(question),
        failed=question.get("failed") == "yes",
        routine=question.get("routine") == "yes",
    )


def times_asked(question: Mapping[str, str], now: datetime) -> tuple[datetime, datetime]:
    """Return since when and until when one looks.

    Raises:
        InvalidData: a part of it is not what it may be.
    """
    return _times(question, now)


def trace_asked(text: str) -> str:
    """Return a trace id, out of itself or of a `traceparent`.

    Raises:
        InvalidData: it holds none.
    """
    found = TRACE_ID.search(text.strip().lower())
    if found is None:
        raise _wrong("trace", "is 32 hex digits")
    return found[0]


def fact_asked(text: str) -> tuple[str, str, int]:
    """Return the ledger, the stream and the version that name a fact.

    Raises:
        InvalidData: they do not.
    """
    found = FACT.fullmatch(text.strip().removeprefix("/facts/"))
    if found is None:
        raise _wrong("fact", "is written ledger/stream/version, as events/activity-w1/3")
    return found["ledger"], found["stream"], int(found["version"])


def text_asked(question: Mapping[str, str], name: str) -> str | None:
    """Return a text that was asked for; None when it was not.

    Raises:
        InvalidData: it is too long.
    """
    return _text(question, name)


def _times(question: Mapping[str, str], now: datetime) -> tuple[datetime, datetime]:
    since, until = _moment(question, "since"), _moment(question, "until")
    within = question.get("within") or DEFAULT_WITHIN
    if within not in WITHIN:
        raise _wrong("within", f"is one of {', '.join(WITHIN)}")
    # What a clock a little ahead of ours has said counts too.
    until = until or now + timedelta(minutes=5)
    return since or min(now, until) - WITHIN[within], until


def _moment(question: Mapping[str, str], name: str) -> datetime | None:
    text = _text(question, name)
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise _wrong(name, "is a moment such as 2026-11-22T12:00") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _milliseconds(question: Mapping[str, str]) -> int:
    text = _text(question, "least")
    if text is None:
        return 0
    try:
        milliseconds = float(text)
    except ValueError:
        milliseconds = -1.0
    if not 0 <= milliseconds <= MILLISECONDS_MAX:
        raise _wrong("least", "is a number of milliseconds")
    return int(milliseconds * 1_000)


def _text(question: Mapping[str, str], name: str) -> str | None:
    text = question.get(name, "").strip()
    if len(text) > TEXT_CHARACTERS_MAX or "\0" in text:
        raise _wrong(name, f"has at most {TEXT_CHARACTERS_MAX} characters")
    return text or None


def _wrong(field: str, description: str) -> InvalidData:
    return InvalidData([Violation(field, description)])
