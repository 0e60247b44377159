"""The file of a backup: parts that come in pieces, and names that do not belong there."""

import io
import tarfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from shared.embedded.backup.archive import ArchiveReader, ArchiveWriter
from shared.embedded.backup.files import place_of
from shared.embedded.data_directory import DataDirectory, OperatorError


async def pieces(*content: bytes) -> AsyncIterator[bytes]:
    for each in content:
        yield each


async def test_parts_are_read_as_they_were_written_by_any_tar(tmp_path: Path) -> None:
    file = tmp_path / "archive"
    with file.open("wb") as opened:
        writer = ArchiveWriter(opened, made_at=0)
        first = await writer.add_stream("first", pieces(b"a" * 600, b"", b"b" * 500))
        empty = await writer.add_stream("empty", pieces())
        last = writer.add("last", b"c" * 512)
        writer.finish()

    with ArchiveReader(file) as archive:
        assert archive.sizes == {"first": 1100, "empty": 0, "last": 512}
        assert archive.read("first", 1100) == b"a" * 600 + b"b" * 500
        assert archive.read("first", 1099) is None
        assert archive.read("nothing", 1) is None
    assert (first.bytes, empty.bytes, last.bytes) == (1100, 0, 512)
    with tarfile.open(file) as tar:
        assert {info.mode for info in tar} == {0o600}
        assert tar.getnames() == ["first", "empty", "last"]


def test_a_part_that_stands_twice_or_is_no_file_is_refused(tmp_path: Path) -> None:
    for number, infos in enumerate(
        ([tarfile.TarInfo("a"), tarfile.TarInfo("a")], [_link("a", "/etc/passwd")])
    ):
        file = tmp_path / str(number)
        with tarfile.open(file, "w") as tar:
            for info in infos:
                tar.addfile(info, io.BytesIO())
        with pytest.raises(OperatorError, match="does not belong there"):
            ArchiveReader(file)


def _link(name: str, target: str) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = tarfile.SYMTYPE, target
    return info


@pytest.mark.parametrize(
    "name",
    [
        "files/../../etc/passwd",
        "files//etc/passwd",
        "files/secrets/../operator.log",
        "files/secrets/a/b",
        "files/secrets/.hidden",
        "files/secrets/credentials.lock",
        "files/nats/nats.conf",
        "files/postgres/pg_hba.conf",
        "operator.log",
    ],
)
def test_a_name_leads_nowhere_else(name: str) -> None:
    with pytest.raises(OperatorError, match="holds no file named"):
        place_of(DataDirectory(Path("/data")), name)


def test_a_name_leads_to_its_place() -> None:
    directory = DataDirectory(Path("/data"))
    assert place_of(directory, "files/secrets/crm.2.seed") == directory.seed("crm.2")
    assert place_of(directory, "files/erased/people.jsonl") == directory.erased
