"""`tandem publish-report`, `diff` and `verify`: what was published, and whether a file is it."""

import json
from collections.abc import Iterator, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote
from uuid import uuid4

import typer
from tandem.common.v1 import common_pb2
from tandem.reporting.v1 import reporting_pb2 as pb
from tandem.reporting.v1 import reporting_pb2_grpc

from shared.cli.keys_file import keys_in
from shared.cli.report import As, Period, Printed, print_json
from shared.cli.system import DEFAULT_DATA, STAFF, Data, System, find, run
from shared.cli.terminal import plain_console, printable
from shared.cli.words import Language, number
from shared.sealing import Keys, Verdict, judge_file, read_sealed
from shared.sealing.documents import (
    ERASURE,
    KIND,
    SENTENCES_OF_ERASURES,
    Finding,
    judge_certificate,
)

PUBLISH_SECONDS_MAX = 30.0
CELLS_SHOWN_MAX = 200


class Reason(StrEnum):
    """Why a version revises the one before."""

    R1 = "R1"
    R2 = "R2"
    R3 = "R3"
    C = "C"


def publish_report(
    period: Period,
    reason: Annotated[
        Reason | None,
        typer.Option(help="R1 better data, R2 recalculation, R3 method, C error; from version 2."),
    ] = None,
    note: Annotated[str | None, typer.Option(help="Why, in words; from version 2.")] = None,
    data: Data = DEFAULT_DATA,
) -> None:
    """Publish the report of a period as it is known now."""
    system = find(data)
    request = pb.PublishReportRequest(
        context=common_pb2.CommandContext(id=str(uuid4())),
        period=period,
        reason=reason,
        note=note,
    )
    told = run(lambda: _published(system, request))
    console = plain_console()
    console.print(f"{period} is published as version {told.version}, {told.status}")
    if told.version > 1:
        console.print(f"{told.cells_changed} cells differ from version {told.version - 1}")
    console.print(f"sha256:{told.sha256}")


async def _published(system: System, request: pb.PublishReportRequest) -> pb.PublishedVersion:
    async with system.channel("reporting", STAFF) as channel:
        stub = reporting_pb2_grpc.ReportingServiceStub(channel)
        answer = await stub.PublishReport(request, timeout=PUBLISH_SECONDS_MAX)
        listed = await stub.ListVersions(pb.ListVersionsRequest(period=request.period))
    [fact] = answer.receipt.facts
    return next(each for each in listed.versions if each.version == fact.version)


def diff(
    period: Period,
    between: Annotated[str, typer.Argument(metavar="v1..v2", help="Or v2..now.")],
    format_: As = Printed.TEXT,
    data: Data = DEFAULT_DATA,
) -> None:
    """Print what changed between two versions, or since one, and because of which facts."""
    address = f"/reports/{quote(period, safe='')}/diff/{quote(between, safe='')}.json"
    change = find(data).get(address)
    if format_ is Printed.JSON:
        print_json(change)
        return
    console = plain_console()
    for line in change_lines(change):
        console.print(printable(line))


def change_lines(change: Mapping[str, Any]) -> Iterator[str]:
    """Yield what a change says, line by line."""
    later = f"version {change['to']['version']}" if change["to"] else "what is known now"
    yield f"{change['period']['name']}: from version {change['from']['version']} to {later}"
    if change["reason"]:
        yield f"{change['reason']}: {change['note']}"
    if not change["cells"]:
        yield "nothing changed"
    for cell in change["cells"][:CELLS_SHOWN_MAX]:
        before, after = (_value(cell[side], cell[f"status_{side}"]) for side in ("from", "to"))
        yield f"  {cell['cell']}: {before} -> {after}"
    if (more := len(change["cells"]) - CELLS_SHOWN_MAX) > 0:
        yield f"  and {more} more cells; --format json has them all"
    for metric, cause in change["causes"].items():
        yield f"{change['titles'][metric]['en']}, because of"
        for word, facts in (("came in", cause["arrived"]), ("counts no more", cause["left"])):
            for fact in facts:
                yield (
                    f"  {fact['ledger']}/{fact['stream']}/{fact['version']} {fact['type']}, from "
                    f"{fact['source']}, recorded {fact['recorded_at'][:19]}Z: {word}"
                )
        if cause["facts_withheld"]:
            yield f"  {cause['facts_withheld']} facts about single people"
        if not (cause["arrived"] or cause["left"] or cause["facts_withheld"]):
            yield "  no fact of its own: it follows from others, or from how it is counted"


def _value(value: Any, status: str | None) -> str:
    mark = " [p]" if status == "P" else ""
    if value is None:
        return "[c]" if status == "Q" else "-"
    if isinstance(value, int | float) and not isinstance(value, bool):
        return number(value, Language.EN) + mark
    return (value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)) + mark


def verify(
    file: Annotated[
        Path,
        typer.Argument(metavar="FILE", help="A published report (JSON, PDF), or a certificate."),
    ],
    keys: Annotated[
        Path | None,
        typer.Option(help="Public keys saved from /keys.json; else those of the running system."),
    ] = None,
    data: Data = DEFAULT_DATA,
) -> None:
    """Tell whether a report is the published one, unchanged; exits with 1 when it is not."""
    content = file.read_bytes()
    console = plain_console()
    document = read_sealed(content)
    if document is not None and document.get(KIND) == ERASURE:
        finding = judge_certificate(document, _keys(keys, data))
        console.print(SENTENCES_OF_ERASURES[finding])
        raise typer.Exit(finding is not Finding.GENUINE)
    verdict = judge_file(content, _keys(keys, data))
    console.print(verdict.sentence)
    for line in _said(verdict):
        console.print(printable(line))
    if not verdict.genuine:
        raise typer.Exit(1)


def _keys(file: Path | None, data: Path) -> Keys:
    return Keys.parse(find(data).get("/keys.json")) if file is None else keys_in(file)


def _said(verdict: Verdict) -> Iterator[str]:
    if verdict.period:
        yield f"it says it is {verdict.period}" + (
            f", version {verdict.version}" if verdict.version else ""
        )
    if verdict.sha256:
        yield f"sha256:{verdict.sha256}"
        yield f"key {verdict.key_id}"
