"""Attributes as values of headers: percent-encoded ASCII, out and in, alike in NATS and HTTP.

Specification: CloudEvents 1.0.2, HTTP protocol binding, section 3.1.3.2; the NATS binding repeats
it. Going out nothing is quoted; coming in quotation marks are taken off, as RFC 7230 has them,
because older releases of the specification let them be set.
"""

import re
from urllib.parse import quote, unquote_to_bytes

from shared.errors import TandemError

UNENCODED = "".join(chr(code) for code in range(0x21, 0x7F) if chr(code) not in '"%')
"""Every printable character of ASCII but space, quotation mark and percent sign."""

OUTSIDE_ASCII = re.compile(r"[^\t\x20-\x7e]")
QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"')
ESCAPED = re.compile(r"\\(.)")


class Undecodable(TandemError):
    """The value of a header does not say what it should as the specification has it."""


def encoded(value: str) -> str:
    """Return the value of a header that says this."""
    return quote(value, safe=UNENCODED)


def decoded(value: str) -> str:
    """Return what the value of a header says.

    Raises:
        Undecodable: it holds more than printable ASCII, a quotation mark without its fellow, or
            percent-encoded bytes that are no UTF-8.
    """
    value = value.strip(" \t")
    if '"' not in value and "%" not in value and value.isascii() and value.isprintable():
        return value  # nearly every value, told at once
    if strange := OUTSIDE_ASCII.search(value):
        raise Undecodable(f"holds U+{ord(strange[0]):04X} as it is; it must be percent-encoded")
    if '"' in value:
        if '"' in QUOTED.sub("", value):
            raise Undecodable("holds a quotation mark without its fellow; encode it as %22")
        value = QUOTED.sub(lambda quoted: ESCAPED.sub(r"\1", quoted[1]), value)
    try:
        return unquote_to_bytes(value).decode()
    except UnicodeDecodeError:
        raise Undecodable("holds percent-encoded bytes that are not UTF-8") from None
