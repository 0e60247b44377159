"""What must be known to read the figures: notes, what each figure means, and the marks."""

from collections.abc import Iterator

from services.reporting.presentation.composing.subject import Subject
from services.reporting.presentation.sheet import Cell, Column, Section, Table

MARKS = ("0", "-", "≥", "[x]", "[c]", "[p]", "[r]")


def notes(subject: Subject) -> Section:
    """Return notes, definitions and marks."""
    return Section(
        id="notes",
        title=subject.language.text("Notes and definitions"),
        paragraphs=list(_notes(subject)),
        tables=[_definitions(subject), _marks(subject)],
    )


def _notes(subject: Subject) -> Iterator[str]:
    """Yield the sentences a reader of the figures must not miss."""
    language, document, figures = subject.language, subject.document, subject.figures
    text, counted = language.text, language.counted
    awaiting, held = (document["data_quality"][name] for name in ("awaiting_attendance", "held"))
    if awaiting:
        yield counted(
            "{count} of {held} held activities awaits its final attendance.",
            "{count} of {held} held activities await their final attendance.",
            awaiting,
            held=language.number(held),
        )
    rate = figures["attribution_rate"]["value"]
    if rate is not None and rate < 100:
        yield text("{share} of attendance belongs to a known city.", share=language.percent(rate))
    if figures["population_represented"].get("lower_bound"):
        yield counted(
            "Residents are a lower bound: of {count} engaged city no population is known.",
            "Residents are a lower bound: of {count} engaged cities no population is known.",
            subject.detail("population_represented", "cities_unknown"),
        )
    if figures["member_share"]["value"] is None:
        yield text("Shares of members are given as counts, because the base is small.")
    to_the_year = subject.detail("resources_published", "dated_to_year_only")
    if to_the_year:
        yield counted(
            "{count} resource is dated to the year only and counted in no quarter.",
            "{count} resources are dated to the year only and counted in no quarter.",
            to_the_year,
        )
    if document["suppressed"]:
        yield text("Small counts of people are not printed, nor what would give them back: [c].")
    yield text("Rows by theme and by language overlap: an activity with several counts in each.")


def _definitions(subject: Subject) -> Table:
    language = subject.language
    text = language.text
    return Table(
        id="definitions",
        caption=text("What each figure means"),
        columns=[
            Column("figure", text("Figure")),
            Column("unit", text("Unit")),
            Column("how_counted", text("How counted")),
            Column("definition", text("Definition")),
        ],
        rows=[
            [
                Cell(subject.title(metric), href=subject.evidence(metric), key=metric),
                Cell(subject.unit(metric), key=figure["unit"]),
                Cell(text(figure["how_counted"])),
                Cell(figure["definition"], key=figure["definition"]),
            ]
            for metric, figure in subject.figures.items()
        ],
        summary=language.counted(
            "{count} figure is defined.", "{count} figures are defined.", len(subject.figures)
        ),
        note=text(
            "A definition has a name and a version: a change of meaning is a new version of it."
        ),
        shown=len(subject.figures),
    )


def _marks(subject: Subject) -> Table:
    language = subject.language
    text = language.text
    return Table(
        id="symbols",
        caption=text("Marks"),
        columns=[Column("mark", text("Mark")), Column("meaning", text("Meaning"))],
        rows=[[Cell(mark, key=mark), Cell(language.named("mark", mark))] for mark in MARKS],
        summary=text("A number without a mark is complete as far as is known."),
    )
