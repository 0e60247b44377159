"""Which characters the fonts of a PDF can print: an archived PDF may hold none that they lack."""

import struct
from collections.abc import Iterator
from functools import cache
from pathlib import Path

FONTS = Path(__file__).parent / "fonts"
REPLACEMENT = "\N{WHITE SQUARE}"
SEGMENTS_TO_ALL = 12
"""The format of a cmap table that lists every character of Unicode in groups."""


def printable(text: str) -> str:
    """Return a text with a square for each character that no font here has."""
    if text.isascii():
        return text
    characters = _characters()
    return "".join(each if each in characters or each.isspace() else REPLACEMENT for each in text)


@cache
def _characters() -> frozenset[str]:
    """Return the characters that every font has, so that bold print loses none."""
    fonts = [frozenset(characters_of(file.read_bytes())) for file in sorted(FONTS.glob("*.ttf"))]
    return frozenset[str].intersection(*fonts)


def characters_of(font: bytes) -> Iterator[str]:
    """Yield the characters of a TrueType font.

    Raises:
        ValueError: it has no table of all of Unicode.

    Source:
        OpenType specification, tables `cmap` (format 12) and the table directory.
    """
    start = _table(font, b"cmap")
    (count,) = struct.unpack_from(">H", font, start + 2)
    for index in range(count):
        _, _, offset = struct.unpack_from(">HHL", font, start + 4 + 8 * index)
        (form,) = struct.unpack_from(">H", font, start + offset)
        if form == SEGMENTS_TO_ALL:
            (groups,) = struct.unpack_from(">L", font, start + offset + 12)
            for group in range(groups):
                first, last, _ = struct.unpack_from(">LLL", font, start + offset + 16 + 12 * group)
                yield from map(chr, range(first, last + 1))
            return
    raise ValueError("the font has no table of all of Unicode")


def _table(font: bytes, tag: bytes) -> int:
    """Return where a table of a font begins."""
    (count,) = struct.unpack_from(">H", font, 4)
    for index in range(count):
        name, _, offset, _ = struct.unpack_from(">4sLLL", font, 12 + 16 * index)
        if name == tag:
            return int(offset)
    raise ValueError(f"the font has no table {tag!r}")
