"""Lists of cities, by name: those that came, those that did not, those to follow up."""

from collections.abc import Callable, Sequence

from services.reporting.domain.period import parse_period
from services.reporting.presentation.composing.names import (
    UNKNOWN,
    capital,
    code,
    codes,
    country,
    organisation,
    subdivision,
)
from services.reporting.presentation.composing.subject import Json, Subject
from services.reporting.presentation.sheet import Cell, Column, Kind, Status, Table

Field = tuple[Column, Callable[[Json], Cell]]
"""A column and what stands in it for a city."""


def cities(
    subject: Subject,
    name: str,
    caption: str,
    listed: Sequence[Json],
    more: Sequence[Field],
    *,
    of: str | None = None,
    note: str = "",
) -> Table:
    """Return a table of cities: name and place first, then what else is to be said of them.

    The cities that a figure (`of`) counts beyond those in the list are said to be not named.
    """
    language = subject.language
    text = language.text
    fields: list[Field] = [
        (Column("city", text("City")), subject.city),
        (Column("country", text("Country")), lambda city: _country(subject, city)),
        (Column("subdivision", text("State or region")), lambda city: _part(subject, city)),
        *more,
    ]
    return Table(
        id=name,
        caption=caption,
        columns=[column for column, _ in fields],
        rows=[[cell(city) for _, cell in fields] for city in listed],
        summary=language.counted(
            "{count} city is listed.", "{count} cities are listed.", len(listed)
        )
        if listed
        else text("None in this period."),
        note=" ".join(filter(None, [note, of and _not_named(subject, of, len(listed))])),
    )


def _not_named(subject: Subject, of: str, listed: int) -> str:
    missing = subject.figures[of]["value"] - listed
    if not missing:
        return ""
    return subject.language.counted("{count} city not named.", "{count} cities not named.", missing)


def size(subject: Subject) -> Field:
    """Return the size class of cities."""
    language = subject.language
    return (
        Column("size_class", language.text("Size")),
        lambda city: code(language, "size_class", city["size_class"]),
    )


def population(subject: Subject) -> Field:
    """Return how many people live in cities."""

    def residents(city: Json) -> Cell:
        value = city["population"]
        return Cell(value, Status.MISSING if value is None else Status.NORMAL)

    language = subject.language
    return Column(
        "population", language.text("Residents"), Kind.COUNT, language.named("unit", "residents")
    ), residents


def network(subject: Subject) -> Field:
    """Return the networks of cities."""
    language = subject.language
    return (
        Column("network", language.text("Member of")),
        lambda city: Cell(organisation(language, city["network"]), key=city["network"]),
    )


def came(subject: Subject) -> Field:
    """Return how cities came into the period."""
    language = subject.language
    return (
        Column("came", language.text("Came as")),
        lambda city: code(language, "came", city["came"]),
    )


def ways(subject: Subject) -> Field:
    """Return in which ways cities were reached."""
    language = subject.language
    return (
        Column("ways", language.text("By")),
        lambda city: codes(language, "way", city["ways"]),
    )


def last_engaged(subject: Subject) -> Field:
    """Return the quarter in which cities were last engaged."""

    def quarter(city: Json) -> Cell:
        period = parse_period(city["last_engaged"])
        return Cell(
            subject.called(period), href=subject.evidence("cities_engaged", period), key=period.id
        )

    return Column("last_engaged", subject.language.text("Last engaged")), quarter


def _country(subject: Subject, city: Json) -> Cell:
    code = city["country"]
    if code is None:
        return Cell(capital(subject.language.named("row", UNKNOWN)), key=UNKNOWN)
    return Cell(country(subject.language, code), key=code)


def _part(subject: Subject, city: Json) -> Cell:
    if city["subdivision"] is None:
        return Cell(None)
    key = f"{city['country']}-{city['subdivision']}"
    return Cell(subdivision(subject.language, key), key=key)
