"""What to look for in bytes: a person's words in every way in which a file may have written them.

A text is looked for in UTF-8 and UTF-16, composed and decomposed, escaped as JSON, URLs and HTML
have it, as hexadecimal digits and as base64 wherever in its four-letter groups it begins. Capitals
do not matter. All of these, hundreds for one person, are looked for in one pass (Aho and Corasick).
"""

import base64
import html
import json
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import quote, quote_plus

from ahocorasick_rs import BytesAhoCorasick, Implementation

WORD_CHARACTERS_MIN = 8
NUMBER_CHARACTERS_MIN = 10
"""What is shorter stands in some file by chance, and tells nothing."""
BASE64_GROUP = 3


@dataclass(frozen=True)
class Needles:
    """Some texts, each with all the ways to write it.

    Args:
        written: the ways to write a text, in lower case, by the text.
    """

    written: Mapping[str, Collection[bytes]]

    @classmethod
    def of(cls, texts: Iterable[str]) -> "Needles":
        """Return the needles of these texts; those too short to tell anything are left out."""
        return cls({text: _written(text) for text in sorted(set(texts)) if is_telling(text)})

    @property
    def bytes_max(self) -> int:
        """How long the longest way of writing is."""
        return max((len(way) for ways in self.written.values() for way in ways), default=0)

    def found_in(self, content: bytes) -> list[str]:
        """Return the texts that stand in some bytes, however written."""
        matches = self._search.find_matches_as_indexes(content.lower(), overlapping=True)
        found = {self._texts[way] for way, _, _ in matches}
        return [text for text in self.written if text in found]

    @cached_property
    def _texts(self) -> list[str]:
        """The text of each way to write one."""
        return [text for text, ways in self.written.items() for _ in ways]

    @cached_property
    def _search(self) -> BytesAhoCorasick:
        ways = [way for ways in self.written.values() for way in ways]
        return BytesAhoCorasick(ways, implementation=Implementation.DFA)


def is_telling(text: str) -> bool:
    """Tell whether a text is long enough to be looked for; an address always is."""
    text = text.strip()
    if text.isdigit():
        return len(text) >= NUMBER_CHARACTERS_MIN
    return "@" in text or len(text) >= WORD_CHARACTERS_MIN


def _written(text: str) -> frozenset[bytes]:
    """Return the ways to write a text, in lower case as what they are looked for in will be."""
    ways: set[bytes] = set()
    for form in _forms(text):
        raw = form.encode()
        ways |= {raw, raw.hex().encode(), *_in_base64(raw)}
        ways |= {each.encode() for each in _escaped(form)}
        # Without the zero in front or behind, the one is the other when a text is plain ASCII.
        ways |= {form.encode("utf-16-le")[:-1], form.encode("utf-16-be")[1:]}
    return frozenset(way.lower() for way in ways)


def _forms(text: str) -> set[str]:
    """Return a text as it is, in small letters, capitals and titles, in both normal forms."""
    cased = {text, text.casefold(), text.upper(), text.title()}
    return {unicodedata.normalize(form, each) for each in cased for form in ("NFC", "NFD")}


def _escaped(text: str) -> set[str]:
    ways = {json.dumps(text)[1:-1], quote(text), quote(text, safe="")}
    return ways | {quote_plus(text), html.escape(text)}


def _in_base64(raw: bytes) -> Iterator[bytes]:
    """Yield what base64 makes of bytes, wherever in a group they begin, without its ragged ends."""
    for offset in range(BASE64_GROUP):
        encoded = base64.b64encode(b"\0" * offset + raw)
        first = (offset * 8 + 5) // 6
        last = (offset + len(raw)) * 8 // 6
        yield encoded[first:last]
        yield encoded[first:last].replace(b"+", b"-").replace(b"/", b"_")
