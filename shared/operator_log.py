"""What operators did: one line for each act, each holding the hash of the line before it.

A line is JSON: its `number` from 1, `at`, `who` and as what (`as`), the `act`, what it was done
`on`, the `reason` where one was given, `details`, and `before`, the SHA-256 of the line before. So
a line that was changed, taken out or moved is found. The file beside it, `<name>.head`, holds the
number and the hash of the last line, so that missing last lines are found too. Whoever may write
both could write another history: a head that was noted elsewhere tells.

Any process of the machine may append; secrets stand in no line, and none is needed to write one.
"""

import errno
import fcntl
import hashlib
import json
import os
import pwd
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

PRIVATE_FILE = 0o600
LINE_BYTES_MAX = 16_384
NOTHING_BEFORE = "0" * 64


class LogRefused(Exception):
    """The act cannot be written like this, so it must not be done either."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acted: a user of the system, whom a token belongs to, or a program by itself."""

    name: str
    kind: Literal["user", "principal", "program"] = "user"


@dataclass(frozen=True, slots=True)
class Entry:
    """One act, as it stands in the log."""

    number: int
    at: datetime
    actor: Actor
    act: str
    on: str
    reason: str | None
    details: Mapping[str, Any]
    before: str


@dataclass(frozen=True, slots=True)
class Verified:
    """What a look at the whole chain has found: nothing when it is as it was written.

    Attributes:
        lines: how many there are.
        head: the hash of the last one, worth noting elsewhere.
        faults: what is wrong with which line, in their order.
    """

    lines: int
    head: str
    faults: list[str] = field(default_factory=list)


def user_here() -> Actor:
    """Return the user of the operating system as whom this process runs."""
    return Actor(pwd.getpwuid(os.getuid()).pw_name)


class OperatorLog:
    """The log in one file; an act is on the disk before it is done."""

    def __init__(self, file: Path) -> None:
        """Take the file; it is made with the first act."""
        self._file, self._head = file, file.with_name(f"{file.name}.head")

    def append(
        self,
        actor: Actor,
        act: str,
        on: str,
        *,
        now: datetime,
        reason: str | None = None,
        details: Mapping[str, Any] | None = None,
    ) -> int:
        """Write one act to the disk, and return its number.

        Args:
            actor: who acts.
            act: noun and past tense, such as "credential.revoked".
            on: what it is done on, such as the name of the credential.
            now: when.
            reason: why, in the actor's words.
            details: what else belongs to it, as JSON; no secrets and no personal data.

        Raises:
            LogRefused: the line would be longer than LINE_BYTES_MAX.
            OSError: it cannot be written; what it says should not be done then.
        """
        with self._locked(fcntl.LOCK_EX) as descriptor:
            last = _last_line(descriptor)
            number = self._number(last) + 1
            line = _line(
                {
                    "number": number,
                    "at": now.astimezone(UTC).isoformat(),
                    "who": actor.name,
                    "as": actor.kind,
                    "act": act,
                    "on": on,
                    "reason": reason,
                    "details": dict(details or {}),
                    "before": _hash(last),
                }
            )
            if os.write(descriptor, line) < len(line):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self._file))
            os.fsync(descriptor)
            self._note_head(number, _hash(line))
        return number

    @contextmanager
    def recording(
        self,
        actor: Actor,
        act: str,
        on: str,
        *,
        now: datetime,
        reason: str | None = None,
        details: Mapping[str, Any] | None = None,
    ) -> Iterator[None]:
        """Write an act, then let it be done; when that fails, a second line says so."""
        number = self.append(actor, act, on, now=now, reason=reason, details=details)
        try:
            yield
        except BaseException as error:
            failed = {"number": number, "error": type(error).__name__}
            self.append(actor, f"{act}.failed", on, now=now, details=failed)
            raise

    def read(self) -> list[Entry]:
        """Return every act, oldest first.

        Raises:
            ValueError: a line is none; `verify` says which.
        """
        return [_entry(line) for line in self._lines()[0]]

    def verify(self) -> Verified:
        """Look at every line, and at the head, for what is not as it was written."""
        lines, (head_number, head) = self._lines()
        faults: list[str] = []
        expected, before = 1, {NOTHING_BEFORE}
        for line in lines:
            try:
                entry = _entry(line)
            except ValueError as error:
                faults.append(f"line {expected} cannot be read: {error}")
                expected, before = expected + 1, set()
                continue
            if fault := _fault(entry, expected, before):
                faults.append(fault)
            expected, before = entry.number + 1, {_hash(line)}
        last = _hash(lines[-1]) if lines else NOTHING_BEFORE
        if fault := _fault_of_head(head_number, head, expected - 1, lines):
            faults.append(fault)
        return Verified(len(lines), last, faults)

    def content(self) -> tuple[bytes, bytes]:
        """Return the bytes of the log and of its head, as of one moment: whole lines alone."""
        lines, (number, digest) = self._lines()
        return b"".join(lines), _head(number, digest)

    def _lines(self) -> tuple[list[bytes], tuple[int, str]]:
        """Return the lines with the head, as of one moment."""
        if not self._file.exists():
            return [], self._noted_head()
        with self._locked(fcntl.LOCK_SH):
            lines = self._file.read_bytes().splitlines(keepends=True)
            if lines and not lines[-1].endswith(b"\n"):
                lines.pop()  # what a crash left of a line; the next act cuts it off
            return lines, self._noted_head()

    @contextmanager
    def _locked(self, how: int) -> Iterator[int]:
        """Hold the log; the kernel lets go of it however the process ends."""
        new = not self._file.exists()
        descriptor = os.open(self._file, os.O_RDWR | os.O_CREAT | os.O_APPEND, PRIVATE_FILE)
        try:
            if new:
                _sync_folder(self._file.parent)
            fcntl.flock(descriptor, how)
            yield descriptor
        finally:
            os.close(descriptor)

    def _number(self, line: bytes) -> int:
        """Return the number of the last line; by the head, where somebody spoiled the line.

        What operators do must go on being written; `verify` tells of the fault.
        """
        try:
            return _entry(line).number if line else 0
        except ValueError:
            return max(0, self._noted_head()[0])

    def _note_head(self, number: int, digest: str) -> None:
        descriptor = os.open(self._head, os.O_WRONLY | os.O_CREAT, PRIVATE_FILE)
        try:
            os.pwrite(descriptor, _head(number, digest), 0)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def _noted_head(self) -> tuple[int, str]:
        try:
            number, digest = self._head.read_text().split()
            return int(number), digest
        except FileNotFoundError:
            return 0, NOTHING_BEFORE
        except ValueError:
            return -1, "unreadable"


def _head(number: int, digest: str) -> bytes:
    return f"{number:012} {digest}\n".encode()


def _line(said: Mapping[str, Any]) -> bytes:
    line = json.dumps(said, separators=(",", ":")).encode() + b"\n"
    if len(line) > LINE_BYTES_MAX:
        raise LogRefused(f"a line of the operator log holds {LINE_BYTES_MAX} bytes at most")
    return line


def _entry(line: bytes) -> Entry:
    try:
        said = json.loads(line)
        return Entry(
            number=said["number"],
            at=datetime.fromisoformat(said["at"]),
            actor=Actor(said["who"], said["as"]),
            act=said["act"],
            on=said["on"],
            reason=said["reason"],
            details=said["details"],
            before=said["before"],
        )
    except (KeyError, TypeError) as error:
        raise ValueError(f"{error} is not as in a line of this log") from error


def _last_line(descriptor: int) -> bytes:
    """Return the last whole line, and cut off what a crash has left of one behind it.

    Half a line was never acknowledged, so what it began to say was not done.
    """
    size = os.fstat(descriptor).st_size
    tail = os.pread(descriptor, 2 * LINE_BYTES_MAX, max(0, size - 2 * LINE_BYTES_MAX))
    whole = tail[: tail.rfind(b"\n") + 1]
    if len(whole) < len(tail):
        os.ftruncate(descriptor, size - len(tail) + len(whole))
    return whole[whole.rfind(b"\n", 0, -1) + 1 :]


def _hash(line: bytes) -> str:
    return hashlib.sha256(line).hexdigest() if line else NOTHING_BEFORE


def _fault(entry: Entry, expected: int, before: set[str]) -> str | None:
    """Return what is wrong between this line and the one before it.

    `before` is empty when that one cannot be read, and its hash means nothing.
    """
    linked = not before or entry.before in before
    if entry.number == expected:
        return None if linked else f"line {max(1, expected - 1)} was changed"
    if linked:
        return f"line {expected} was changed: it calls itself {entry.number}"
    if entry.number > expected:
        return _missing(expected, entry.number - 1)
    return f"line {entry.number} stands behind line {expected - 1}"


def _fault_of_head(head_number: int, head: str, last: int, lines: Sequence[bytes]) -> str | None:
    digests = [NOTHING_BEFORE, *map(_hash, lines[-2:])]
    if head_number > last:
        return f"{_missing(last + 1, head_number)} at the end"
    if head_number == last and head != digests[-1]:
        return f"line {last} was changed"
    # Killed between the two, a process leaves the head one line behind, on the line before.
    if head_number < last and (head_number, head) != (last - 1, digests[-2]):
        return "the head is not of this log"
    return None


def _missing(first: int, last: int) -> str:
    return f"line {first} is missing" if first == last else f"lines {first} to {last} are missing"


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
