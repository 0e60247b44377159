"""How far the figures can be relied on: what is missing, doubtful, or waits for a person."""

from collections.abc import Iterator

from services.reporting.presentation.composing.figures import parts
from services.reporting.presentation.composing.names import capital, stated
from services.reporting.presentation.composing.subject import Subject
from services.reporting.presentation.sheet import Cell, Column, Kind, Section, Status, Table

CHECKS = (
    "held",
    "awaiting_attendance",
    "awaiting_outcome",
    "unattributed_people",
    "count_only",
    "unanswered_city_questions",
    "cities_not_registered",
    "occurrences_dated_to_year_only",
    "resources_dated_to_year_only",
    "possible_duplicates",
)
SHARES = ("attribution_rate", "completeness", "timeliness")


def quality(subject: Subject) -> Section:
    """Return the checks on the data, in sentences and as tables."""
    return Section(
        id="quality",
        title=subject.language.text("Data quality"),
        paragraphs=list(_sentences(subject)),
        tables=[_checks(subject), _shares(subject), _duplicates(subject)],
    )


def _sentences(subject: Subject) -> Iterator[str]:
    """Yield what a reader should know before trusting a figure; a clean bill is said too."""
    counted, checks = subject.language.counted, subject.document["data_quality"]
    sentences = {
        "awaiting_attendance": counted(
            "{count} held activity awaits its final attendance.",
            "{count} held activities await their final attendance.",
            checks["awaiting_attendance"],
        ),
        "awaiting_outcome": counted(
            "{count} activity is over and nobody has said yet whether it was held.",
            "{count} activities are over and nobody has said yet whether they were held.",
            checks["awaiting_outcome"],
        ),
        "unattributed_people": counted(
            "{count} attendance belongs to no known city.",
            "{count} attendances belong to no known city.",
            checks["unattributed_people"],
        ),
        "count_only": counted(
            "{count} attendance is known by number only.",
            "{count} attendances are known by number only.",
            checks["count_only"],
        ),
        "unanswered_city_questions": counted(
            "{count} question about which city is meant is still open.",
            "{count} questions about which city is meant are still open.",
            checks["unanswered_city_questions"],
        ),
        "cities_not_registered": counted(
            "{count} engaged city is not registered yet.",
            "{count} engaged cities are not registered yet.",
            checks["cities_not_registered"],
        ),
        "possible_duplicates": counted(
            "{count} pair of activities may be the same one.",
            "{count} pairs of activities may be the same one.",
            checks["possible_duplicates"],
        ),
    }
    said = [sentence for check, sentence in sentences.items() if checks[check]]
    yield from said or [subject.language.text("Nothing is missing, doubtful or waiting.")]


def _checks(subject: Subject) -> Table:
    language = subject.language
    text = language.text
    checks = subject.document["data_quality"]
    open_ = sum(bool(checks[name]) for name in CHECKS if name not in ("held", "count_only"))
    return Table(
        id="quality",
        caption=text("Checks"),
        columns=[Column("check", text("Check")), Column("value", text("Count"), Kind.COUNT)],
        rows=[
            [
                Cell(capital(language.named("check", name)), key=name),
                Cell(checks[name], Status.NORMAL),
            ]
            for name in CHECKS
        ],
        summary=language.counted(
            "{count} check found something.", "{count} checks found something.", open_
        ),
    )


def _shares(subject: Subject) -> Table:
    """Return the shares that tell how good the data are."""
    language = subject.language
    text = language.text
    weak = subject.document["data_quality"]["weak_identities_percent"]
    status = Status.NOT_APPLICABLE if weak is None else Status.NORMAL
    uniques = subject.figures["attendees_unique"]
    rows = [
        [
            Cell(subject.title(metric), key=metric),
            subject.value(metric),
            *parts(subject, metric),
        ]
        for metric in SHARES
    ]
    rows.append(
        [
            Cell(
                capital(language.named("check", "weak_identities_percent")),
                key="weak_identities_percent",
            ),
            Cell(weak, status, subject.evidence("attendees_unique")),
            Cell(uniques["detail"]["weak"], Status.NORMAL),
            Cell(uniques["value"], Status.NORMAL),
        ]
    )
    return Table(
        id="quality-shares",
        caption=text("Completeness, timeliness and attribution"),
        columns=[
            Column("check", text("Check")),
            Column("percent", text("Share"), Kind.PERCENT, language.named("unit", "percent")),
            Column("part", text("Part"), Kind.COUNT),
            Column("whole", text("Of"), Kind.COUNT),
        ],
        rows=rows,
        summary=_completeness(subject),
    )


def _completeness(subject: Subject) -> str:
    language = subject.language
    detail = subject.figures["completeness"]["detail"]
    return language.counted(
        "{final} of {count} held activity has its final attendance.",
        "{final} of {count} held activities have their final attendance.",
        detail["held"],
        final=language.number(detail["final"]),
    )


def _duplicates(subject: Subject) -> Table:
    language = subject.language
    text = language.text
    pairs = subject.document["data_quality"]["possible_duplicate_pairs"]
    return Table(
        id="possible-duplicates",
        caption=text("Activities that may be the same"),
        columns=[
            Column("on", text("Date"), Kind.DATE),
            Column("first", text("One")),
            Column("second", text("The other")),
        ],
        rows=[
            [
                stated(language, pair["on"]),
                *(
                    Cell(title, href=f"/activities/{activity_id}", key=activity_id)
                    for activity_id, title in zip(pair["activity_ids"], pair["titles"], strict=True)
                ),
            ]
            for pair in pairs
        ],
        summary=language.counted("{count} pair.", "{count} pairs.", len(pairs))
        if pairs
        else text("None in this period."),
        note=text("On one day, with similar titles: a person decides whether they are one."),
    )
