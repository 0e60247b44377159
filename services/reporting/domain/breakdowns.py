"""The rows behind the figures: by network, place, size, organiser, kind and so on."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from services.reporting.domain.dates import Dates
from services.reporting.domain.ground import Ground
from services.reporting.domain.knowledge import CityPresence, Work
from services.reporting.domain.occurrences import ORGANISER_ROWS, Occurrence, organisers_row
from services.reporting.domain.period import quarters_within
from services.reporting.domain.population import size_class
from services.reporting.domain.suppression import suppressed, suppressed_across
from services.reporting.domain.works import Shared

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

CITY_DIMENSIONS = ("network", "country", "subdivision", "size_class", "urban", "kind")
SITTING_DIMENSIONS = ("organisers", "kind", "theme", "phase", "delivery", "language")
WORK_DIMENSIONS = ("shared_with", "publisher", "kind", "theme", "language")
ALWAYS = {"network": NETWORK_ROWS, "organisers": ORGANISER_ROWS}
"""Rows that are printed in this order, also when nothing stands in them."""

Rows = Mapping[str, int | None]
Places = Mapping[str, tuple[str, ...]]
"""The rows in which one thing stands, by dimension."""


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
    broad = [city_rows(ground, each, window) for each in sorted(ground.broadly_engaged(window))]
    return Breakdowns(
        {
            "cities_engaged": _over(
                (city_rows(ground, each, window) for each in sorted(ground.engaged(window))),
                CITY_DIMENSIONS,
            ),
            "cities_engaged_broad": _over(broad, ("network",)),
            "webinars_held": _over(map(sitting_rows, webinars), SITTING_DIMENSIONS),
            "activities_held": _over(map(sitting_rows, held), SITTING_DIMENSIONS),
            "attendance": _people_printed(ground, window, _attendance),
            "registrations": _people_printed(ground, window, _registrations),
            "resources_shared": _over(
                (
                    work_rows(first, ground.work(first.resource_id))
                    for first in ground.first_shares
                    if first.on.lies_in(window)
                ),
                WORK_DIMENSIONS,
            ),
        },
        OVERLAPPING,
    )


def network_row(ground: Ground, lineage: str, window: Dates) -> str:
    """Return the row of a city by the networks it belongs to at the end of a window."""
    networks = ground.cities.networks(lineage, window.last)
    if len(networks) > 1:
        return "both"
    return next(iter(networks), "neither")


def city_rows(ground: Ground, lineage: str, window: Dates) -> Places:
    """Return the rows in which a city stands, by dimension, as it is at the end of a window."""
    city = ground.cities.described(lineage, window.last)
    subdivision = city and city.subdivision
    return {
        "network": (network_row(ground, lineage, window),),
        "country": (city.country if city else UNKNOWN,),
        "subdivision": (f"{city.country}-{subdivision}",) if city and subdivision else (),
        "size_class": (size_class(city.population if city else None),),
        "urban": ((city.urban if city else None) or UNKNOWN,),
        "kind": (city.kind if city else UNKNOWN,),
    }


def sitting_rows(occurrence: Occurrence) -> Places:
    """Return the rows in which an occurrence stands, by dimension."""
    activity = occurrence.activity
    return {
        "organisers": (organisers_row(activity.organisers),),
        "kind": (activity.kind,),
        "theme": activity.themes or (UNKNOWN,),
        "phase": (activity.phase or UNKNOWN,),
        "delivery": (activity.delivery or UNKNOWN,),
        "language": activity.languages or (UNKNOWN,),
    }


def work_rows(first: Shared | None, work: Work | None) -> Places:
    """Return the rows in which a work stands, by dimension; some are not known yet."""
    return {
        "shared_with": (first.shared_with,) if first else (),
        "publisher": (work.publisher,) if work else (),
        "kind": (work.kind,) if work else (),
        "theme": (work.themes or (UNKNOWN,)) if work else (),
        "language": work.languages if work else (),
    }


def place_of(ground: Ground, presence: CityPresence, window: Dates) -> tuple[str, str | None]:
    """Return the rows of a presence by country and by subdivision, which some have none of."""
    city_id = ground.cities.resolve(presence.city, presence.on)
    if city_id is None:
        return UNATTRIBUTED, None
    city = ground.cities.described(ground.cities.lineage(city_id), window.last)
    if city is None:
        return UNKNOWN, None
    return city.country, f"{city.country}-{city.subdivision or UNKNOWN}"


def _over(things: Iterable[Places], dimensions: tuple[str, ...]) -> dict[str, Rows]:
    """Return how many things stand in each row of each dimension."""
    placed = list(things)
    return {
        dimension: _counted(
            (row for places in placed for row in places[dimension]), ALWAYS.get(dimension, ())
        )
        for dimension in dimensions
    }


def _attendance(ground: Ground, window: Dates) -> dict[str, Counter[str]]:
    """Count attendance by row."""
    country: Counter[str] = Counter()
    subdivision: Counter[str] = Counter()
    position: Counter[str] = Counter(dict.fromkeys(POSITION_ROWS, 0))
    organisers: Counter[str] = Counter(dict.fromkeys(ORGANISER_ROWS, 0))
    kind: Counter[str] = Counter()
    for occurrence in ground.held(window):
        organisers[organisers_row(occurrence.activity.organisers)] += occurrence.attendance
        kind[occurrence.activity.kind] += occurrence.attendance
        country[UNATTRIBUTED] += occurrence.count_only
        position[UNKNOWN] += occurrence.count_only
        for name, attended in occurrence.turnout.positions:
            position[name or UNKNOWN] += attended
    for presence in ground.presences(window):
        if not presence.attended:
            continue
        of_country, of_subdivision = place_of(ground, presence, window)
        country[of_country] += presence.attended
        if of_subdivision is not None:
            # The row for "no subdivision known" is there in each country, so that a single
            # small row of a country is never the whole of it.
            subdivision[f"{of_country}-{UNKNOWN}"] += 0
            subdivision[of_subdivision] += presence.attended
    return {
        "country": country,
        "subdivision": subdivision,
        "position": position,
        "organisers": organisers,
        "kind": kind,
    }


def _registrations(ground: Ground, window: Dates) -> dict[str, Counter[str]]:
    """Count registrations by row."""
    organisers: Counter[str] = Counter(dict.fromkeys(ORGANISER_ROWS, 0))
    kind: Counter[str] = Counter()
    for occurrence in ground.within(window):
        if not occurrence.cancelled:
            registrations = occurrence.turnout.registrations
            organisers[organisers_row(occurrence.activity.organisers)] += registrations
            kind[occurrence.activity.kind] += registrations
    return {"organisers": organisers, "kind": kind}


def _people_printed(
    ground: Ground,
    window: Dates,
    count: Callable[[Ground, Dates], Mapping[str, Counter[str]]],
) -> dict[str, Rows]:
    """Return counts of people by row; only the country is coarse enough to print every number.

    What is hidden in a quarter is hidden in a year that holds it, because the year less its other
    quarters would give it back.
    """
    shown_min = ground.registry.parameters.people_shown_min
    quarters = quarters_within(window)
    of_quarters = [count(ground, quarter.dates) for quarter in quarters if len(quarters) > 1]
    printed: dict[str, Rows] = {}
    for dimension, counts in count(ground, window).items():
        if dimension == "country":
            printed[dimension] = _sorted({row: n for row, n in counts.items() if n})
            continue
        group_of = _country_of if dimension == "subdivision" else _whole
        hidden = frozenset[str]().union(
            *(suppressed(each[dimension], shown_min, group_of) for each in of_quarters)
        )
        hidden = suppressed_across(counts, shown_min, [group_of], hidden & counts.keys())
        # In order of their names: an order by size would tell something of a count not printed.
        printed[dimension] = {row: None if row in hidden else counts[row] for row in sorted(counts)}
    return printed


def _country_of(row: str) -> str:
    return row.partition("-")[0]


def _whole(row: str) -> str:
    return ""


def _counted(rows: Iterable[str], always: tuple[str, ...] = ()) -> Rows:
    counts = Counter(rows)
    first = {row: counts[row] for row in always}
    return {**first, **_sorted({row: n for row, n in counts.items() if row not in first})}


def _sorted(counts: Mapping[str, int]) -> dict[str, int]:
    """Put the rows in order: largest first, equals by name, the unknown last."""
    last = (UNKNOWN, UNATTRIBUTED)
    return dict(sorted(counts.items(), key=lambda row: (row[0] in last, -row[1], row[0])))
