"""The file of a backup: a tar whose parts are written as they come, with the SHA-256 of each.

A dump tells its size at its end, so the header of a part is written again once that is known;
nothing is kept beside the file meanwhile. The manifest is the last part: a file without one is not
finished.
"""

import hashlib
import tarfile
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

from shared.embedded.data_directory import PRIVATE_FILE, OperatorError

CHUNK_BYTES = 1024 * 1024
PARTS_MAX = 10_000


@dataclass(frozen=True, slots=True)
class Part:
    """A part of an archive: its name, how long it is, and the SHA-256 of its bytes in hex."""

    name: str
    bytes: int
    sha256: str


class ArchiveWriter:
    """Writes an archive to a file that is open for writing, from its present place on."""

    def __init__(self, file: BinaryIO, made_at: float) -> None:
        """Take the file, and the moment that every part is said to be of."""
        self._file, self._made_at = file, made_at

    def add(self, name: str, content: bytes) -> Part:
        """Add a part that is at hand, and return what was written."""
        self._file.write(self._header(name, len(content)))
        self._file.write(content)
        self._fill(len(content))
        return Part(name, len(content), hashlib.sha256(content).hexdigest())

    async def add_stream(self, name: str, chunks: AsyncIterator[bytes]) -> Part:
        """Add a part as it comes, and return what was written."""
        begin, size, digest = self._file.tell(), 0, hashlib.sha256()
        self._file.write(self._header(name, size))
        async for chunk in chunks:
            self._file.write(chunk)
            digest.update(chunk)
            size += len(chunk)
        self._fill(size)
        end = self._file.tell()
        self._file.seek(begin)
        self._file.write(self._header(name, size))
        self._file.seek(end)
        return Part(name, size, digest.hexdigest())

    def finish(self) -> None:
        """Write what ends a tar."""
        self._file.write(tarfile.NUL * tarfile.BLOCKSIZE * 2)

    def _header(self, name: str, size: int) -> bytes:
        info = tarfile.TarInfo(name)
        info.size, info.mode, info.mtime = size, PRIVATE_FILE, int(self._made_at)
        return info.tobuf(tarfile.GNU_FORMAT)

    def _fill(self, size: int) -> None:
        self._file.write(tarfile.NUL * (-size % tarfile.BLOCKSIZE))


class ArchiveReader:
    """Reads an archive, part by part; use it as a context."""

    def __init__(self, path: Path) -> None:
        """Open a file.

        Raises:
            OperatorError: it is no archive, or was cut short.
        """
        self._path = path
        try:
            self._tar = tarfile.open(path, "r:")  # noqa: SIM115 - closed by __exit__
        except tarfile.TarError:
            raise OperatorError(f"{path} is no backup: it is not a tar file.") from None
        try:
            self._parts = dict(self._listed())
        except tarfile.TarError:
            self._tar.close()
            raise OperatorError(f"{path} is no whole backup: it was cut short.") from None
        except BaseException:
            self._tar.close()
            raise

    def __enter__(self) -> "ArchiveReader":
        """Return itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close the file."""
        self._tar.close()

    @property
    def sizes(self) -> Mapping[str, int]:
        """The parts by name, with how many bytes each holds."""
        return {name: info.size for name, info in self._parts.items()}

    def read(self, name: str, bytes_max: int) -> bytes | None:
        """Return a part as a whole; None when there is none, or it is longer than that."""
        if name not in self._parts or self._parts[name].size > bytes_max:
            return None
        return b"".join(self.chunks(name))

    def chunks(self, name: str) -> Iterator[bytes]:
        """Yield a part in chunks of CHUNK_BYTES at most.

        Raises:
            OperatorError: the file ends amid it.
        """
        part = self._tar.extractfile(self._parts[name])
        assert part is not None  # noqa: S101 - only files are listed
        try:
            while chunk := part.read(CHUNK_BYTES):
                yield chunk
        except tarfile.TarError:
            raise OperatorError(f"{self._path} ends amid {name}: it was cut short.") from None

    def _listed(self) -> Iterator[tuple[str, tarfile.TarInfo]]:
        names: set[str] = set()
        for info in self._tar:
            if not info.isreg() or info.name in names or len(names) == PARTS_MAX:
                raise OperatorError(
                    f"{self._path} is no backup: {info.name} does not belong there."
                )
            names.add(info.name)
            yield info.name, info
