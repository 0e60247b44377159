"""`tandem queue`: references to cities that nobody could tell, and a person's answer."""

from typing import Annotated
from uuid import uuid4

import grpc
import typer
from tandem.common.v1 import common_pb2
from tandem.membership.v1 import membership_pb2 as pb
from tandem.membership.v1 import membership_pb2_grpc

from shared.cli.system import DEFAULT_DATA, STAFF, Data, System, find, run
from shared.cli.terminal import plain_console, printable

commands = typer.Typer(help="References to cities that a person must decide.", no_args_is_help=True)

PAGE_MAX = 1000
CANDIDATES_SHOWN_MAX = 5

Reference = Annotated[
    str, typer.Argument(metavar="REFERENCE", help="Its id, as the list shows it.")
]


@commands.command("list")
def list_(
    limit: Annotated[int, typer.Option(min=1, max=PAGE_MAX, help="At most so many.")] = 50,
    data: Data = DEFAULT_DATA,
) -> None:
    """List the open references and the places each may mean."""
    system = find(data)

    async def ask() -> pb.ListReferencesResponse:
        async with system.channel("membership", STAFF) as channel:
            return await _stub(channel).ListReferences(pb.ListReferencesRequest(page_size=limit))

    answer = run(ask)
    console = plain_console()
    for reference in answer.references:
        times = "once" if reference.mentions == 1 else f"{reference.mentions} times"
        console.print(f"{reference.reference_id}  {printable(asked(reference))}, named {times}")
        for candidate in reference.candidates[:CANDIDATES_SHOWN_MAX]:
            console.print(f"    {place(candidate)}", style="dim")
    if not answer.references:
        console.print("no reference waits for an answer")
    elif answer.next_page_token:
        console.print(f"there are more than these {limit}; --limit shows more", style="dim")


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
def dismiss(
    reference: Reference,
    reason: Annotated[str, typer.Option(help="Why no city is meant.")],
    data: Data = DEFAULT_DATA,
) -> None:
    """Say that a reference means no city."""

    async def ask(system: System) -> None:
        async with system.channel("membership", STAFF) as channel:
            await _stub(channel).DismissReference(
                pb.DismissReferenceRequest(context=_said(), reference_id=reference, reason=reason)
            )

    system = find(data)
    run(lambda: ask(system))
    plain_console().print(f"{reference} means no city")


def asked(reference: pb.OpenReference) -> str:
    """Return what was said of the city, in its own words."""
    if reference.WhichOneof("question") == "email_domain":
        return f"addresses at {reference.email_domain}"
    said = reference.reference
    if said.HasField("name"):
        return ", ".join(filter(None, (said.name, said.subdivision, said.country)))
    if said.HasField("city_id"):
        return f"city_id {said.city_id}"
    if said.HasField("geonames_id"):
        return f"GeoNames {said.geonames_id}"
    return f"GEOID {said.census_geoid}"


def place(candidate: pb.Candidate) -> str:
    """Return a place that may be meant, and how to name it in an answer."""
    where = ", ".join(filter(None, (candidate.name, candidate.subdivision, candidate.country)))
    known = f"city_id {candidate.city_id}" if candidate.city_id else "not registered yet"
    return f"{where} ({candidate.kind}; {known})"


def _said() -> common_pb2.CommandContext:
    return common_pb2.CommandContext(id=str(uuid4()))


def _stub(channel: grpc.aio.Channel) -> "membership_pb2_grpc.MembershipServiceAsyncStub":
    return membership_pb2_grpc.MembershipServiceStub(channel)
