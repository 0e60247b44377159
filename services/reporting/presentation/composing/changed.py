"""What changed since the period before: who came, who did not, reconciled to the last city."""

from services.reporting.presentation.composing.breakdowns import source, subtitle
from services.reporting.presentation.composing.cities import (
    cities,
    last_engaged,
    network,
    population,
    ways,
)
from services.reporting.presentation.composing.subject import Subject
from services.reporting.presentation.sheet import Cell, Chart, Column, Kind, Section, Table

FLOWS = {"new": 1, "reactivated": 1, "not_repeated": -1, "left": -1}
"""Each flow, and which way it moves the number of engaged cities."""


def changed(subject: Subject) -> Section:
    """Return the identity of the flows, and the cities in each of them."""
    text = subject.language.text
    engaged = subject.lists["cities"]
    more = [network(subject), population(subject)]
    last = last_engaged(subject)
    return Section(
        id="changed",
        title=text("What changed"),
        tables=[
            _identity(subject),
            *(
                cities(
                    subject,
                    f"cities-{flow}",
                    caption,
                    [city for city in engaged if city["came"] == flow],
                    [*more, ways(subject)],
                    of=flow,
                )
                for flow, caption in (
                    ("new", text("New cities")),
                    ("reactivated", text("Reactivated cities")),
                )
            ),
            cities(
                subject,
                "cities-not-repeated",
                text("Cities not seen again"),
                subject.lists["cities_not_repeated"],
                [*more, last],
                of="not_repeated",
                note=text("Engaged in the period before, not in this one, and still eligible."),
            ),
            cities(
                subject,
                "cities-left",
                text("Cities that left"),
                subject.lists["cities_left"],
                [*more, last],
                of="left",
                note=text("They stay in the figures of past quarters."),
            ),
        ],
    )


def _identity(subject: Subject) -> Table:
    """Return E(q−1) + new + reactivated − not repeated − left = E(q), which sums to the last."""
    language = subject.language
    text = language.text
    before, now = subject.called(subject.previous), subject.called()
    status = subject.value("cities_engaged").status
    moves = [
        [
            Cell(f"{'+' if sign > 0 else '−'} {subject.title(flow)}", key=flow),
            Cell(sign * subject.figures[flow]["value"], status, subject.evidence(flow)),
        ]
        for flow, sign in FLOWS.items()
    ]
    summary = _in_words(subject)
    return Table(
        id="flow",
        caption=text("From one period to the next"),
        columns=[
            Column("flow", text("Cities")),
            Column("cities", text("Cities engaged"), Kind.COUNT, language.named("unit", "cities")),
        ],
        rows=[
            [Cell(before, key="previous"), subject.before("cities_engaged")],
            *moves,
            [Cell(now, key="value"), subject.value("cities_engaged")],
        ],
        summary=summary,
        note=text(
            "Returning cities were engaged in both periods and change nothing: {count}.",
            count=language.number(subject.figures["returning"]["value"]),
        ),
        charts=[
            Chart(
                kind="steps",
                title=_finding(subject),
                subtitle=subtitle(subject, "cities_engaged"),
                description=summary,
                source=source(subject),
                label="flow",
                value="cities",
            )
        ],
        sums=True,
    )


def _finding(subject: Subject) -> str:
    language = subject.language
    change = subject.figures["cities_engaged"]["change"] or 0
    before = subject.called(subject.previous)
    if change > 0:
        return language.counted(
            "{count} engaged city more than in {period}.",
            "{count} engaged cities more than in {period}.",
            change,
            period=before,
        )
    if change < 0:
        return language.counted(
            "{count} engaged city fewer than in {period}.",
            "{count} engaged cities fewer than in {period}.",
            -change,
            period=before,
        )
    return language.text("As many engaged cities as in {period}.", period=before)


def _in_words(subject: Subject) -> str:
    language = subject.language
    figure = subject.figures["cities_engaged"]
    flows = {flow: language.number(subject.figures[flow]["value"]) for flow in FLOWS}
    return language.text(
        "{previous} in {before}, plus {new} new and {reactivated} reactivated, less "
        "{not_repeated} not seen again and {left} that left, makes {value} in {now}.",
        previous=language.counted("{count} city", "{count} cities", figure["previous"] or 0),
        before=subject.called(subject.previous),
        value=language.number(figure["value"] or 0),
        now=subject.called(),
        **flows,
    )
