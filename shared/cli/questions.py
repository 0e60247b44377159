"""`tandem queue`: what only a person can decide, of every kind, and the answers, all undoable.

Cities that nobody could tell are asked of membership, activities that may be one of reporting, and
people who may be one of events: there two keys are all that is ever told of somebody.
"""

from collections.abc import AsyncIterator, Iterator
from enum import StrEnum
from typing import Annotated, Any
from uuid import uuid4

import grpc
import typer
from tandem.common.v1 import common_pb2
from tandem.events.v1 import events_pb2, events_pb2_grpc
from tandem.ledger.v1 import ledger_pb2
from tandem.membership.v1 import membership_pb2 as pb
from tandem.membership.v1 import membership_pb2_grpc
from tandem.reporting.v1 import reporting_pb2, reporting_pb2_grpc

from shared.cli.effects import effect, effect_lines
from shared.cli.system import DEFAULT_DATA, STAFF, Data, System, find, run
from shared.cli.terminal import plain_console, printable
from shared.effects import answer_fact
from shared.embedded.data_directory import OperatorError
from shared.questions import asked

commands = typer.Typer(help="Questions that a person must decide.", no_args_is_help=True)

PAGE_MAX = 1000
PAGES_MAX = 1000
CANDIDATES_SHOWN_MAX = 5
WHY = {
    "announced_apart": "announced by two systems or for other organisers",
    "double_entry": "announced twice by one system",
}


class Kind(StrEnum):
    """What a question is about."""

    CITIES = "cities"
    ACTIVITIES = "activities"
    PEOPLE = "people"


Reference = Annotated[
    str, typer.Argument(metavar="REFERENCE", help="Its id, as the list shows it.")
]
People = Annotated[bool, typer.Option("--people", help="The ids are keys of people.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask first.")]
Why = Annotated[str | None, typer.Option("--reason", help="Why, for whoever asks later.")]


@commands.command("list")
def list_(
    kind: Annotated[Kind | None, typer.Option(help="Only questions about these.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=PAGE_MAX, help="At most so many a kind.")] = 50,
    data: Data = DEFAULT_DATA,
) -> None:
    """List the open questions: cities nobody could tell, activities and people that may be one."""
    system = find(data)
    console = plain_console()
    asked, more = False, False
    for each, ask in ASKING.items():
        if kind in (None, each):
            lines, left = run(lambda ask=ask: ask(system, limit))  # type: ignore[misc]
            asked, more = asked or bool(lines), more or left
            for line in lines:
                console.print(printable(line), style="dim" if line.startswith(" ") else None)
    if not asked:
        console.print("no question waits for an answer")
    elif more:
        console.print("there are more than these; --limit shows more", style="dim")


@commands.command()
def show(
    id_: Annotated[str, typer.Argument(metavar="ID", help="A reference or an activity.")],
    data: Data = DEFAULT_DATA,
) -> None:
    """Show a reference with every place it may mean, or an activity as it stands."""
    system = find(data)

    async def lines() -> list[str]:
        reference = await _reference(system, id_)
        if reference is not None:
            return list(_reference_lines(reference, len(reference.candidates)))
        async with system.channel("events", STAFF) as channel:
            return list(_activity_lines(await _activity(channel, id_)))

    for line in run(lines):
        plain_console().print(printable(line))


@commands.command()
def resolve(
    reference: Reference,
    city: Annotated[str, typer.Argument(metavar="CITY", help="The city_id of the city meant.")],
    data: Data = DEFAULT_DATA,
) -> None:
    """Say which city a reference means."""

    async def ask(system: System) -> None:
        async with system.channel("membership", STAFF) as channel:
            await _stub(channel).ResolveReference(
                pb.ResolveReferenceRequest(context=_said(), reference_id=reference, city_id=city)
            )

    system = find(data)
    run(lambda: ask(system))
    plain_console().print(f"{reference} means {city}")


@commands.command()
def merge(
    id_: Annotated[str, typer.Argument(metavar="ID", help="The one that is another.")],
    into: Annotated[str, typer.Argument(metavar="INTO", help="The one it counts as.")],
    people: People = False,
    reason: Why = None,
    yes: Yes = False,
    data: Data = DEFAULT_DATA,
) -> None:
    """Say that two activities, or two keys of people, are one; `unmerge` takes it back."""
    system = find(data)
    said: Any = (
        events_pb2.MergePersonRequest(context=_said(), person=id_, into=into, reason=reason)
        if people
        else events_pb2.MergeActivityRequest(
            context=_said(), activity_id=id_, into=into, reason=reason
        )
    )
    if _wanted(system, answer_fact(id_, into, people=people, done="merged"), yes):
        run(lambda: _answer(system, said))
        plain_console().print(f"{id_} counts as {into}")


@commands.command()
def unmerge(
    id_: Annotated[str, typer.Argument(metavar="ID", help="The one that was merged.")],
    people: People = False,
    reason: Why = None,
    yes: Yes = False,
    data: Data = DEFAULT_DATA,
) -> None:
    """Say that an activity, or a key of a person, stands for itself after all."""
    system = find(data)
    into = run(lambda: _counted_as(system, id_, people))
    said: Any = (
        events_pb2.UnmergePersonRequest(context=_said(), person=id_, reason=reason)
        if people
        else events_pb2.UnmergeActivityRequest(context=_said(), activity_id=id_, reason=reason)
    )
    if _wanted(system, answer_fact(id_, into, people=people, done="unmerged"), yes):
        run(lambda: _answer(system, said))
        plain_console().print(f"{id_} stands for itself, and no longer counts as {into}")


@commands.command()
def dismiss(
    id_: Annotated[str, typer.Argument(metavar="ID", help="A reference, or one of two.")],
    other: Annotated[str | None, typer.Argument(metavar="[OTHER]", help="The other one.")] = None,
    reason: Annotated[str, typer.Option(help="Why no city is meant, or why they are two.")] = ...,  # type: ignore[assignment]
    people: People = False,
    data: Data = DEFAULT_DATA,
) -> None:
    """Say that a reference means no city, or that two are not one; nobody is asked again."""
    system = find(data)
    if other is None:
        run(lambda: _dismiss_reference(system, id_, reason))
        plain_console().print(f"{id_} means no city")
        return
    said = events_pb2.DismissDuplicateRequest(
        context=_said(), kind=_kind(people), first=id_, second=other, reason=reason
    )
    run(lambda: _answer(system, said))
    plain_console().print(f"{id_} and {other} are two")


@commands.command()
def reopen(
    id_: Annotated[str, typer.Argument(metavar="ID", help="One of two.")],
    other: Annotated[str, typer.Argument(metavar="OTHER", help="The other one.")],
    people: People = False,
    reason: Why = None,
    data: Data = DEFAULT_DATA,
) -> None:
    """Take back that two are not one: it is a question again."""
    system = find(data)
    said = events_pb2.ReopenDuplicateRequest(
        context=_said(), kind=_kind(people), first=id_, second=other, reason=reason
    )
    run(lambda: _answer(system, said))
    plain_console().print(f"whether {id_} and {other} are one is a question again")


async def _cities(system: System, limit: int) -> tuple[list[str], bool]:
    async with system.channel("membership", STAFF) as channel:
        answer = await _stub(channel).ListReferences(pb.ListReferencesRequest(page_size=limit))
    lines = [
        line
        for reference in answer.references
        for line in _reference_lines(reference, CANDIDATES_SHOWN_MAX)
    ]
    return lines, bool(answer.next_page_token)


async def _activities(system: System, limit: int) -> tuple[list[str], bool]:
    async with system.channel("reporting", STAFF) as channel:
        stub = reporting_pb2_grpc.ReportingServiceStub(channel)
        request = reporting_pb2.ListDuplicateActivitiesRequest(page_size=limit)
        answer = await stub.ListDuplicateActivities(request)
    lines = []
    for pair in answer.pairs:
        lines.append(f"activities {pair.first} {pair.second}  {pair.on}, {WHY[pair.kind]}")
        lines.append(f"    {pair.first_title} ({pair.first_source})")
        lines.append(f"    {pair.second_title} ({pair.second_source})")
    return lines, answer.more


async def _people(system: System, limit: int) -> tuple[list[str], bool]:
    async with system.channel("events", STAFF) as channel:
        request = events_pb2.ListDuplicatePeopleRequest(page_size=limit)
        answer = await _events(channel).ListDuplicatePeople(request)
    lines = []
    for pair in answer.pairs:
        lines.append(f"people {pair.person} {pair.into}  the same name and organisation")
        first, second = (_known(weak) for weak in (pair.weak, pair.into_weak))
        lines.append(f"    the first is known {first}, the second {second}")
    return lines, bool(answer.next_page_token)


ASKING = {Kind.CITIES: _cities, Kind.ACTIVITIES: _activities, Kind.PEOPLE: _people}


def _known(weak: bool) -> str:
    return "by these alone" if weak else "by an id or an address"


def _reference_lines(reference: pb.OpenReference, candidates_max: int) -> Iterator[str]:
    times = "once" if reference.mentions == 1 else f"{reference.mentions} times"
    yield f"cities {reference.reference_id}  {asked(reference)}, named {times}"
    for candidate in reference.candidates[:candidates_max]:
        yield f"    {place(candidate)}"


def _activity_lines(activity: events_pb2.Activity) -> Iterator[str]:
    yield f"{activity.activity_id}: {activity.title}"
    yield f"    {activity.kind}, led by {', '.join(activity.organisers)}"
    yield f"    announced by {', '.join(activity.sources)}"
    for sitting in activity.occurrences:
        yield f"    {sitting.occurrence}: {sitting.state}, {sitting.starts_at} {sitting.time_zone}"
    if activity.HasField("merged_into"):
        yield f"    counts as {activity.merged_into}"


async def _reference(system: System, reference_id: str) -> pb.OpenReference | None:
    async with system.channel("membership", STAFF) as channel:
        token = ""
        for _ in range(PAGES_MAX):
            request = pb.ListReferencesRequest(page_size=PAGE_MAX, page_token=token)
            answer = await _stub(channel).ListReferences(request)
            for reference in answer.references:
                if reference.reference_id == reference_id:
                    return reference
            token = answer.next_page_token
            if not token:
                return None
    return None


async def _activity(channel: grpc.aio.Channel, activity_id: str) -> events_pb2.Activity:
    request = events_pb2.GetActivityRequest(activity_id=activity_id)
    return (await _events(channel).GetActivity(request)).activity


async def _counted_as(system: System, id_: str, people: bool) -> str:
    """Return what something counts as.

    Raises:
        OperatorError: it stands for itself.
    """
    async with system.channel("events", STAFF) as channel:
        async for each in _merges(channel):
            if (each.kind, each.id) == (_kind(people), id_):
                return each.into
    raise OperatorError(f"{id_} stands for itself: nothing is to be taken back.")


async def _merges(channel: grpc.aio.Channel) -> AsyncIterator[events_pb2.Merge]:
    token = ""
    for _ in range(PAGES_MAX):
        request = events_pb2.ListMergesRequest(page_size=PAGE_MAX, page_token=token)
        answer = await _events(channel).ListMerges(request)
        for each in answer.merges:
            yield each
        token = answer.next_page_token
        if not token:
            return


async def _answer(system: System, said: Any) -> None:
    """Tell events what a person has decided."""
    method = type(said).__name__.removesuffix("Request")
    async with system.channel("events", STAFF) as channel:
        await getattr(_events(channel), method)(said)


async def _dismiss_reference(system: System, reference_id: str, reason: str) -> None:
    request = pb.DismissReferenceRequest(context=_said(), reference_id=reference_id, reason=reason)
    async with system.channel("membership", STAFF) as channel:
        await _stub(channel).DismissReference(request)


def _wanted(system: System, fact: ledger_pb2.LedgerFact, yes: bool) -> bool:
    """Tell what a fact would change, and whether it is wanted."""
    if yes:
        return True
    for line in effect_lines(run(lambda: effect(system, "events", [fact]))):
        plain_console().print(printable(line))
    return typer.confirm("Do it?")


def place(candidate: pb.Candidate) -> str:
    """Return a place that may be meant, and how to name it in an answer."""
    where = ", ".join(filter(None, (candidate.name, candidate.subdivision, candidate.country)))
    known = f"city_id {candidate.city_id}" if candidate.city_id else "not registered yet"
    return f"{where} ({candidate.kind}; {known})"


def _kind(people: bool) -> str:
    return Kind.PEOPLE if people else Kind.ACTIVITIES


def _said() -> common_pb2.CommandContext:
    return common_pb2.CommandContext(id=str(uuid4()))


def _stub(channel: grpc.aio.Channel) -> "membership_pb2_grpc.MembershipServiceAsyncStub":
    return membership_pb2_grpc.MembershipServiceStub(channel)


def _events(channel: grpc.aio.Channel) -> "events_pb2_grpc.EventsServiceAsyncStub":
    return events_pb2_grpc.EventsServiceStub(channel)
