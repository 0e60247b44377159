"""The CloudEvent around a message: structured and binary mode, parsed without trust.

Specification: CloudEvents 1.0.2, its JSON event format and its bindings to NATS and HTTP; each
requirement with its test stands in docs/cloudevents.md. Header names compare without case.
"""

import base64
import hashlib
import json
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, NoReturn

import orjson

from shared.contracts.attributes import Attributes, attributes_in
from shared.contracts.headers import Undecodable, decoded
from shared.errors import VIOLATIONS_MAX, InvalidData, TandemError, Violation, shown

STRUCTURED = "application/cloudevents+json"
CLOUDEVENTS = "application/cloudevents"
JSON_TYPE = "application/json"
PREFIX = "ce-"
DATA = frozenset({"data", "data_base64"})
EVENT_BYTES_MAX = 1024 * 1024
DEPTH_MAX = 32
KEYS_MAX = 256
STRING_CHARACTERS_MAX = 8192
DIGITS_MAX = 18
SOURCE_PREFIX = "/systems/"


class Malformed(TandemError):
    """The bytes are no CloudEvent at all."""


class TooLarge(TandemError):
    """The event is larger than the contract allows."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """A parsed CloudEvent; `data` is the JSON text of its data, `digest` its identity."""

    id: str
    source: str
    type: str
    time: datetime
    data: bytes
    digest: bytes
    traceparent: str | None = None

    @property
    def source_name(self) -> str:
        """The name of the publishing system: "crm" of "/systems/crm"."""
        return self.source.removeprefix(SOURCE_PREFIX)

    def timeless(self) -> "Envelope":
        """Return the same without its time as a part of its identity."""
        identity = f"{self.type}\n\n".encode() + self.data
        return replace(self, digest=hashlib.sha256(identity).digest())


def parse(
    headers: Mapping[str, str] | None, body: bytes, *, bare_is_structured: bool = False
) -> Envelope:
    """Return the CloudEvent in a message's headers and body.

    Args:
        headers: as they came; their names compare without case.
        body: all of the event in structured mode, its data alone in binary mode.
        bare_is_structured: take a message without a word about its content for a structured one,
            as the NATS binding of CloudEvents 1.0.2 has it, which knows no headers.

    Raises:
        TooLarge, Malformed: it cannot be read.
        InvalidData: an attribute is missing or wrong; the violations name it.
    """
    if len(body) > EVENT_BYTES_MAX:
        raise TooLarge(f"{len(body)} bytes, at most {EVENT_BYTES_MAX} are allowed")
    lower = _without_case(headers or {})
    content_type = _media_type(lower.get("content-type", ""))
    traced = lower.get("traceparent")
    # The NATS binding names the media type alone: whatever it carries is in the JSON format.
    if content_type in (STRUCTURED, CLOUDEVENTS):
        return _structured(body, traced)
    if content_type.startswith(CLOUDEVENTS):
        raise Malformed(f"content-type {content_type!r} is not supported; use {STRUCTURED}")
    if any(name.startswith(PREFIX) for name in lower):
        return _binary(lower, body, traced)
    if bare_is_structured and not content_type:
        return _structured(body, traced)
    raise Malformed("neither ce- headers nor content-type application/cloudevents+json")


def _without_case(headers: Mapping[str, str]) -> dict[str, str]:
    """Return the headers under their names in small letters, each of ours once."""
    lower: dict[str, str] = {}
    for name, value in headers.items():
        small = name.lower()
        if small in lower and (small.startswith(PREFIX) or small == "content-type"):
            raise Malformed(f"the header {small[:80]!r} stands twice")
        lower[small] = value
    return lower


def _media_type(value: str) -> str:
    return value.partition(";")[0].strip().lower()


def _is_json(media_type: str) -> bool:
    """Tell what the JSON event format calls JSON: a subtype of json, or one that ends in +json."""
    subtype = media_type.partition("/")[2]
    return subtype == "json" or subtype.endswith("+json")


def _structured(body: bytes, traced: str | None) -> Envelope:
    document = strict_json(body)
    if not isinstance(document, dict):
        raise Malformed("a structured event is a JSON object")
    data = data_of(document)
    attributes = _attributes(
        {name: said for name, said in document.items() if name not in DATA}, traced
    )
    return _envelope(attributes, data)


def data_of(document: Mapping[str, Any]) -> Any:
    """Return the data of an event in the JSON format; None when it has none.

    Raises:
        InvalidData: `data_base64` holds no JSON, or stands beside `data`.
    """
    said = document.get("data_base64")
    if said is None:
        return document.get("data")
    if "data" in document:
        raise InvalidData([Violation("data_base64", "stands beside data; give one of them")])
    if not _is_json(_media_type(str(document.get("datacontenttype") or JSON_TYPE))):
        return None  # bytes of another kind, and their content type is what is wrong
    try:
        data = base64.b64decode(said, validate=True)
    except (TypeError, ValueError):
        raise InvalidData([Violation("data_base64", "is not Base64 (RFC 4648)")]) from None
    try:
        return strict_json(data)
    except Malformed as error:
        wrong = f"must hold JSON in UTF-8: {error}"
        raise InvalidData([Violation("data_base64", wrong)]) from None


def _binary(headers: Mapping[str, str], body: bytes, traced: str | None) -> Envelope:
    document: dict[str, str] = {}
    problems: list[Violation] = []
    for header, value in headers.items():
        if header.startswith(PREFIX):
            name = header.removeprefix(PREFIX)
            try:
                document[name] = decoded(value)
            except Undecodable as error:
                problems.append(Violation(shown(name), str(error)))
    if problems:
        raise InvalidData(problems[:VIOLATIONS_MAX])
    _tell_content_type(document, headers.get("content-type", ""))
    return _envelope(_attributes(document, traced), strict_json(body))


def _tell_content_type(document: dict[str, str], content_type: str) -> None:
    """Set the attribute from the header: HTTP has it in content-type, NATS under ce- as well."""
    if not content_type:
        document.setdefault("datacontenttype", JSON_TYPE)
        return
    said = document.setdefault("datacontenttype", content_type)
    if _media_type(said) != _media_type(content_type):
        other = f"is {said!r}, but the header content-type says {content_type!r}"
        raise InvalidData([Violation("datacontenttype", other)])


def _attributes(document: dict[str, Any], traced: str | None) -> Attributes:
    """Return the attributes; the trace is that of the message when the event names none."""
    if traced and document.get("traceparent") is None:
        document["traceparent"] = traced
    attributes = attributes_in(document)
    content_type = _media_type(attributes.datacontenttype or JSON_TYPE)
    if not _is_json(content_type):
        raise InvalidData([Violation("datacontenttype", f"must be JSON, got {content_type!r}")])
    return attributes


def _envelope(attributes: Attributes, data: Any) -> Envelope:
    if not isinstance(data, dict):
        raise InvalidData([Violation("data", "must be a JSON object")])
    canonical = _canonical(data)
    stamp = attributes.time.isoformat()  # an Instant is of UTC
    return Envelope(
        id=attributes.id,
        source=attributes.source,
        type=attributes.type,
        time=attributes.time,
        data=canonical,
        digest=hashlib.sha256(f"{attributes.type}\n{stamp}\n".encode() + canonical).digest(),
        traceparent=attributes.traceparent,
    )


# A string without an end is taken to the end of the text, so that no byte is looked at twice.
STRING = rb'(?s:"[^"\\]*+(?:\\.[^"\\]*+)*+"?)'
BRACKETS_OUTSIDE_STRINGS = re.compile(STRING + rb"|[\[{]|[\]}]")
# Where orjson may write a number otherwise than json; a string that looks like it does no harm.
FRACTION = re.compile(rb"[:,\[]-?[0-9]+[.e]")
ALL_DIGITS_ZERO = bytes.maketrans(b"123456789", b"000000000")
MANY_DIGITS = b"0" * (DIGITS_MAX + 1)
"""What a long number has in it, once every digit is written as 0: found ten times as quickly."""
# Zeros in front do not count: a float that stands for itself may be 0.00029991277496682454.
LONG_NUMBER = re.compile(STRING + rb"|[1-9][0-9]{%d,}+" % DIGITS_MAX)


def strict_json(body: bytes) -> Any:
    """Parse JSON that no later layer will stumble over.

    Raises:
        Malformed: not UTF-8 JSON, or one of its bounds is broken: depth, digits, keys, string
            length, a key that stands twice, a lone surrogate, NaN, a number without end.
    """
    document = _plain_json(body)
    return _judged_json(body) if document is None else document


def _plain_json(body: bytes) -> Any:
    """Return the document when it is plain to see that no bound is broken, else None.

    Nearly every message is short, without escapes and without long numbers. What is left to tell
    is a key that stands twice: of two only the last is in the document, so written out again it
    has fewer quotation marks than the body. A tenth of the time that `_judged_json` takes.
    """
    if (
        len(body) > STRING_CHARACTERS_MAX
        or b"\\" in body
        or body.count(b":") > KEYS_MAX
        or body.count(b"[") + body.count(b"{") > DEPTH_MAX
        or MANY_DIGITS in body.translate(ALL_DIGITS_ZERO)
    ):
        return None
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
    written = orjson.dumps(document)
    return document if written.count(b'"') == body.count(b'"') else None


def _canonical(data: Mapping[str, Any]) -> bytes:
    """Return the one way to write this data: compact, keys in order, ASCII, as `json` has it."""
    written = orjson.dumps(data, option=orjson.OPT_SORT_KEYS)
    if written.isascii() and not _may_hold_fractions(written):
        return written
    return json.dumps(data, sort_keys=True, separators=(",", ":")).encode()


def _may_hold_fractions(written: bytes) -> bool:
    zeros = written.translate(ALL_DIGITS_ZERO)
    return (b"0." in zeros or b"0e" in zeros) and FRACTION.search(written) is not None


def _judged_json(body: bytes) -> Any:
    _refuse_depth_and_digits(body)
    # Where no string can be too long, and none is escaped into a surrogate, none is looked at.
    harmless = len(body) <= STRING_CHARACTERS_MAX and b"\\u" not in body
    try:
        # As text, because `json.loads` takes UTF-16 too, where the bounds above see nothing.
        return json.loads(
            body.decode(),
            object_pairs_hook=_object if harmless else _object_of_strings,
            parse_float=_finite,
            parse_constant=_no_constant,
        )
    except UnicodeDecodeError:
        raise Malformed("the body is not UTF-8") from None
    except (ValueError, RecursionError) as error:
        raise Malformed(f"the body is not JSON: {error}") from None


def _refuse_depth_and_digits(body: bytes) -> None:
    if body.count(b"[") + body.count(b"{") > DEPTH_MAX:
        depth = 0
        for token in BRACKETS_OUTSIDE_STRINGS.finditer(body):
            first = token[0][:1]
            depth += (first in b"[{") - (first in b"]}")
            if depth > DEPTH_MAX:
                raise Malformed(f"the JSON is more than {DEPTH_MAX} levels deep")
    if MANY_DIGITS in body.translate(ALL_DIGITS_ZERO) and any(
        not token[0].startswith(b'"') for token in LONG_NUMBER.finditer(body)
    ):
        raise Malformed(f"a number has more than {DIGITS_MAX} digits")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(pairs) > KEYS_MAX:
        raise Malformed(f"an object has {len(pairs)} keys, at most {KEYS_MAX} are allowed")
    built = dict(pairs)
    if len(built) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise Malformed(f"the key {twice[:80]!r} stands twice")
    return built


def _object_of_strings(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    for key, value in pairs:
        _refuse_string(key, key)
        for text in _strings(value):
            _refuse_string(key, text)
    return _object(pairs)


def _strings(value: Any) -> Iterator[str]:
    """Yield the strings in a field's value; objects within have passed here already."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for each in value:
            yield from _strings(each)


def _refuse_string(key: str, text: str) -> None:
    if len(text) > STRING_CHARACTERS_MAX:
        raise Malformed(f"{key[:80]!r} has more than {STRING_CHARACTERS_MAX} characters")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise Malformed(f"{key[:80]!r} holds a lone surrogate") from None


def _finite(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise Malformed(f"{text[:80]} is too large a number")
    return number


def _no_constant(name: str) -> NoReturn:
    raise Malformed(f"{name} is not JSON")
