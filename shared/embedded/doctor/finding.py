"""What a check says: a verdict, what was seen, and what to do."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

T = TypeVar("T")

NAMED_MAX = 5


class Verdict(StrEnum):
    """How it stands with what a check looks at."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Said:
    """What a check says of what it was shown."""

    verdict: Verdict
    seen: str
    advice: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check has said, with its name."""

    check: str
    verdict: Verdict
    seen: str
    advice: str


Check = Callable[[T], Said]


def ok(seen: str) -> Said:
    """Say that all is well."""
    return Said(Verdict.OK, seen)


def warn(seen: str, advice: str) -> Said:
    """Say that something should be seen to."""
    return Said(Verdict.WARN, seen, advice)


def fail(seen: str, advice: str) -> Said:
    """Say that something is wrong."""
    return Said(Verdict.FAIL, seen, advice)


def judged(checks: Sequence[Check[T]], gathered: T | str) -> Iterator[Finding]:
    """Yield what each check finds; where nothing could be gathered, that, and why."""
    for check in checks:
        name = check.__name__.replace("_", " ")
        if isinstance(gathered, str):
            yield Finding(name, Verdict.SKIPPED, f"not looked at: {gathered}", "")
            continue
        said = check(gathered)
        yield Finding(name, said.verdict, said.seen, said.advice)


def some(names: Sequence[str]) -> str:
    """Return the first few names, and how many more there are."""
    shown = ", ".join(names[:NAMED_MAX])
    more = len(names) - NAMED_MAX
    return f"{shown} and {more} more" if more > 0 else shown
