"""How events stand in an HTTP request: one in binary or structured mode, or a batch of them.

What is read here keeps the bytes that came. An event in binary mode keeps its attributes in
headers, written anew so that every reader finds them the same; nothing is judged yet.

Specification: CloudEvents 1.0.2, HTTP protocol binding and JSON batch format.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from email.message import Message

from services.gateway.domain.elements import elements
from shared.contracts.envelope import (
    CLOUDEVENTS,
    JSON_TYPE,
    PREFIX,
    STRUCTURED,
    Malformed,
)
from shared.contracts.headers import Undecodable, decoded, encoded
from shared.errors import InvalidData, TandemError, Violation

BATCH = "application/cloudevents-batch+json"
CHARSETS = frozenset({"utf-8", "utf8", "us-ascii"})


class UnsupportedMedia(TandemError):
    """The content type names a format that is not read here; the text says which are."""


@dataclass(frozen=True, slots=True)
class Said:
    """One event as it came, in the form in which it goes on: headers of its own, and a body."""

    headers: Mapping[str, str]
    body: bytes


def is_batch(content_type: str) -> bool:
    """Tell whether a request holds a batch."""
    return media_type(content_type) == BATCH


def media_type(content_type: str) -> str:
    """Return the type alone, in lower case: "application/json" of "Application/JSON; a=b"."""
    return content_type.partition(";")[0].strip().lower()


def one(headers: Iterable[tuple[str, str]], body: bytes) -> Said:
    """Return the event of a request in binary or structured mode.

    Args:
        headers: names in lower case, values as they came.
        body: the whole of it.

    Raises:
        UnsupportedMedia: a format of events, or a charset, that is not read here.
        Malformed: the request says nowhere that it is an event.
        InvalidData: a header says no attribute; the violation names it.
    """
    pairs = list(headers)
    content_type = next((value for name, value in pairs if name == "content-type"), "")
    kind = media_type(content_type)
    refuse_charset(content_type)
    if kind == STRUCTURED:
        return Said({"content-type": STRUCTURED}, body)
    if kind.startswith(CLOUDEVENTS):
        raise UnsupportedMedia(f"{kind} is not read here; send {STRUCTURED} or {BATCH}")
    attributes = [(name[len(PREFIX) :], value) for name, value in pairs if _is_attribute(name)]
    if not attributes:
        raise Malformed(
            f"this is no event: neither ce- headers nor the content type {STRUCTURED} or {BATCH}"
        )
    return Said({"content-type": content_type or JSON_TYPE} | _written_anew(attributes), body)


def many(content_type: str, body: bytes, count_max: int) -> Sequence[Said]:
    """Return the events of a batch, in their order.

    Raises:
        UnsupportedMedia: a charset that is not read here.
        Malformed: the body is no array.
    """
    refuse_charset(content_type)
    headers = {"content-type": STRUCTURED}
    return [Said(headers, element) for element in elements(body, count_max)]


def refuse_charset(content_type: str) -> None:
    """Refuse a text in anything but UTF-8.

    Raises:
        UnsupportedMedia: the content type names another charset.
    """
    if "charset" not in content_type.lower():
        return
    message = Message()
    message["content-type"] = content_type
    charset = str(message.get_param("charset", "utf-8")).strip().lower()
    if charset not in CHARSETS:
        raise UnsupportedMedia(f"charset {charset[:40]!r} is not read here; JSON is UTF-8")


def _is_attribute(name: str) -> bool:
    return name.startswith(PREFIX) and len(name) > len(PREFIX)


def _written_anew(attributes: Sequence[tuple[str, str]]) -> dict[str, str]:
    """Return the attributes as headers, each once, percent-encoded in the one way."""
    written: dict[str, str] = {}
    violations = []
    for name, value in attributes:
        if PREFIX + name in written:
            violations.append(Violation(name, "stands twice among the headers"))
            continue
        try:
            written[PREFIX + name] = encoded(decoded(value))
        except Undecodable as error:
            violations.append(Violation(name, str(error)))
    if "ce-datacontenttype" in written:
        said = "stands in a header of its own; in binary mode Content-Type says it"
        violations.append(Violation("datacontenttype", said))
    if violations:
        raise InvalidData(violations)
    return written
