"""The events of a file: shown beside what is known, judged, sent, and what they moved."""

import asyncio
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from shared.cli.demo import until_counted
from shared.cli.import_state import (
    CityAnswer,
    Roll,
    city_answers,
    not_recorded,
    reports,
    rolls,
)
from shared.cli.import_text import Outcome, Plan, outcome_text, plan_text
from shared.cli.publish import problem_of, seed_file_of, send
from shared.cli.report_text import console as wide_console
from shared.cli.system import System, run, this_command
from shared.cli.terminal import printable
from shared.client import Event, Publisher
from shared.contracts.messages.events import RecordAttendance
from shared.contracts.values import CityReference
from shared.embedded.data_directory import DataDirectory, OperatorError, kept_secret
from shared.importing import comparing
from shared.importing.drafting import CloudEvent, Draft, Naming, cloud_events, file_hash
from shared.importing.known import KnownActivity
from shared.importing.periods import quarters_of
from shared.importing.reading import FileRefused, Problem, Reading

PROBLEMS_SHOWN_MAX = 20
QUARTERS_SHOWN_MAX = 8
ROLLS_COMPARED_MAX = 50


@dataclass(frozen=True, slots=True)
class Job:
    """A file that was read.

    Args:
        sitting: the activity and occurrence of a file that speaks of one alone.
        about: what the summary says first, by name.
        rows: what its rows are called.
    """

    what: str
    title: str | None
    prefix: str
    reading: Reading
    known: Mapping[str, KnownActivity]
    about: Sequence[tuple[str, str]]
    sitting: tuple[str, str] | None = None
    rows: str = "rows"


@dataclass(frozen=True, slots=True)
class _Before:
    """What stood before anything was sent."""

    rolls: Sequence[Roll]
    cities: Mapping[CityReference, CityAnswer]
    reports: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


def carry_out(
    system: System, job: Job, credential: str, *, dry_run: bool, restore: bool = False
) -> None:
    """Say what a file would change and, unless that is all that is wanted, send its events.

    Raises:
        OperatorError: an event cannot be accepted, and nothing was sent; or not all was counted.
    """
    console = wide_console()
    seed_file = seed_file_of(system, credential)
    drafts = job.reading.drafts
    with Console(stderr=True).status("looking at what is known"):
        before = _before(system, job)
    key = bytes.fromhex(kept_secret(DataDirectory(system.root).imports_key))
    naming = Naming(credential, job.prefix, key)
    standing = _standing(drafts, naming, before.rolls)
    if restore and standing is not None and standing.replaced:
        naming, standing = replace(naming, after=before.rolls[-1].file_hash), None
    events = cloud_events(drafts, naming)
    _judge(drafts, events, credential)
    console.print(plan_text(_plan(job, before, events, standing)))
    if standing is not None:
        console.print(_nothing(standing))
        return
    if not events:
        console.print("Nothing would change." if dry_run else "Nothing changes, nothing was sent.")
        return
    if dry_run:
        console.print("Nothing was sent: this was a dry run.", style="bold")
        return
    _publish(events, Publisher.over_nats(system.endpoints["nats"], credential, seed_file))
    console.print(outcome_text(_outcome(system, job, before, events, credential), this_command()))


def _before(system: System, job: Job) -> _Before:
    async def ask() -> tuple[Sequence[Roll], Mapping[CityReference, CityAnswer]]:
        known = await rolls(system, *job.sitting) if job.sitting else []
        return known, await city_answers(system, _cities(job.reading.drafts))

    known, cities = run(ask)
    quarters = quarters_of(job.reading.drafts, job.known)[:QUARTERS_SHOWN_MAX]
    return _Before(known, cities, reports(system, quarters))


def _cities(drafts: Sequence[Draft]) -> Iterator[CityReference]:
    """Yield the city of each person or event, as often as it is named."""
    for draft in drafts:
        if isinstance(draft.message, RecordAttendance):
            yield from (each.city for each in draft.message.participants if each.city)
        elif (city := getattr(draft.message, "city", None)) is not None:
            yield city


def _judge(drafts: Sequence[Draft], events: Sequence[CloudEvent], credential: str) -> None:
    """Refuse the file when the owning service would refuse one of its events."""
    problems = []
    with _bar("checking", len(events)) as advance:
        for draft, event in zip(drafts, events, strict=True):
            if (problem := problem_of(_body(event), credential)) is not None:
                problems.append(Problem(draft.row, "", problem))
            advance(1)
    if problems:
        with problems_told():
            raise FileRefused(*problems)


def _body(event: CloudEvent) -> bytes:
    return json.dumps(event, ensure_ascii=False).encode()


@dataclass(frozen=True, slots=True)
class _Standing:
    """That this very file was recorded before; `replaced` by a later one."""

    recorded: Roll
    replaced: bool


def _standing(drafts: Sequence[Draft], naming: Naming, known: Sequence[Roll]) -> _Standing | None:
    """Return the file as it stands already: attendance goes last, so all else went before."""
    attendance = next(
        (each.message for each in drafts if isinstance(each.message, RecordAttendance)), None
    )
    if attendance is None:
        return None
    # A file that was taken again has a hash that follows from the one it replaced.
    afters = ["", *(roll.file_hash for roll in known[-ROLLS_COMPARED_MAX:])]
    hashes = {file_hash(drafts, replace(naming, after=after)) for after in afters}
    same = [roll for roll in known if roll.file_hash in hashes and roll.final == attendance.final]
    return _Standing(same[-1], same[-1] is not known[-1]) if same else None


def _nothing(standing: _Standing) -> str:
    when = f"{standing.recorded.recorded_at:%d %b %Y, %H:%M} UTC"
    if standing.replaced:
        return (
            f"This file was recorded on {when}, and a later one replaced it. Nothing would change;"
            " --restore takes it again."
        )
    return f"This file was recorded on {when} and stands. Nothing would change, nothing is sent."


def _plan(
    job: Job, before: _Before, events: Sequence[CloudEvent], standing: _Standing | None
) -> Plan:
    replaces = None
    if before.rolls and standing is None and events and "participants" in events[-1]["data"]:
        last = before.rolls[-1]
        change = comparing.by_presence(last.participants, events[-1]["data"]["participants"])
        replaces = f"the file of {last.recorded_at:%d %b %Y, %H:%M} UTC: {change}"
    return Plan(
        what=job.what,
        title=job.title,
        about=job.about,
        reading=job.reading,
        rows=job.rows,
        cities=list(_cities(job.reading.drafts)),
        answers=before.cities,
        reports=before.reports,
        events=[event["type"] for event in events] if standing is None else [],
        replaces=replaces,
    )


def _publish(events: Sequence[CloudEvent], publisher: Publisher) -> None:
    with _bar("publishing", len(events)) as advance:
        said = (Event.parse(_body(event)) for event in events)
        asyncio.run(send(publisher, said, advance))


@contextmanager
def _bar(what: str, total: int) -> Iterator[Callable[[int], None]]:
    """Show a progress bar on a terminal; what is yielded moves it on."""
    console = Console(stderr=True, highlight=False, markup=False)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    quiet = not console.is_terminal
    with Progress(*columns, console=console, transient=True, disable=quiet) as progress:
        task = progress.add_task(what, total=total)
        yield lambda count: progress.advance(task, count)


def _outcome(
    system: System, job: Job, before: _Before, events: Sequence[CloudEvent], credential: str
) -> Outcome:
    """Wait until the events are counted, and return what they moved."""
    with Console(stderr=True).status("waiting until every fact is counted"):
        run(lambda: until_counted(system))
    refused = run(lambda: not_recorded(system, credential, (event["id"] for event in events)))
    change = None
    if job.sitting is not None:
        sitting = job.sitting
        after = run(lambda: rolls(system, *sitting))
        if len(after) > len(before.rolls):
            former = before.rolls[-1].participants if before.rolls else ()
            change = comparing.by_person(former, after[-1].participants)
    return Outcome(
        published=len(events),
        credential=credential,
        before=before.reports,
        after=reports(system, before.reports),
        rejected=refused["rejected"],
        waiting=refused["waiting"],
        people=change if before.rolls else None,
    )


@contextmanager
def problems_told() -> Iterator[None]:
    """Print the problems of a file that is refused, and leave with one sentence.

    Raises:
        OperatorError: in place of FileRefused.
    """
    try:
        yield
    except FileRefused as refused:
        problems = refused.problems
        if len(problems) == 1:
            raise OperatorError(f"Nothing was sent: {printable(str(problems[0]))}") from None
        console = Console(stderr=True, soft_wrap=True, highlight=False, markup=False)
        for problem in problems[:PROBLEMS_SHOWN_MAX]:
            console.print(printable(str(problem)))
        if len(problems) > PROBLEMS_SHOWN_MAX:
            console.print(f"and {len(problems) - PROBLEMS_SHOWN_MAX:,} more")
        raise OperatorError(
            f"{len(problems):,} problems, so nothing was sent; each is named above."
        ) from None
