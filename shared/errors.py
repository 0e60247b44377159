"""What can go wrong, by name; `shared/rpc/failures.py` maps each to a gRPC code in one table."""

from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import ValidationError

VIOLATIONS_MAX = 20
SHOWN_CHARACTERS_MAX = 80
UNKNOWN_FIELD = "is not a field of this type"


class TandemError(Exception):
    """An error that a caller can understand and act on."""


@dataclass(frozen=True, slots=True)
class Violation:
    """One field's problem: the path in the JSON (`participants.0.role`) and what is wrong."""

    field: str
    description: str


class Refused(TandemError):
    """A rule of the domain forbids it; the text names the rule and the values."""


class VersionConflict(TandemError):
    """Another writer came first; nothing was written."""

    def __init__(self, stream: str, expected: int, actual: int | None = None) -> None:
        """Name the stream, the version expected and, when known, the one found."""
        found = "" if actual is None else f", found {actual}"
        super().__init__(f"{stream}: expected version {expected}{found}; load and decide again")
        self.stream, self.expected, self.actual = stream, expected, actual


class InvalidData(TandemError):
    """The data break the contract; every violation names its field."""

    def __init__(self, violations: Sequence[Violation]) -> None:
        """Keep the violations, and say the first ones in the text."""
        super().__init__("; ".join(f"{v.field}: {v.description}" for v in violations[:3]))
        self.violations = tuple(violations)


class IdReused(TandemError):
    """The same (source, id) came before with other content."""

    def __init__(self, source: str, id_: str) -> None:
        """Name the key that was used twice."""
        super().__init__(f"id {id_!r} of source {source!r} was used before with other content")


class NotFound(TandemError):
    """There is no such thing."""


class Overloaded(TandemError):
    """Too much at once; try again later."""


class Unavailable(TandemError):
    """A part that is needed does not answer; try again with the same id."""


def violations_of(error: ValidationError, prefix: str = "") -> list[Violation]:
    """Return a model's violations with dotted JSON paths, at most VIOLATIONS_MAX of them."""
    return [
        Violation(
            field=".".join([*filter(None, [prefix]), *map(shown, problem["loc"])]) or "data",
            description=_describe(problem["msg"], problem["type"], problem["input"]),
        )
        for problem in error.errors(include_url=False, include_context=False)[:VIOLATIONS_MAX]
    ]


def shown(part: str | int) -> str:
    """Return a step of a path; the sender chose the name of an unknown field, and its letters."""
    plain = "".join(each if each.isprintable() else repr(each)[1:-1] for each in str(part))
    return plain if len(plain) <= SHOWN_CHARACTERS_MAX else plain[:SHOWN_CHARACTERS_MAX] + "…"


def _describe(message: str, kind: str, value: object) -> str:
    message = message.removeprefix("Value error, ")
    if kind == "missing":
        return "is required"
    if kind == "extra_forbidden":
        return UNKNOWN_FIELD
    if isinstance(value, str | int | float | bool):
        got = repr(value)
        if len(got) > SHOWN_CHARACTERS_MAX:
            got = got[:SHOWN_CHARACTERS_MAX] + "…"
        return f"{message}, got {got}"
    return message
