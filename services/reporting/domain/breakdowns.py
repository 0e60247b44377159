"""The rows behind the figures: by network, place, size, organiser, kind and so on."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from services.reporting.domain.dates import Dates
from services.reporting.domain.ground import Ground
from services.reporting.domain.occurrences import ORGANISER_ROWS, Occurrence, organisers_row
from services.reporting.domain.population import size_class
from services.reporting.domain.suppression import suppressed

UNKNOWN = "unknown"
UNATTRIBUTED = "unattributed"
NETWORK_ROWS = ("NLC", "SCN", "both", "neither")
POSITION_ROWS = ("elected", "staff", "police", "civil_society", "other", UNKNOWN)

OVERLAPPING = (
    "webinars_held.theme",
    "webinars_held.language",
    "activities_held.theme",
    "activities_held.language",
    "resources_shared.theme",
    "resources_shared.language",
)

Rows = Mapping[str, int | None]


@dataclass(frozen=True, slots=True)
class Breakdowns:
    """The rows of each figure by dimension.

    Args:
        rows: figure, dimension, row, value; None where a small number of people is not printed.
        overlapping: "figure.dimension" whose rows may count a thing twice, so they do not sum up.
    """

    rows: Mapping[str, Mapping[str, Rows]]
    overlapping: tuple[str, ...]

    def hidden(self) -> dict[str, dict[str, list[str]]]:
        """Return the names of the rows that are not printed, by figure and dimension."""
        found: dict[str, dict[str, list[str]]] = {}
        for metric, dimensions in self.rows.items():
            for dimension, rows in dimensions.items():
                names = [row for row, value in rows.items() if value is None]
                if names:
                    found.setdefault(metric, {})[dimension] = names
        return found


def breakdowns(ground: Ground, window: Dates) -> Breakdowns:
    """Return the rows behind the figures of a window."""
    held = ground.held(window)
    webinars = [occurrence for occurrence in held if occurrence.activity.kind == "webinar"]
    return Breakdowns(
        {
            "cities_engaged": _by_city(ground, ground.engaged(window), window),
            "cities_engaged_broad": {
                "network": _by_network(ground, ground.broadly_engaged(window), window)
            },
            "webinars_held": _by_sitting(webinars),
            "activities_held": _by_sitting(held),
            "attendance": _attendance(ground, held, window),
            "registrations": _registrations(ground, window),
            "resources_shared": _resources(ground, window),
        },
        OVERLAPPING,
    )


def network_row(ground: Ground, lineage: str, window: Dates) -> str:
    """Return the row of a city by the networks it belongs to at the end of a window."""
    networks = ground.cities.networks(lineage, window.last)
    if len(networks) > 1:
        return "both"
    return next(iter(networks), "neither")


def _by_network(ground: Ground, lineages: Iterable[str], window: Dates) -> Rows:
    return _counted((network_row(ground, each, window) for each in lineages), NETWORK_ROWS)


def _by_city(ground: Ground, engaged: frozenset[str], window: Dates) -> dict[str, Rows]:
    described = [ground.cities.described(lineage, window.last) for lineage in sorted(engaged)]
    return {
        "network": _by_network(ground, engaged, window),
        "country": _counted(city.country if city else UNKNOWN for city in described),
        "subdivision": _counted(
            f"{city.country}-{city.subdivision}"
            for city in described
            if city is not None and city.subdivision is not None
        ),
        "size_class": _counted(size_class(city.population if city else None) for city in described),
        "urban": _counted((city.urban if city else None) or UNKNOWN for city in described),
        "kind": _counted(city.kind if city else UNKNOWN for city in described),
    }


def _by_sitting(held: Iterable[Occurrence]) -> dict[str, Rows]:
    activities = [occurrence.activity for occurrence in held]
    return {
        "organisers": _counted(
            (organisers_row(activity.organisers) for activity in activities), ORGANISER_ROWS
        ),
        "kind": _counted(activity.kind for activity in activities),
        "theme": _counted(
            theme for activity in activities for theme in activity.themes or (UNKNOWN,)
        ),
        "phase": _counted(activity.phase or UNKNOWN for activity in activities),
        "delivery": _counted(activity.delivery or UNKNOWN for activity in activities),
        "language": _counted(
            language for activity in activities for language in activity.languages or (UNKNOWN,)
        ),
    }


def _attendance(ground: Ground, held: list[Occurrence], window: Dates) -> dict[str, Rows]:
    """Count attendance by row; only the country is coarse enough to print every number."""
    country: Counter[str] = Counter()
    subdivision: Counter[str] = Counter()
    position: Counter[str] = Counter(dict.fromkeys(POSITION_ROWS, 0))
    organisers: Counter[str] = Counter(dict.fromkeys(ORGANISER_ROWS, 0))
    kind: Counter[str] = Counter()
    for occurrence in held:
        organisers[organisers_row(occurrence.activity.organisers)] += occurrence.attendance
        kind[occurrence.activity.kind] += occurrence.attendance
        country[UNATTRIBUTED] += occurrence.count_only
        position[UNKNOWN] += occurrence.count_only
        for name, attended in occurrence.turnout.positions:
            position[name or UNKNOWN] += attended
    for presence in ground.presences(window):
        if not presence.attended:
            continue
        city_id = ground.cities.resolve(presence.city, presence.on)
        city = city_id and ground.cities.described(ground.cities.lineage(city_id), window.last)
        if city_id is None:
            country[UNATTRIBUTED] += presence.attended
        elif not city:
            country[UNKNOWN] += presence.attended
        else:
            country[city.country] += presence.attended
            # The row for "no subdivision known" is there in each country, so that a single
            # small row of a country is never the whole of it.
            subdivision[f"{city.country}-{UNKNOWN}"] += 0
            subdivision[f"{city.country}-{city.subdivision or UNKNOWN}"] += presence.attended
    shown_min = ground.registry.parameters.people_shown_min
    return {
        "country": _sorted({row: count for row, count in country.items() if count}),
        "subdivision": _printed(subdivision, shown_min, lambda row: row.partition("-")[0]),
        "position": _printed(position, shown_min),
        "organisers": _printed(organisers, shown_min),
        "kind": _printed(kind, shown_min),
    }


def _registrations(ground: Ground, window: Dates) -> dict[str, Rows]:
    organisers: Counter[str] = Counter(dict.fromkeys(ORGANISER_ROWS, 0))
    kind: Counter[str] = Counter()
    for occurrence in ground.within(window):
        if not occurrence.cancelled:
            registrations = occurrence.turnout.registrations
            organisers[organisers_row(occurrence.activity.organisers)] += registrations
            kind[occurrence.activity.kind] += registrations
    shown_min = ground.registry.parameters.people_shown_min
    return {
        "organisers": _printed(organisers, shown_min),
        "kind": _printed(kind, shown_min),
    }


def _resources(ground: Ground, window: Dates) -> dict[str, Rows]:
    shared = [first for first in ground.first_shares if first.on.lies_in(window)]
    works = {work.resource_id: work for work in ground.knowledge.works}
    known = [works[first.resource_id] for first in shared if first.resource_id in works]
    return {
        "shared_with": _counted(first.shared_with for first in shared),
        "publisher": _counted(work.publisher for work in known),
        "kind": _counted(work.kind for work in known),
        "theme": _counted(theme for work in known for theme in work.themes or (UNKNOWN,)),
        "language": _counted(language for work in known for language in work.languages),
    }


def _counted(rows: Iterable[str], always: tuple[str, ...] = ()) -> Rows:
    counts = Counter(rows)
    first = {row: counts[row] for row in always}
    return {**first, **_sorted({row: n for row, n in counts.items() if row not in first})}


def _sorted(counts: Mapping[str, int]) -> dict[str, int]:
    """Put the rows in order: largest first, equals by name, the unknown last."""
    last = (UNKNOWN, UNATTRIBUTED)
    return dict(sorted(counts.items(), key=lambda row: (row[0] in last, -row[1], row[0])))


def _printed(
    counts: Mapping[str, int], shown_min: int, group_of: Callable[[str], str] = lambda row: ""
) -> Rows:
    # In order of their names: an order by size would tell something of a count not printed.
    hidden = suppressed(counts, shown_min, group_of)
    return {row: None if row in hidden else counts[row] for row in sorted(counts)}
