"""Who is looked for in messages, and a message without them."""

import json
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote_to_bytes

from shared.erasing.needles import Needles, is_telling

ERASED = "erased"
TOMBSTONE = b'{"erased": "This message named a person who was erased; its content is gone."}'
SUBJECT_TOKENS_OWN = 3
"""`intake.<source>.<owner>`: the tokens of a subject that its sender does not choose."""
ENVELOPE = frozenset({"id", "source", "type", "time", "specversion", "datacontenttype"})
"""What makes a message that one: it stays while the message still counts."""

JSON_ESCAPE = re.compile(rb"\\u([0-9A-Fa-f]{4})")
TELLING_FIELDS = ("id", "email", "name")
"""What of a person is theirs alone; an organisation is others' too."""

IsThem = Callable[[str, Mapping[str, Any]], bool]
"""Tells whether what a source says of somebody, as JSON has it, says it of who is looked for."""


def nobody(source: str, said: Mapping[str, Any]) -> bool:
    """Recognise nobody by what is said of them: for services that know no person."""
    return False


@dataclass(frozen=True, slots=True)
class Message:
    """A message as it is kept, with what was noted of it."""

    source: str
    subject: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(slots=True)
class Sought:
    """Who is looked for: recognised by what a message says of them, and by their words.

    Args:
        is_them: recognises them by any identity they are known under, at any source.
        words: names, addresses and ids to look for in bytes that say it in no other way; more of
            them are learnt from what recognisable messages say.
        stand_in: the id that takes their place in a message that still counts.
    """

    is_them: IsThem
    words: set[str]
    stand_in: str
    _needles: Needles = field(init=False)

    def __post_init__(self) -> None:
        """Prepare the words that can be looked for."""
        self._needles = Needles.of(self.words)

    def named_by(self, message: Message) -> bool:
        """Tell whether a message names them, and learn by what other words."""
        document = _document(message.body)
        them = [said for said in _people(document) if self.is_them(message.source, said)]
        self.learn(
            word
            for said in them
            for name in TELLING_FIELDS
            if isinstance(word := said.get(name), str)
        )
        return bool(them) or self.said_in(message)

    def learn(self, words: Iterable[str]) -> bool:
        """Look for these words too; returns whether any is new."""
        new = {word for word in words if is_telling(word)} - self.words
        if new:
            self.words |= new
            self._needles = Needles.of(self.words)
        return bool(new)

    def said_in(self, message: Message) -> bool:
        """Tell whether one of the words stands in a message, however written."""
        return bool(self.found_in(message.body)) or any(
            self.told_by(text)
            for text in (message.subject, *message.headers, *message.headers.values())
        )

    def told_by(self, text: str) -> bool:
        """Tell whether one of the words stands in a text."""
        return bool(self.found_in(text.encode("utf-8", "surrogatepass")))

    def found_in(self, content: bytes) -> Collection[str]:
        """Return the words that stand in some bytes, also where more is escaped than need be."""
        return [word for form in _unescaped(content) for word in self._needles.found_in(form)]

    def cleaned(self, text: str) -> str:
        """Return a sentence about a message without the value it quotes, or without anything."""
        kept = text.partition(", got ")[0]
        return ERASED if self.told_by(kept) else kept

    def without(self, message: Message, *, counts: bool = False) -> Message:
        """Return a message without them.

        JSON stays what it is, but for them; anything else becomes a tombstone.

        Args:
            message: which.
            counts: it may still be taken, for nobody in their place, so its envelope stays.
        """
        subject = message.subject
        if self.told_by(subject):
            subject = ".".join([*subject.split(".")[:SUBJECT_TOKENS_OWN], ERASED])
        headers = {
            name: value if not self.told_by(value) or (counts and _of_envelope(name)) else ERASED
            for name, value in message.headers.items()
            if not self.told_by(name)
        }
        return Message(message.source, subject, headers, self._body(message, counts))

    def _body(self, message: Message, counts: bool) -> bytes:
        document = _document(message.body)
        if document is None:
            return TOMBSTONE
        try:
            cleaned = self._taken_out(message.source, document, root=True)
            if counts and isinstance(document, dict):
                cleaned |= {name: document[name] for name in ENVELOPE & document.keys()}
            body = json.dumps(cleaned).encode()
        except RecursionError:
            return TOMBSTONE
        return TOMBSTONE if not counts and self.found_in(body) else body

    def _taken_out(self, source: str, value: Any, *, root: bool = False) -> Any:
        match value:
            case dict() if not root and self.is_them(source, value):
                return {"id": self.stand_in}
            case dict():
                return {name: self._taken_out(source, each) for name, each in value.items()}
            case list():
                return [self._taken_out(source, each) for each in value]
            case str() if self.told_by(value):
                return ERASED
            case _:
                return value


def _unescaped(content: bytes) -> Iterator[bytes]:
    """Yield bytes as they are, and with the escapes of URLs and of JSON undone."""
    yield content
    if b"%" in content:
        yield unquote_to_bytes(content)
    if b"\\u" in content:
        yield JSON_ESCAPE.sub(
            lambda found: chr(int(found[1], 16)).encode("utf-8", "replace"), content
        )


def _of_envelope(header: str) -> bool:
    name = header.lower()
    return name == "content-type" or name.removeprefix("ce-") in ENVELOPE


def _document(body: bytes) -> Any:
    """Return the JSON of a body; None when it is none, or not the same once it is written again."""
    try:
        document = json.loads(body, object_pairs_hook=_once_each)
        json.dumps(document, allow_nan=False)
    except (ValueError, RecursionError):
        return None
    return document


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name stands twice")
    return found


def _people(document: Any) -> Iterator[Mapping[str, Any]]:
    """Yield every object within a document; the document itself is a message, and nobody."""
    inside = [document]
    while inside:
        value = inside.pop()
        if isinstance(value, dict) and value is not document:
            yield value
        if isinstance(value, dict):
            inside += value.values()
        elif isinstance(value, list):
            inside += value
