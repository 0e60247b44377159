"""The bytes of a file as text: bounded, in an encoding that is told and never guessed."""

import codecs
import io
import zlib
from dataclasses import dataclass
from zipfile import BadZipFile, ZipFile

from shared.importing.reading import FileRefused

UPLOAD_BYTES_MAX = 10 * 1024 * 1024
INFLATED_BYTES_MAX = 50 * 1024 * 1024
INFLATED_RATIO_MAX = 100
MEGABYTE = 1024 * 1024

MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
"""Byte order marks, and the encoding each one tells."""
ENCODINGS = ("utf-8", "utf-16-le", "utf-16-be", "cp1250", "cp1252", "iso-8859-1", "mac-roman")
"""What an operator may tell, when the file itself does not."""

ZIP, GZIP = b"PK\x03\x04", b"\x1f\x8b"
GZIP_WINDOW = 16 + zlib.MAX_WBITS


@dataclass(frozen=True, slots=True)
class Decoded:
    """The text of a file, and the encoding it stood in."""

    text: str
    encoding: str


def decoded(content: bytes, encoding: str | None = None) -> Decoded:
    """Return the text of a file; a byte order mark, when there is one, counts more than `encoding`.

    Raises:
        FileRefused: it is too large, or in another encoding.
    """
    if len(content) > UPLOAD_BYTES_MAX:
        raise FileRefused(
            f"the file has {len(content) / MEGABYTE:.1f} MB, at most "
            f"{UPLOAD_BYTES_MAX // MEGABYTE} MB are taken"
        )
    plain = _inflated(content)
    for mark, told in MARKS:
        if plain.startswith(mark):
            return Decoded(_text(plain[len(mark) :], told), told)
    return Decoded(_text(plain, encoding or "utf-8"), encoding or "utf-8")


def _text(plain: bytes, encoding: str) -> str:
    if encoding == "utf-8" and plain[:2].count(0) == 1:
        order = "be" if plain[0] == 0 else "le"
        raise FileRefused(
            f"the file looks like UTF-16 without a byte order mark: --encoding utf-16-{order}"
        )
    try:
        return plain.decode(encoding)
    except UnicodeDecodeError as error:
        row = plain.count(b"\n", 0, error.start) + 1
        hint = "; old versions of Excel write cp1252: --encoding cp1252"
        raise FileRefused(
            f"line {row} holds bytes that are not {encoding.upper()}"
            f"{hint if encoding == 'utf-8' else ''}"
        ) from None


def _inflated(content: bytes) -> bytes:
    """Return what is packed in a zip or gzip file, or the content itself."""
    if content.startswith(ZIP):
        return _unzipped(content)
    if content.startswith(GZIP):
        try:
            return _bounded(zlib.decompressobj(GZIP_WINDOW), content, len(content))
        except zlib.error:
            raise FileRefused("the gzip file is damaged") from None
    return content


def _unzipped(content: bytes) -> bytes:
    try:
        with ZipFile(io.BytesIO(content)) as packed:
            names = [each.filename for each in packed.infolist() if not each.is_dir()]
            if "[Content_Types].xml" in names:
                raise FileRefused("this is a workbook: save its sheet as CSV")
            ours = [name for name in names if not name.startswith("__MACOSX/")]
            if len(ours) != 1:
                raise FileRefused(f"the zip file holds {len(ours)} files: pack one alone")
            packed_bytes = packed.getinfo(ours[0]).compress_size
            with packed.open(ours[0]) as file:
                plain = file.read(_inflated_max(packed_bytes) + 1)
    except (BadZipFile, zlib.error, NotImplementedError, RuntimeError):
        raise FileRefused("the zip file is damaged, or locked with a password") from None
    return _within(plain, packed_bytes)


def _bounded(inflater: "zlib._Decompress", content: bytes, packed_bytes: int) -> bytes:
    plain = inflater.decompress(content, _inflated_max(packed_bytes) + 1)
    if not inflater.eof and len(plain) <= _inflated_max(packed_bytes):
        raise FileRefused("the gzip file ends before its end")
    return _within(plain, packed_bytes)


def _inflated_max(packed_bytes: int) -> int:
    """Return how many bytes a packed file may become."""
    return min(INFLATED_BYTES_MAX, packed_bytes * INFLATED_RATIO_MAX)


def _within(plain: bytes, packed_bytes: int) -> bytes:
    if len(plain) > _inflated_max(packed_bytes):
        raise FileRefused(
            f"unpacked, the file has more than {INFLATED_BYTES_MAX // MEGABYTE} MB, or more than "
            f"{INFLATED_RATIO_MAX} times what it had packed"
        )
    return plain
