"""What was rejected, grouped by cause: the reason, the type, the source, the place in the JSON."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

SHOWN_MAX = 50
"""So many messages of a cause are listed; the others are counted."""


@dataclass(frozen=True, slots=True)
class Rejected:
    """A rejected message, without what it says.

    Attributes:
        service: the owner that keeps it.
        id: the number under which it is kept.
        path: the first place at fault, as a JSONPath; empty when it is no single place.
        trace_id: the trace it belongs to, if it has one.
    """

    service: str
    id: str
    source: str
    type: str
    reason: str
    path: str
    explanation: str
    hint: str
    at: datetime
    trace_id: str | None


@dataclass(frozen=True, slots=True)
class Cause:
    """Messages that were rejected alike, the newest first."""

    service: str
    reason: str
    type: str
    source: str
    path: str
    messages: Sequence[Rejected]

    @property
    def newest(self) -> Rejected:
        """The one that was rejected last."""
        return self.messages[0]

    @property
    def shown(self) -> Sequence[Rejected]:
        """Those that are listed."""
        return self.messages[:SHOWN_MAX]


def causes(messages: Iterable[Rejected]) -> list[Cause]:
    """Return the causes, the one that was met last first."""
    groups: dict[tuple[str, str, str, str, str], list[Rejected]] = {}
    for each in messages:
        key = (each.service, each.reason, each.type, each.source, each.path)
        groups.setdefault(key, []).append(each)
    found = [
        Cause(*key, messages=sorted(group, key=lambda each: each.at, reverse=True))
        for key, group in groups.items()
    ]
    return sorted(found, key=lambda cause: cause.newest.at, reverse=True)
