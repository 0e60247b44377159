"""Where the engaged cities are: by country and state, on maps, and each by name."""

from collections.abc import Sequence

from services.reporting.presentation.composing.breakdowns import breakdown, source, subtitle
from services.reporting.presentation.composing.cities import (
    came,
    cities,
    network,
    population,
    size,
    ways,
)
from services.reporting.presentation.composing.subject import Json, Subject
from services.reporting.presentation.sheet import Chart, Place, Section, Table

US = "US"


def where(subject: Subject) -> Section:
    """Return places by number of engaged cities, the maps, and the cities."""
    text = subject.language.text
    return Section(
        id="where",
        title=text("Where"),
        tables=[
            breakdown(
                subject,
                "countries",
                text("Cities engaged by country"),
                text("Country"),
                "country",
                ["cities_engaged"],
                sums=True,
                note=_denominator(subject),
                charts=_world(subject),
                chart=True,
            ),
            breakdown(
                subject,
                "subdivisions",
                text("Cities engaged by state or region"),
                text("State or region"),
                "subdivision",
                ["cities_engaged"],
                note=_of_states(subject),
                charts=_united_states(subject),
                chart=True,
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


def _world(subject: Subject) -> list[Chart]:
    language = subject.language
    places = [_place(subject, city) for city in _placed(subject)]
    if not places:
        return []
    countries = subject.figures["coverage"]["value"] or 0
    engaged = subject.figures["cities_engaged"]["value"]
    title = language.text(
        "{cities} in {countries}.",
        cities=language.counted("{count} city", "{count} cities", engaged),
        countries=language.counted("{count} country", "{count} countries", countries),
    )
    return [_map(subject, "map_world", "country", title, places, engaged)]


def _united_states(subject: Subject) -> list[Chart]:
    language = subject.language
    places = [_place(subject, city) for city in _placed(subject) if city["country"] == US]
    if not places:
        return []
    states = subject.figures["coverage_states"]["value"] or 0
    engaged = subject.rows("cities_engaged", "country").get(US) or 0
    title = language.text(
        "United States: {cities}, {states} of {total} states.",
        cities=language.counted("{count} city", "{count} cities", engaged),
        states=language.number(states),
        total=language.number(subject.detail("coverage_states", "states_total")),
    )
    return [_map(subject, "map_us", "subdivision", title, places, engaged)]


def _placed(subject: Subject) -> list[Json]:
    """Return the cities of which it is known where they lie."""
    return [
        city
        for city in subject.lists["cities"]
        if city["latitude"] is not None and city["longitude"] is not None
    ]


def _place(subject: Subject, city: Json) -> Place:
    cell = subject.city(city)
    region = f"{city['country']}-{city['subdivision']}" if city["subdivision"] else None
    return Place(
        name=str(cell.value),
        latitude=city["latitude"],
        longitude=city["longitude"],
        subdivision=region,
        href=cell.href,
    )


def _map(
    subject: Subject, kind: str, label: str, title: str, places: Sequence[Place], engaged: int
) -> Chart:
    """Return a map of cities; those of no known place, or not to be named, are said to be off."""
    language = subject.language
    description = language.counted(
        "A map with a dot for {count} city; the table of cities names it.",
        "A map with a dot for each of {count} cities; the table of cities names them.",
        len(places),
    )
    if engaged > len(places):
        more = language.counted(
            "{count} city is not on the map.",
            "{count} cities are not on the map.",
            engaged - len(places),
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
