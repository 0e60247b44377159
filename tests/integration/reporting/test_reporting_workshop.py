"""Files are made in a process of their own, which may die, and does not stay when it has grown."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator

import psutil
import pytest

from services.reporting.presentation.files import MADE_BY, file_of
from services.reporting.presentation.kinds import MEDIA_TYPES
from services.reporting.presentation.language import language_of
from services.reporting.renderings import Renderings
from services.reporting.workshop import CannotMake, Workshop
from shared.errors import Unavailable
from tests.support.documents import rich
from tests.support.settling import until

REPORT = json.dumps(rich()).encode()


@pytest.fixture
async def workshop() -> AsyncIterator[Workshop]:
    workshop = Workshop()
    yield workshop
    await workshop.close()


async def test_every_file_is_what_the_report_makes_in_our_own_process(workshop: Workshop) -> None:
    assert MADE_BY.keys() == MEDIA_TYPES.keys()
    for kind in MADE_BY:
        made = await workshop.make(REPORT, kind, "fr", then=True)
        assert made == file_of(REPORT, kind, language_of("fr"), then=True)


async def test_one_process_makes_all_files_and_ends_when_the_workshop_closes(
    workshop: Workshop,
) -> None:
    assert workshop.pid is None
    await asyncio.gather(*(workshop.make(REPORT, "csv", code) for code in ("en", "fr", "es")))
    pid = workshop.pid
    assert pid is not None
    await workshop.make(REPORT, "csv", "en")
    assert workshop.pid == pid

    await workshop.close()
    assert not psutil.pid_exists(pid)


async def test_whoever_waits_gets_the_file_when_the_process_is_killed(workshop: Workshop) -> None:
    await workshop.make(REPORT, "csv", "en")
    pid = workshop.pid
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)  # it has the request, and does not answer
    waiting = asyncio.create_task(workshop.make(REPORT, "csv", "fr"))
    await asyncio.sleep(0)
    os.kill(pid, signal.SIGKILL)

    assert await waiting == file_of(REPORT, "csv", language_of("fr"))
    assert workshop.pid != pid


async def test_a_process_that_never_lives_is_tried_twice_and_then_told(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.reporting.workshop.PROGRAM", ("false",))
    with pytest.raises(Unavailable, match="no pdf can be made just now"):
        await workshop.make(REPORT, "pdf", "en")
    monkeypatch.undo()
    assert await workshop.make(REPORT, "csv", "en")


async def test_a_process_that_does_not_answer_in_time_is_ended(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.reporting.workshop.PROGRAM", ("sleep", "60"))
    monkeypatch.setattr("services.reporting.workshop.FILE_SECONDS_MAX", 0.1)
    with pytest.raises(Unavailable):
        await workshop.make(REPORT, "pdf", "en")
    assert workshop.pid is None


async def test_a_process_that_has_grown_hands_over_to_one_that_is_ready() -> None:
    workshop = Workshop(megabytes_max=1)
    try:
        made = await workshop.make(REPORT, "csv", "en")
        first = workshop.pid
        assert first is not None, "the next one is started before it is asked for"
        assert await workshop.make(REPORT, "csv", "en") == made
        assert workshop.pid != first
        assert not psutil.pid_exists(first)
    finally:
        await workshop.close()


async def test_whoever_goes_away_leaves_no_answer_for_the_next(workshop: Workshop) -> None:
    await workshop.make(REPORT, "csv", "en")
    leaving = asyncio.create_task(workshop.make(REPORT, "xlsx", "en"))
    await asyncio.sleep(0)
    leaving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await leaving
    assert await workshop.make(REPORT, "csv", "en") == file_of(REPORT, "csv", language_of("en"))


async def test_a_report_that_no_file_can_be_made_of_harms_no_other(workshop: Workshop) -> None:
    with pytest.raises(CannotMake, match="KeyError"):
        await workshop.make(b"{}", "csv", "en")
    pid = workshop.pid
    assert await workshop.make(REPORT, "csv", "en")
    assert workshop.pid == pid


async def test_the_process_ends_with_whoever_started_it(workshop: Workshop) -> None:
    program = (
        "import asyncio, sys\n"
        "from services.reporting.workshop import Workshop\n"
        "async def main():\n"
        "    workshop = Workshop()\n"
        "    await workshop.make(sys.stdin.buffer.read(), 'csv', 'en')\n"
        "    print(workshop.pid, flush=True)\n"
        "    await asyncio.Event().wait()\n"
        "asyncio.run(main())\n"
    )
    owner = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        program,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert owner.stdin is not None
    assert owner.stdout is not None
    owner.stdin.write(REPORT)
    owner.stdin.close()
    pid = int(await owner.stdout.readline())
    assert psutil.pid_exists(pid)
    owner.kill()
    await owner.wait()

    async def gone() -> bool:
        return not psutil.pid_exists(pid)

    await until(gone, "the process that made files is gone")


async def test_what_was_finished_once_is_given_again() -> None:
    renderings = Renderings()
    finished: list[bytes] = []

    def finish(content: bytes) -> bytes:
        finished.append(content)
        return b"signed " + content

    try:
        one, two = [await renderings.file(REPORT, "csv", "en", finish=finish) for _ in range(2)]
    finally:
        await renderings.workshop.close()
    assert one == two == b"signed " + file_of(REPORT, "csv", language_of("en"))
    assert len(finished) == 1
