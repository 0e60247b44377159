"""Every figure of the report: the six at the top as cards, all in two tables, counts and shares."""

from collections.abc import Iterator
from typing import Any

from services.reporting.presentation.composing.cards import cards
from services.reporting.presentation.composing.names import capital, country, subdivision, tongue
from services.reporting.presentation.composing.subject import ONE_PERIOD, Subject
from services.reporting.presentation.sheet import Cell, Column, Kind, Section, Status, Table

SHARES = {
    "attendance_rate": ("attended_registered", "registrations"),
    "member_share": ("engaged", "members"),
    "retention": ("engaged_again", "still_eligible"),
    "attribution_rate": ("attributed", "attendance"),
    "timeliness": ("in_time", "held"),
    "completeness": ("final", "held"),
}
"""The figures in percent, by the names of their part and their whole."""


def figures(subject: Subject) -> Section:
    """Return the figures: six as cards, all as tables."""
    text = subject.language.text
    return Section(
        id="figures",
        title=text("Six figures"),
        cards=cards(subject),
        tables=[_counts(subject), _shares(subject), *_over_a_year(subject), _details(subject)],
    )


def _counts(subject: Subject) -> Table:
    language = subject.language
    text = language.text
    metrics = [metric for metric in subject.figures if metric not in SHARES]
    more = sum((subject.figures[metric]["change"] or 0) > 0 for metric in metrics)
    less = sum((subject.figures[metric]["change"] or 0) < 0 for metric in metrics)
    return Table(
        id="all-figures",
        caption=text("Every count of the report"),
        columns=[
            Column("figure", text("Figure")),
            Column("value", subject.called(), Kind.COUNT),
            Column("unit", text("Unit")),
            *_beside(subject, Kind.COUNT),
            Column("how_counted", text("How counted")),
        ],
        rows=[
            [
                Cell(subject.title(metric), key=metric),
                subject.value(metric),
                Cell(subject.unit(metric), key=subject.figures[metric]["unit"]),
                subject.change(metric),
                subject.before(metric),
                Cell(text(subject.figures[metric]["how_counted"])),
            ]
            for metric in metrics
        ],
        summary=text(
            "Of {all} counts, {more} rose and {less} fell since {period}.",
            all=language.number(len(metrics)),
            more=language.number(more),
            less=language.number(less),
            period=subject.called(subject.previous),
        ),
        shown=len(metrics),
    )


def _shares(subject: Subject) -> Table:
    language = subject.language
    text = language.text
    metrics = [metric for metric in subject.figures if metric in SHARES]
    return Table(
        id="all-shares",
        caption=text("Every share of the report"),
        columns=[
            Column("figure", text("Figure")),
            Column("value", subject.called(), Kind.PERCENT, language.named("unit", "percent")),
            Column("part", text("Part"), Kind.COUNT),
            Column("whole", text("Of"), Kind.COUNT),
            *_beside(subject, Kind.PERCENT),
            Column("how_counted", text("How counted")),
        ],
        rows=[
            [
                Cell(subject.title(metric), key=metric),
                subject.value(metric),
                *parts(subject, metric),
                subject.change(metric),
                subject.before(metric),
                Cell(text(subject.figures[metric]["how_counted"])),
            ]
            for metric in metrics
        ],
        summary=_in_full(subject),
        note=text("Changes of shares are in percentage points."),
        shown=len(metrics),
    )


def _beside(subject: Subject, kind: Kind) -> list[Column]:
    """Return the columns that compare with the period before."""
    before = subject.called(subject.previous)
    return [
        Column("change", subject.since(subject.previous), Kind.CHANGE, _points(subject, kind)),
        Column("previous", before, kind),
    ]


def _points(subject: Subject, kind: Kind) -> str | None:
    return subject.language.named("unit", "percentage points") if kind is Kind.PERCENT else None


def _over_a_year(subject: Subject) -> list[Table]:
    """Return the figures beside those of a year before and of four quarters; none for a year."""
    year_before = subject.year_before
    if year_before is None:
        return []
    text = subject.language.text
    name = subject.called(year_before)
    return [
        Table(
            id=table,
            caption=caption,
            columns=[
                Column("figure", text("Figure")),
                Column("value", subject.called(), kind),
                Column(
                    "year_change", subject.since(year_before), Kind.CHANGE, _points(subject, kind)
                ),
                Column("year_before", name, kind),
                Column("rolling_four", text("Four quarters"), kind),
            ],
            rows=[
                [
                    Cell(subject.title(metric), key=metric),
                    subject.value(metric),
                    subject.year_change(metric),
                    subject.a_year_before(metric),
                    subject.rolling_four(metric),
                ]
                for metric in subject.figures
                if (metric in SHARES) is (kind is Kind.PERCENT) and metric not in ONE_PERIOD
            ],
            summary=text(
                "Beside the same quarter a year before, and the four quarters to {period}.",
                period=subject.called(),
            ),
            shown=len(subject.figures),
        )
        for table, caption, kind in (
            ("figures-over-a-year", text("Counts over a year"), Kind.COUNT),
            ("shares-over-a-year", text("Shares over a year"), Kind.PERCENT),
        )
    ]


def parts(subject: Subject, metric: str) -> list[Cell]:
    """Return the two counts of a share."""
    detail = subject.figures[metric]["detail"]
    counts = detail["any"] if metric == "member_share" else detail
    return [Cell(counts[name], Status.NORMAL, subject.evidence(metric)) for name in SHARES[metric]]


def _in_full(subject: Subject) -> str:
    """Say how many of the shares stand at 100 %."""
    language = subject.language
    full = sum(subject.figures[metric]["value"] == 100 for metric in SHARES)
    none = sum(subject.figures[metric]["value"] is None for metric in SHARES)
    return language.text(
        "Shares in all: {all}; at {whole}: {full}; not printed: {none}.",
        all=language.number(len(SHARES)),
        full=language.number(full),
        whole=language.percent(100),
        none=language.number(none),
    )


def _details(subject: Subject) -> Table:
    """Return what else is counted about the figures, a row each."""
    language = subject.language
    text = language.text
    rows = [
        [
            Cell(subject.title(metric), key=metric),
            Cell(capital(language.named("detail", name)), key=name),
            Cell(value, Status.NORMAL, subject.evidence(metric)) if counted else Cell(None),
            Cell(None) if counted else Cell(str(value)),
        ]
        for metric in subject.figures
        if metric not in SHARES
        for name, value, counted in _said_beside(subject, metric)
    ]
    return Table(
        id="figure-details",
        caption=text("What else is counted about the figures"),
        columns=[
            Column("figure", text("Figure")),
            Column("detail", text("Detail")),
            Column("value", subject.called(), Kind.COUNT),
            Column("text", text("In words")),
        ],
        rows=rows,
        summary=language.counted(
            "{count} detail stands beside the figures.",
            "{count} details stand beside the figures.",
            len(rows),
        ),
        shown=0,
    )


def _said_beside(subject: Subject, metric: str) -> Iterator[tuple[str, Any, bool]]:
    """Yield the details of a figure: name, value, and whether it is a number."""
    figure = subject.figures[metric]
    if "range" in figure:
        low, high = figure["range"]
        yield "range_low", low, True
        yield "range_high", high, True
    for name, value in sorted(figure["detail"].items()):
        if name == "year":
            yield name, value, False
        elif isinstance(value, int | float):
            yield name, value, True
        elif isinstance(value, list):
            yield name, _listed(subject, name, value), False
        elif value is not None:
            yield name, value, False


def _listed(subject: Subject, name: str, codes: list[str]) -> str:
    language = subject.language
    match name:
        case "countries":
            names = [country(language, code) for code in codes]
        case "languages":
            names = [tongue(language, code) for code in codes]
        case _:
            names = [subdivision(language, f"US-{code}") for code in codes]
    return language.listed(names) if names else language.named("row", "none")
