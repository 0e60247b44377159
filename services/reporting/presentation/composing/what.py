"""What was done: every occurrence, every resource, and what both were about."""

from collections import Counter
from collections.abc import Sequence
from urllib.parse import quote

from services.reporting.presentation.composing.breakdowns import breakdown, hidden, suppression
from services.reporting.presentation.composing.names import (
    UNKNOWN,
    capital,
    code,
    codes,
    organisation,
    stated,
)
from services.reporting.presentation.composing.subject import Json, Subject
from services.reporting.presentation.sheet import Cell, Column, Kind, Section, Status, Table

PHASES = ("prevention", "response", "recovery", UNKNOWN)
STATES = ("held", "cancelled", "not_counted", "scheduled")
HELD = ["activities_held", "webinars_held"]


def what(subject: Subject) -> Section:
    """Return occurrences, works, and the rows that sort them."""
    text = subject.language.text
    return Section(
        id="what",
        title=text("What"),
        tables=[
            _occurrences(subject),
            _subjects(subject),
            breakdown(
                subject,
                "kinds",
                text("Activities, attendance and registrations by kind"),
                text("Kind"),
                "kind",
                ["activities_held", "attendance", "registrations"],
                sums=True,
                chart=True,
            ),
            breakdown(subject, "phases", text("By phase"), text("Phase"), "phase", HELD, sums=True),
            breakdown(subject, "themes", text("By theme"), text("Theme"), "theme", HELD),
            _theme_by_phase(subject),
            breakdown(
                subject,
                "deliveries",
                text("By form of delivery"),
                text("Delivery"),
                "delivery",
                HELD,
                sums=True,
            ),
            breakdown(
                subject, "languages", text("By language"), text("Language"), "language", HELD
            ),
            _works(subject),
            _contents(subject),
            *(
                breakdown(
                    subject,
                    f"resource-{dimension.replace('_', '-')}",
                    caption,
                    head,
                    dimension,
                    ["resources_shared"],
                )
                for dimension, caption, head in (
                    ("kind", text("Resources shared by kind"), text("Kind")),
                    ("theme", text("Resources shared by theme"), text("Theme")),
                    ("language", text("Resources shared by language"), text("Language")),
                    ("publisher", text("Resources shared by publisher"), text("Publisher")),
                    ("shared_with", text("Resources shared by receiver"), text("Shared with")),
                )
                if subject.rows("resources_shared", dimension)
            ),
        ],
    )


def _occurrences(subject: Subject) -> Table:
    language = subject.language
    text = language.text
    listed = subject.lists["occurrences"]
    states = Counter(each["state"] for each in listed)
    became = [
        text(
            "{row}: {count}",
            row=language.named("state", state),
            count=language.number(states[state]),
        )
        for state in STATES
        if states[state]
    ]
    rows = [_occurrence(subject, each) for each in listed]
    return Table(
        id="occurrences",
        caption=text("Every activity of the period"),
        columns=[
            *_of_a_sitting(subject),
            Column("kind", text("Kind")),
            Column("organisers", text("Organisers")),
            Column("state", text("Outcome")),
            Column(
                "attendance", text("Attendance"), Kind.COUNT, language.named("unit", "attendances")
            ),
            Column(
                "registrations",
                text("Registrations"),
                Kind.COUNT,
                language.named("unit", "registrations"),
            ),
        ],
        rows=rows,
        summary=capital(language.listed(became)) if became else text("None in this period."),
        note=suppression(subject) if hidden(rows) else "",
    )


def _occurrence(subject: Subject, each: Json) -> list[Cell]:
    language = subject.language
    attendance, registrations = each["attendance_status"], each["registrations_status"]
    return [
        *_sitting(subject, each),
        code(language, "activity_kind", each["kind"]),
        Cell(capital(language.named("organisers", each["organisers"])), key=each["organisers"]),
        code(language, "state", each["state"]),
        Cell(each["attendance"], Status(attendance) if attendance else Status.NOT_APPLICABLE),
        Cell(each["registrations"], Status(registrations)),
    ]


def _of_a_sitting(subject: Subject) -> list[Column]:
    text = subject.language.text
    return [
        Column("on", text("Date"), Kind.DATE),
        Column("title", text("Title")),
        Column("occurrence", text("Sitting")),
    ]


def _sitting(subject: Subject, each: Json) -> list[Cell]:
    activity_id = each["activity_id"]
    return [
        stated(subject.language, each["on"]),
        Cell(each["title"], href=f"/activities/{quote(activity_id)}", key=activity_id),
        Cell(each["occurrence"], key=each["occurrence"]),
    ]


def _subjects(subject: Subject) -> Table:
    """Return what each occurrence was about, and how it was held."""
    language = subject.language
    text = language.text
    listed = subject.lists["occurrences"]
    return Table(
        id="occurrence-subjects",
        caption=text("What each activity was about"),
        columns=[
            *_of_a_sitting(subject),
            Column("delivery", text("Delivery")),
            Column("phase", text("Phase")),
            Column("themes", text("Themes")),
            Column("languages", text("Languages")),
        ],
        rows=[
            [
                *_sitting(subject, each),
                code(language, "delivery", each["delivery"]),
                code(language, "phase", each["phase"]),
                codes(language, "theme", each["themes"]),
                codes(language, "language", each["languages"]),
            ]
            for each in listed
        ],
        summary=_told(subject, listed),
    )


def _told(subject: Subject, listed: Sequence[Json]) -> str:
    """Say of how many a theme and of how many a phase is known."""
    language = subject.language
    return language.text(
        "With a theme: {themes} of {all}; with a phase: {phases}.",
        themes=language.number(sum(bool(each["themes"]) for each in listed)),
        phases=language.number(sum(each["phase"] != UNKNOWN for each in listed)),
        all=language.number(len(listed)),
    )


def _theme_by_phase(subject: Subject) -> Table:
    language = subject.language
    text = language.text
    matrix = subject.lists["theme_by_phase"]
    status = subject.value("activities_held").status
    rows = [
        [
            code(language, "theme", theme),
            *(
                Cell(
                    phases.get(phase, 0),
                    status,
                    subject.evidence("activities_held", theme=theme, phase=phase),
                )
                for phase in PHASES
            ),
        ]
        for theme, phases in matrix.items()
    ]
    return Table(
        id="theme-by-phase",
        caption=text("Activities held by theme and phase"),
        columns=[
            Column("theme", text("Theme")),
            *(
                Column(
                    phase,
                    capital(language.named("row" if phase == UNKNOWN else "phase", phase)),
                    Kind.COUNT,
                    subject.unit("activities_held"),
                )
                for phase in PHASES
            ),
        ],
        rows=rows,
        summary=language.counted("{count} theme.", "{count} themes.", len(rows)),
        note=text("An activity has one phase and may have several themes, so its rows overlap."),
    )


def _works(subject: Subject) -> Table:
    language = subject.language
    text = language.text
    listed = subject.lists["works"]
    return Table(
        id="works",
        caption=text("Every resource of the period"),
        columns=[
            Column("title", text("Title")),
            Column("publisher", text("Publisher")),
            Column("published_on", text("Published"), Kind.DATE),
            Column("shared_with", text("First shared with")),
            Column("shared_on", text("First shared"), Kind.DATE),
            Column("editions", text("Editions"), Kind.COUNT, language.named("unit", "editions")),
            Column(
                "cities_delivered",
                text("Delivered to"),
                Kind.COUNT,
                language.named("unit", "cities"),
            ),
        ],
        rows=[_work(subject, each) for each in listed],
        summary=text(
            "{published} published, {shared} shared for the first time.",
            published=language.number(sum("published" in each["counts"] for each in listed)),
            shared=language.number(sum("shared" in each["counts"] for each in listed)),
        ),
    )


def _work(subject: Subject, each: Json) -> list[Cell]:
    language = subject.language
    publisher, receiver = each["publisher"], each["shared_with"]
    return [
        _titled(each),
        Cell(organisation(language, publisher), key=publisher),
        stated(language, each["published_on"]),
        Cell(organisation(language, receiver), key=receiver) if receiver else Cell(None),
        stated(language, each["shared_on"]),
        Cell(each["editions"], Status.NORMAL),
        Cell(each["cities_delivered"], Status.NORMAL),
    ]


def _titled(each: Json) -> Cell:
    resource_id = each["resource_id"]
    return Cell(each["title"], href=f"/resources/{quote(resource_id)}", key=resource_id)


def _contents(subject: Subject) -> Table:
    """Return what each work is and is about, and as what it counts."""
    language = subject.language
    text = language.text
    listed = subject.lists["works"]
    return Table(
        id="work-contents",
        caption=text("What each resource is"),
        columns=[
            Column("title", text("Title")),
            Column("kind", text("Kind")),
            Column("languages", text("Languages")),
            Column("themes", text("Themes")),
            Column("counts", text("Counts as")),
            Column("withdrawn_on", text("Withdrawn"), Kind.DATE),
        ],
        rows=[
            [
                _titled(each),
                code(language, "resource_kind", each["kind"]),
                codes(language, "language", each["languages"]),
                codes(language, "theme", each["themes"]),
                codes(language, "counts", each["counts"]),
                stated(language, each["withdrawn_on"]),
            ]
            for each in listed
        ],
        summary=language.counted("{count} resource.", "{count} resources.", len(listed)),
    )
