"""What the specification demands of any CloudEvent, whatever its type.

Whoever sends an event of a type that nobody here reads is told just that, and whoever sends what is
no event is told why; so this is asked first. What the contract asks beyond it, of the types that it
knows, the owner's own code judges afterwards.

Specification: CloudEvents 1.0.2, core and JSON format.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from services.gateway.domain.reading import Said
from shared.contracts.attributes import DISALLOWED, strange_extensions
from shared.contracts.envelope import (
    DATA,
    EVENT_BYTES_MAX,
    PREFIX,
    STRUCTURED,
    Malformed,
    TooLarge,
    strict_json,
)
from shared.contracts.headers import decoded
from shared.errors import VIOLATIONS_MAX, InvalidData, Violation, shown

REQUIRED = ("specversion", "id", "source", "type")
TEXTS = (*REQUIRED, "time", "subject", "datacontenttype", "dataschema")
URI_CHARACTERS = r"(?:[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=]|%[0-9A-Fa-f]{2})"
WORD = r"[A-Za-z0-9!#$%&'*+\-.^_`{|}~]+"
FORMS: Mapping[str, tuple[re.Pattern[str], str]] = {
    "specversion": (re.compile(r"1\.0"), "must be '1.0'"),
    "source": (re.compile(URI_CHARACTERS + "+"), "is no URI reference (RFC 3986)"),
    "dataschema": (
        re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:" + URI_CHARACTERS + "*"),
        "is no absolute URI (RFC 3986)",
    ),
    "datacontenttype": (
        re.compile(rf'{WORD}/{WORD}(?:[ \t]*;[ \t]*(?:{WORD}=(?:{WORD}|"(?:[^"\\]|\\.)*"))?)*'),
        "is no media type (RFC 2046), such as application/json",
    ),
    "time": (
        re.compile(
            r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)?"
            r"(?:[Zz]|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])"
        ),
        "must be an RFC 3339 time with an offset, like 2024-03-27T14:00:00Z",
    ),
}
"""How attributes are written, and what is said of one that is not."""


def document_of(said: Said) -> dict[str, Any]:
    """Return the attributes of an event that are set.

    Raises:
        TooLarge, Malformed: it cannot be read.
        InvalidData: it is no CloudEvent; the violations name every attribute at fault.
    """
    if len(said.body) > EVENT_BYTES_MAX:
        raise TooLarge(f"{len(said.body)} bytes, at most {EVENT_BYTES_MAX} are allowed")
    if said.headers["content-type"] == STRUCTURED:
        document = strict_json(said.body)
        if not isinstance(document, dict):
            raise Malformed("an event is a JSON object")
        doubled = document.keys() >= DATA and document["data_base64"] is not None
        document = {name: value for name, value in document.items() if name not in DATA}
    else:
        document, doubled = _in_headers(said.headers), False
    attributes = {name: value for name, value in document.items() if value is not None}
    violations = list(_violations(attributes))
    if doubled:
        violations.append(Violation("data_base64", "stands beside data; give one of them"))
    if violations:
        raise InvalidData(violations[:VIOLATIONS_MAX])
    return attributes


def _in_headers(headers: Mapping[str, str]) -> dict[str, Any]:
    document: dict[str, Any] = {
        name.removeprefix(PREFIX): decoded(value)
        for name, value in headers.items()
        if name.startswith(PREFIX)
    }
    document["datacontenttype"] = headers["content-type"]
    return document


def _violations(attributes: Mapping[str, Any]) -> Iterator[Violation]:
    for name in REQUIRED:
        if name not in attributes:
            yield Violation(name, "is required")
    for name in TEXTS:
        if name in attributes and (problem := _problem(name, attributes[name])) is not None:
            yield Violation(name, problem)
    yield from strange_extensions(attributes)


def _problem(name: str, value: Any) -> str | None:
    """Return what is wrong with an attribute of the specification, or None."""
    if not isinstance(value, str):
        return "must be a text"
    if not value:
        return "must not be empty"
    if not (value.isascii() and value.isprintable()) and (found := DISALLOWED.search(value)):
        return f"holds U+{ord(found[0]):04X}, which no attribute may"
    form, otherwise = FORMS.get(name, (None, ""))
    if form is not None and form.fullmatch(value) is None:
        return f"{otherwise}, got {shown(value)!r}"
    return None
