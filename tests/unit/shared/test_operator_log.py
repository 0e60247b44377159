"""Every act has its line, and a line that is not as it was written is found and named."""

import json
import stat
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from shared.operator_log import (
    LINE_BYTES_MAX,
    NOTHING_BEFORE,
    Actor,
    LogRefused,
    OperatorLog,
    user_here,
)

MONDAY = datetime(2026, 11, 23, 9, tzinfo=UTC)
STAFF = Actor("staff", "principal")
Lines = list[bytes]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "operator.log"


def written(file: Path, acts: int = 5) -> OperatorLog:
    log = OperatorLog(file)
    for number in range(1, acts + 1):
        log.append(STAFF, "message.discarded", f"message-{number}", now=MONDAY, reason="a test")
    return log


def test_an_act_says_who_did_what_on_what_when_and_why(file: Path) -> None:
    log = written(file, 1)
    log.append(user_here(), "credential.added", "crm", now=MONDAY, details={"services": ["events"]})

    first, second = log.read()
    assert (first.number, first.at, first.actor, first.act) == (
        1,
        MONDAY,
        STAFF,
        "message.discarded",
    )
    assert (first.on, first.reason, first.before) == ("message-1", "a test", NOTHING_BEFORE)
    assert (second.actor.kind, second.reason) == ("user", None)
    assert second.details == {"services": ["events"]}
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_log_as_it_was_written_has_no_fault(file: Path) -> None:
    verified = written(file).verify()
    assert (verified.lines, verified.faults) == (5, [])
    assert verified.head == file.with_name("operator.log.head").read_text().split()[1]
    assert OperatorLog(file.with_name("none.log")).verify().faults == []


def changed(lines: Lines) -> Lines:
    return [*lines[:2], lines[2].replace(b"message-3", b"message-9"), *lines[3:]]


def last_changed(lines: Lines) -> Lines:
    return [*lines[:4], lines[4].replace(b"a test", b"no test")]


def renumbered(lines: Lines) -> Lines:
    return [*lines[:2], lines[2].replace(b'"number":3', b'"number":8'), *lines[3:]]


@pytest.mark.parametrize(
    ("tamper", "fault"),
    [
        (changed, "line 3 was changed"),
        (last_changed, "line 5 was changed"),
        (renumbered, "line 3 was changed: it calls itself 8"),
        (lambda lines: lines[1:], "line 1 is missing"),
        (lambda lines: [*lines[:1], *lines[3:]], "lines 2 to 3 are missing"),
        (lambda lines: lines[:3], "lines 4 to 5 are missing at the end"),
        (lambda lines: [], "lines 1 to 5 are missing at the end"),
        (lambda lines: [lines[0], lines[2], lines[1], *lines[3:]], "line 2 stands behind line 3"),
        (lambda lines: [*lines[:2], b"{}\n", *lines[3:]], "line 3 cannot be read"),
        (lambda lines: [*lines[:2], b"\xff\n", *lines[3:]], "line 3 cannot be read"),
        (lambda lines: [*lines, lines[4]], "line 5 stands behind line 5"),
    ],
)
def test_a_changed_a_missing_and_a_moved_line_are_named(
    file: Path, tamper: Callable[[Lines], Lines], fault: str
) -> None:
    log = written(file)
    file.write_bytes(b"".join(tamper(file.read_bytes().splitlines(keepends=True))))
    assert any(found.startswith(fault) for found in log.verify().faults), log.verify().faults


def test_one_changed_line_is_one_fault(file: Path) -> None:
    log = written(file)
    file.write_bytes(b"".join(changed(file.read_bytes().splitlines(keepends=True))))
    assert log.verify().faults == ["line 3 was changed"]


def test_another_history_in_one_piece_is_not_of_this_head(file: Path, tmp_path: Path) -> None:
    log, other = written(file), tmp_path / "other.log"
    written(other, 7)
    file.write_bytes(other.read_bytes())
    assert log.verify().faults == ["the head is not of this log"]


def test_what_a_kill_left_half_written_is_cut_off_by_the_next_act(file: Path) -> None:
    log = written(file, 2)
    with file.open("ab") as torn:
        torn.write(b'{"number":3,"at":"2026')
    log.append(STAFF, "message.discarded", "message-3", now=MONDAY)

    assert [entry.number for entry in log.read()] == [1, 2, 3]
    assert log.verify().faults == []


def test_a_kill_between_a_line_and_the_head_is_no_fault(file: Path) -> None:
    log = written(file, 2)
    head = file.with_name("operator.log.head")
    before = head.read_bytes()
    log.append(STAFF, "message.discarded", "message-3", now=MONDAY)
    head.write_bytes(before)
    assert log.verify().faults == []


def test_acts_are_still_written_behind_a_spoiled_line(file: Path) -> None:
    log = written(file, 3)
    lines = file.read_bytes().splitlines(keepends=True)
    file.write_bytes(b"".join([*lines[:2], b"spoiled\n"]))

    assert log.append(STAFF, "credential.revoked", "crm", now=MONDAY) == 4
    assert any(fault.startswith("line 3 cannot be read") for fault in log.verify().faults)


def test_an_act_that_failed_is_followed_by_a_line_that_says_so(file: Path) -> None:
    log = OperatorLog(file)
    with (
        pytest.raises(OSError, match="disk full"),
        log.recording(STAFF, "credential.revoked", "crm", now=MONDAY),
    ):
        raise OSError("disk full")

    first, second = log.read()
    assert (first.act, second.act) == ("credential.revoked", "credential.revoked.failed")
    assert second.details == {"number": 1, "error": "OSError"}


def test_many_who_write_at_once_leave_one_chain(file: Path) -> None:
    def write() -> None:
        for _ in range(20):
            OperatorLog(file).append(STAFF, "message.discarded", "m", now=MONDAY)

    threads = [threading.Thread(target=write) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert OperatorLog(file).verify().faults == []
    assert [entry.number for entry in OperatorLog(file).read()] == list(range(1, 161))


def test_a_line_that_is_too_long_is_refused_and_nothing_is_written(file: Path) -> None:
    log = written(file, 1)
    with pytest.raises(LogRefused):
        log.append(STAFF, "x", "y", now=MONDAY, reason="r" * LINE_BYTES_MAX)
    assert log.verify().lines == 1


def test_a_line_break_in_a_reason_stays_inside_its_line(file: Path) -> None:
    log = OperatorLog(file)
    log.append(STAFF, "x", "y", now=MONDAY, reason="one\ntwo\u2028three\r\x1b[31m")
    [line] = file.read_bytes().splitlines()
    assert json.loads(line)["reason"] == log.read()[0].reason == "one\ntwo\u2028three\r\x1b[31m"
    assert line.isascii()
