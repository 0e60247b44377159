"""Where the engaged cities are: by country and state, on maps, and each by name."""

from collections.abc import Sequence
from dataclasses import replace

from services.reporting.presentation.composing.breakdowns import breakdown, source, subtitle
from services.reporting.presentation.composing.cities import (
    came,
    cities,
    network,
    population,
    size,
    ways,
)
from services.reporting.presentation.composing.subject import Subject
from services.reporting.presentation.sheet import Chart, Place, Section, Table

US = "US"


def where(subject: Subject) -> Section:
    """Return places by number of engaged cities, the maps, and the cities."""
    text = subject.language.text
    us, world = _maps(subject)
    return Section(
        id="where",
        title=text("Where"),
        tables=[
            _with(
                breakdown(
                    subject,
                    "countries",
                    text("Cities engaged by country"),
                    text("Country"),
                    "country",
                    ["cities_engaged"],
                    sums=True,
                    note=_denominator(subject),
                    chart=True,
                ),
                world,
            ),
            _with(
                breakdown(
                    subject,
                    "subdivisions",
                    text("Cities engaged by state or region"),
                    text("State or region"),
                    "subdivision",
                    ["cities_engaged"],
                    note=_of_states(subject),
                    chart=True,
                ),
                us,
            ),
            _cities(subject),
            breakdown(
                subject,
                "attendance-countries",
                text("Attendance by country of the city"),
                text("Country"),
                "country",
                ["attendance"],
                sums=True,
            ),
            breakdown(
                subject,
                "attendance-subdivisions",
                text("Attendance by state or region of the city"),
                text("State or region"),
                "subdivision",
                ["attendance"],
            ),
        ],
    )


def _denominator(subject: Subject) -> str:
    language = subject.language
    return language.text(
        "{count} of the {total} countries of ISO 3166-1.",
        count=language.number(subject.figures["coverage"]["value"] or 0),
        total=language.number(subject.detail("coverage", "countries_total")),
    )


def _of_states(subject: Subject) -> str:
    language = subject.language
    detail = subject.figures["coverage_states"]["detail"]
    return language.text(
        "United States: {count} of {total} states; District of Columbia: {dc} of 1; "
        "territories: {territories} of {territories_total}.",
        count=language.number(subject.figures["coverage_states"]["value"] or 0),
        total=language.number(detail["states_total"]),
        dc=language.number(detail["dc"]),
        territories=language.number(len(detail["territories"])),
        territories_total=language.number(detail["territories_total"]),
    )


def _cities(subject: Subject) -> Table:
    text = subject.language.text
    return cities(
        subject,
        "cities",
        text("Cities engaged"),
        subject.lists["cities"],
        [size(subject), population(subject), network(subject), came(subject), ways(subject)],
        of="cities_engaged",
    )


def _with(table: Table, maps: Sequence[Chart]) -> Table:
    """Return a table with maps, which are tinted by its rows."""
    return replace(table, charts=[*table.charts, *maps])


def _maps(subject: Subject) -> tuple[list[Chart], list[Chart]]:
    """Return the map of the United States and that of the world, where there is a city to show."""
    language = subject.language
    placed = [
        (city["country"], _place(subject, city))
        for city in subject.lists["cities"]
        if city["latitude"] is not None and city["longitude"] is not None
    ]
    everywhere = [place for _, place in placed]
    in_us = [place for country, place in placed if country == US]
    states = subject.figures["coverage_states"]["value"] or 0
    countries = subject.figures["coverage"]["value"] or 0
    us, around = [], []
    if in_us:
        title = language.text(
            "{cities} in {states}.",
            cities=language.counted("{count} US city", "{count} US cities", len(in_us)),
            states=language.counted("{count} US state", "{count} US states", states),
        )
        us.append(_map(subject, "map_us", title, in_us, "subdivision"))
    if everywhere:
        title = language.text(
            "{cities} in {countries}.",
            cities=language.counted("{count} city", "{count} cities", len(everywhere)),
            countries=language.counted("{count} country", "{count} countries", countries),
        )
        around.append(_map(subject, "map_world", title, everywhere, "country"))
    return us, around


def _place(subject: Subject, city: dict[str, object]) -> Place:
    cell = subject.city(city)
    region = f"{city['country']}-{city['subdivision']}" if city["subdivision"] else None
    return Place(
        name=str(cell.value),
        latitude=float(str(city["latitude"])),
        longitude=float(str(city["longitude"])),
        subdivision=region,
        href=cell.href,
    )


def _map(subject: Subject, kind: str, title: str, places: Sequence[Place], label: str) -> Chart:
    language = subject.language
    shown = len(places)
    unplaced = (subject.figures["cities_engaged"]["value"] or 0) - shown
    description = language.counted(
        "A map with a dot for {count} city; the table lists it.",
        "A map with a dot for each of {count} cities; the table lists them.",
        shown,
    )
    if kind == "map_world" and unplaced:
        more = language.counted(
            "{count} city is not on the map.", "{count} cities are not on the map.", unplaced
        )
        description = f"{description} {more}"
    return Chart(
        kind=kind,
        title=title,
        subtitle=subtitle(subject, "cities_engaged"),
        description=description,
        source=source(subject),
        label=label,
        value="cities_engaged",
        places=places,
    )
