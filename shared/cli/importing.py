"""`tandem import`: files of Zoom, Eventbrite and calendars, and CSV of every type.

Each file becomes events, which go out as those of `tandem publish` do. The same file again changes
nothing; a corrected one takes its place as a whole.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from shared.cli.import_place import Dates, Place, zone_named
from shared.cli.import_run import Job, carry_out, problems_told
from shared.cli.import_state import known_activities
from shared.cli.system import DEFAULT_DATA, Data, find, run
from shared.contracts.messages.events import HoldActivity
from shared.embedded.data_directory import OperatorError
from shared.importing import calendars, columns, eventbrite, planning, zoom
from shared.importing.decoding import ENCODINGS, UPLOAD_BYTES_MAX, Decoded, decoded
from shared.importing.drafting import Draft
from shared.importing.known import KnownActivity, occurrence_of
from shared.importing.mapping import Mapping as Words
from shared.importing.mapping import mapping_of
from shared.importing.reading import Reading
from shared.importing.tables import rows_of

commands = typer.Typer(help="Files of other systems, as events.", no_args_is_help=True)

HORIZON = timedelta(days=365)
OPTIONS_SHOWN = ", ".join(ENCODINGS)


File = Annotated[Path, typer.Argument(metavar="FILE", help="As it was exported; zip or gz too.")]
ActivityId = Annotated[
    str | None,
    typer.Option("--activity", metavar="ID", help="The activity; or name it in the mapping."),
]
OccurrenceName = Annotated[
    str | None,
    typer.Option("--occurrence", metavar="NAME", help="Which sitting, where there are several."),
]
Zone = Annotated[
    str | None,
    typer.Option("--time-zone", metavar="ZONE", help="Of the file's times, such as Europe/Paris."),
]
MappingFile = Annotated[
    Path | None,
    typer.Option("--mapping", metavar="FILE", help="TOML: columns, positions, roles, places."),
]
Credential = Annotated[str, typer.Option(help="The publisher, the events' `source`.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would follow; send nothing.")]
Encoding = Annotated[
    str | None, typer.Option(metavar="NAME", help=f"Where no mark tells it: {OPTIONS_SHOWN}.")
]
InDates = Annotated[Dates, typer.Option(help="How 03/04/2024 is read.")]
Organisers = Annotated[
    list[str] | None,
    typer.Option("--organiser", metavar="NLC|SCN|other:NAME", help="Who leads; again for more."),
]
Kind = Annotated[str | None, typer.Option(metavar="KIND", help="Such as webinar or workshop.")]
Title = Annotated[str | None, typer.Option(help="Of an activity that is announced by this.")]
Held = Annotated[
    bool | None,
    typer.Option("--held/--no-held", help="Say that it was held; else only where it is not known."),
]
Provisional = Annotated[
    bool, typer.Option("--provisional", help="A final file will follow; else this one is final.")
]
Restore = Annotated[
    bool, typer.Option("--restore", help="Take this file again, although a later replaced it.")
]


@commands.command("zoom")
def import_zoom(
    file: File,
    activity: ActivityId = None,
    occurrence: OccurrenceName = None,
    time_zone: Zone = None,
    mapping: MappingFile = None,
    dates: InDates = Dates.MONTH_FIRST,
    held: Held = None,
    provisional: Provisional = False,
    restore: Restore = False,
    organiser: Organisers = None,
    kind: Kind = None,
    title: Title = None,
    encoding: Encoding = None,
    credential: Credential = "demo",
    dry_run: DryRun = False,
    data: Data = DEFAULT_DATA,
) -> None:
    """Registrations and attendance of a webinar or meeting report."""
    system, words = find(data), _words(mapping)
    with problems_told():
        text = _decoded(file, encoding)
        report = zoom.report_of(rows_of(text.text))
        place = Place(system, words, activity, time_zone, dates, report.outside_id)
        clock = place.clock()
        name = occurrence_of(place.known, occurrence, report.day(clock))
        clock = place.clock(name)
        sitting = zoom.Sitting(place.activity_id, name, clock, final=not provisional)
        reading = zoom.read(report, sitting, words)
        window = report.window(clock)
        announced = place.announced(
            kind or ("webinar" if report.is_webinar else None),
            title or report.topic,
            organiser,
            start=window[0] if window else None,
            minutes=round((window[1] - window[0]).total_seconds() / 60) if window else None,
            occurrence=name,
        )
        drafts = _with_held(reading.drafts, place.known, name, held)
    notes = place.off_plan(name, window)
    job = Job(
        what="Zoom report",
        title=report.topic or place.title,
        prefix="zoom",
        reading=_extended(reading, [*announced, *drafts], notes),
        known={place.activity_id: place.known} if place.known else {},
        sitting=(place.activity_id, name),
        about=(*place.about(name, announced), ("encoding", text.encoding)),
    )
    carry_out(system, job, credential, dry_run=dry_run, restore=restore)


@commands.command("eventbrite")
def import_eventbrite(
    file: File,
    activity: ActivityId = None,
    occurrence: OccurrenceName = None,
    time_zone: Zone = None,
    mapping: MappingFile = None,
    dates: InDates = Dates.MONTH_FIRST,
    held: Held = None,
    provisional: Provisional = False,
    restore: Restore = False,
    encoding: Encoding = None,
    credential: Credential = "demo",
    dry_run: DryRun = False,
    data: Data = DEFAULT_DATA,
) -> None:
    """Registrations and check-ins of an attendee list (Attendee Summary)."""
    system, words = find(data), _words(mapping)
    with problems_told():
        text = _decoded(file, encoding)
        attendees = eventbrite.list_of(rows_of(text.text))
        place = Place(system, words, activity, time_zone, dates, attendees.title)
        name = occurrence_of(place.known, occurrence, None)
        day = place.day(name)
        held_at = place.starts(name)
        sitting = eventbrite.Sitting(
            place.activity_id, name, place.clock(name), held_at, final=not provisional
        )
        reading = eventbrite.read(attendees, sitting, words)
        if held and day is None:
            raise OperatorError("Nobody knows on which day it was held: announce it first.")
        hold = (
            HoldActivity(activity_id=place.activity_id, occurrence=name, on=day) if held else None
        )
        drafts = [*([Draft(hold, held_at)] if hold and held_at else []), *reading.drafts]
    job = Job(
        what="Eventbrite attendees",
        title=attendees.title or place.title,
        prefix="eventbrite",
        reading=_extended(reading, drafts, ()),
        known={place.activity_id: place.known} if place.known else {},
        sitting=(place.activity_id, name),
        about=(*place.about(name, ()), ("encoding", text.encoding)),
    )
    carry_out(system, job, credential, dry_run=dry_run, restore=restore)


@commands.command("ics")
def import_ics(
    file: File,
    time_zone: Zone = None,
    until: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%d"], help="How far recurring events are read; else one year from now."
        ),
    ] = None,
    mapping: MappingFile = None,
    organiser: Organisers = None,
    kind: Kind = None,
    encoding: Encoding = None,
    credential: Credential = "demo",
    dry_run: DryRun = False,
    data: Data = DEFAULT_DATA,
) -> None:
    """Activities of a calendar: announced, moved, called off."""
    system, words = find(data), _words(mapping)
    with problems_told():
        text = _decoded(file, encoding)
        last = until.date() if until else datetime.now(UTC).date() + HORIZON
        reader = calendars.Reader(last, words, zone_named(time_zone))
        appointments = reader.appointments(text.text)
        ids = [each.activity_id for each in appointments]
        known = run(lambda: known_activities(system, ids))
        announcing = planning.Announcing(credential, words, kind, tuple(organiser or ()))
        reading = planning.read(appointments, known, announcing)
    job = Job(
        what="Calendar",
        title=None,
        prefix="ics",
        reading=reading,
        known=known,
        about=(("recurring", f"read up to {last}"), ("encoding", text.encoding)),
        rows="events",
    )
    carry_out(system, job, credential, dry_run=dry_run)


@commands.command("csv")
def import_csv(
    file: File,
    type_: Annotated[
        str | None,
        typer.Option("--type", metavar="TYPE", help="Such as events.help_given; or a column type."),
    ] = None,
    mapping: MappingFile = None,
    encoding: Encoding = None,
    credential: Credential = "demo",
    dry_run: DryRun = False,
    data: Data = DEFAULT_DATA,
) -> None:
    """Events of any type; the columns are the fields of the data."""
    system, words = find(data), _words(mapping)
    with problems_told():
        text = _decoded(file, encoding)
        reading = columns.read(rows_of(text.text), words, type_)
        ids = [
            str(each.message.activity_id)
            for each in reading.drafts
            if hasattr(each.message, "activity_id")
        ]
        known = run(lambda: known_activities(system, ids))
    job = Job(
        what="CSV",
        title=None,
        prefix="csv",
        reading=reading,
        known=known,
        about=(("encoding", text.encoding),),
    )
    carry_out(system, job, credential, dry_run=dry_run)


@commands.command("columns")
def list_columns(
    type_: Annotated[str, typer.Argument(metavar="TYPE", help="Such as events.help_given.")],
) -> None:
    """The columns of a CSV of one type, as a line of headings."""
    name = columns.full_type(type_)
    if name is None:
        raise OperatorError(f"No type is named {type_}; `tandem schemas` lists them.")
    typer.echo(",".join(column.path for column in columns.columns_of(name)))


def _with_held(
    drafts: Sequence[Draft], known: KnownActivity | None, occurrence: str, held: bool | None
) -> list[Draft]:
    """Return the drafts with the word that it was held where that is wanted, or not known yet."""
    tells = any(isinstance(each.message, HoldActivity) for each in drafts)
    if held and not tells:
        raise OperatorError("The file tells no start and end, so that --held has nothing to say.")
    sitting = known.occurrences.get(occurrence) if known else None
    wanted = held if held is not None else sitting is None or sitting.state != "held"
    return [each for each in drafts if wanted or not isinstance(each.message, HoldActivity)]


def _extended(reading: Reading, drafts: Sequence[Draft], remarks: Sequence[str]) -> Reading:
    notes: Mapping[str, int] = {**reading.notes, **dict.fromkeys(remarks, 0)}
    return Reading(tuple(drafts), reading.rows, reading.ignored, reading.people, notes)


def _words(mapping: Path | None) -> Words:
    with problems_told():
        return mapping_of(mapping.read_bytes()) if mapping else Words()


def _decoded(file: Path, encoding: str | None) -> Decoded:
    if encoding is not None and encoding not in ENCODINGS:
        raise OperatorError(f"No encoding is named {encoding}; there are {OPTIONS_SHOWN}.")
    console = Console(stderr=True)
    with console.status(f"reading {file.name}"), file.open("rb") as opened:
        # One byte more than is taken, so that a file of any length costs no more.
        return decoded(opened.read(UPLOAD_BYTES_MAX + 1), encoding)
