"""Looks for a person's words in every file under a directory, as an auditor would."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from shared.erasing.needles import Needles

WINDOW_BYTES = 8 * 1024 * 1024
EMPTY = bytes(4096)
"""A page that nobody has written to; much of a database is reserved for later."""


@dataclass(slots=True)
class Scan:
    """What was read, and where something stands.

    Args:
        hits: how many of the texts stand in which file.
        unread: files that could not be read; nothing is known of them.
    """

    files: int = 0
    bytes: int = 0
    hits: dict[Path, int] = field(default_factory=dict)
    unread: list[Path] = field(default_factory=list)

    @property
    def clean(self) -> bool:
        """Whether everything was read, and nothing was found."""
        return not self.hits and not self.unread


def scan(root: Path, needles: Needles, on_file: Callable[[Path], None] = lambda path: None) -> Scan:
    """Read every file under a directory, and its name; what vanishes meanwhile is passed over."""
    found = Scan()
    for path in _files(root, found.unread):
        on_file(path)
        texts = set(needles.found_in(os.fsencode(path.relative_to(root))))
        try:
            for window in _windows(path, needles.bytes_max):
                texts.update(needles.found_in(window))
            found.bytes += path.stat().st_size
        except FileNotFoundError:
            continue
        except OSError:
            found.unread.append(path)
            continue
        found.files += 1
        if texts:
            found.hits[path] = len(texts)
    return found


def _files(root: Path, unread: list[Path]) -> Iterator[Path]:
    """Yield the files under a directory, in their order; links and sockets hold nothing."""

    def refused(error: OSError) -> None:
        if not isinstance(error, FileNotFoundError):
            unread.append(Path(error.filename))

    for folder, folders, names in os.walk(root, onerror=refused):
        folders.sort()
        for name in sorted(names):
            path = Path(folder, name)
            if path.is_file() and not path.is_symlink():
                yield path


def _windows(path: Path, overlap: int) -> Iterator[bytes]:
    """Yield a file in windows that overlap, so that no needle falls between two of them."""
    with path.open("rb") as file:
        kept = b""
        while chunk := file.read(WINDOW_BYTES):
            yield condensed(kept + chunk)
            kept = chunk[-overlap:] if overlap else b""


def condensed(content: bytes) -> bytes:
    """Return bytes without the pages in which nothing stands: the rest is looked through sooner."""
    starts = range(0, len(content), len(EMPTY))
    pages = (content[start : start + len(EMPTY)] for start in starts)
    return b"".join(page for page in pages if page != EMPTY)
