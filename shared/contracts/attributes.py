"""The context attributes of a CloudEvent, judged by the specification and by the contract.

Specification: CloudEvents 1.0.2, "Naming conventions", "Type system", "REQUIRED attributes" and
"OPTIONAL attributes". The contract asks for more of two: `time` is required, and `id` is bounded.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, ConfigDict, Field, StringConstraints, ValidationError

from shared.contracts.values import Contract, Instant
from shared.errors import VIOLATIONS_MAX, InvalidData, Violation, shown, violations_of

ATTRIBUTE_NAME = re.compile(r"[a-z0-9]+")
EVENT_ID_CHARACTERS_MAX = 128
ATTRIBUTE_CHARACTERS_MAX = 1024
INTEGER_MIN, INTEGER_MAX = -(2**31), 2**31 - 1
NONCHARACTERS = "\ufdd0-\ufdef" + "".join(
    chr(plane + end) for plane in range(0, 0x110000, 0x10000) for end in (0xFFFE, 0xFFFF)
)
DISALLOWED = re.compile(f"[\x00-\x1f\x7f-\x9f\ud800-\udfff{NONCHARACTERS}]")
"""What no String attribute may hold: control characters, surrogates and noncharacters."""

SCHEMA_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[!-~]+")


def _allowed(text: str) -> str:
    if text.isascii() and text.isprintable():
        return text  # nearly every value, told at once
    if found := DISALLOWED.search(text):
        raise ValueError(f"holds U+{ord(found[0]):04X}, which no attribute may")
    return text


def _absolute(uri: str) -> str:
    if not SCHEMA_URI.fullmatch(uri):
        raise ValueError("must be an absolute URI")
    return uri


Line = Annotated[
    str,
    StringConstraints(min_length=1, max_length=ATTRIBUTE_CHARACTERS_MAX),
    AfterValidator(_allowed),
]
EventId = Annotated[
    str,
    StringConstraints(min_length=1, max_length=EVENT_ID_CHARACTERS_MAX),
    AfterValidator(_allowed),
]


class Attributes(Contract):
    """The context attributes that Tandem reads; what else there is was judged, and is let go."""

    model_config = ConfigDict(strict=True, extra="ignore", frozen=True)

    specversion: Annotated[str, StringConstraints(pattern=r"^1\.0$")]
    id: EventId
    source: Line
    type: Line
    time: Annotated[Instant, Field(strict=False)]  # as text, in a document that is parsed already
    subject: Line | None = None
    datacontenttype: Line | None = None
    dataschema: Annotated[Line, AfterValidator(_absolute)] | None = None
    traceparent: Line | None = None
    tracestate: Line | None = None
    correlationid: Line | None = None
    causationid: Line | None = None


KNOWN = frozenset(Attributes.model_fields)


def attributes_in(document: Mapping[str, Any]) -> Attributes:
    """Return the attributes of an event; one that is null is not there.

    Raises:
        InvalidData: one is missing or wrong, or an extension breaks the rules for all attributes.
    """
    strange = list(strange_extensions(document)) if not document.keys() <= KNOWN else []
    try:
        attributes = Attributes.model_validate(
            {name: value for name, value in document.items() if value is not None}
        )
    except ValidationError as error:
        raise InvalidData([*violations_of(error), *strange][:VIOLATIONS_MAX]) from None
    if strange:
        raise InvalidData(strange[:VIOLATIONS_MAX])
    return attributes


def strange_extensions(document: Mapping[str, Any]) -> Iterator[Violation]:
    """Yield what is wrong with the extensions, which nobody here reads but others may."""
    for name, value in document.items():
        if name in KNOWN or value is None:
            continue
        if name == "data" or not ATTRIBUTE_NAME.fullmatch(name):
            said = "names of attributes are of a to z and 0 to 9, and none is data"
            yield Violation(shown(name), said)
        elif (problem := _problem_of(value)) is not None:
            yield Violation(shown(name), problem)


def _problem_of(value: Any) -> str | None:
    match value:
        case bool():
            return None
        case int():
            inside = INTEGER_MIN <= value <= INTEGER_MAX
            return None if inside else f"must lie between {INTEGER_MIN} and {INTEGER_MAX}"
        case str():
            found = DISALLOWED.search(value)
            return None if found is None else f"holds U+{ord(found[0]):04X}, which no attribute may"
        case _:
            return "must be a text, an integer or true or false"
