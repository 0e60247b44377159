"""The figures: each counted over a window of days, exactly as the registry words it."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from services.reporting.domain.cities import NETWORKS
from services.reporting.domain.dates import Dates
from services.reporting.domain.engagement import Flow, flow, lapsed
from services.reporting.domain.ground import Ground
from services.reporting.domain.knowledge import Uniques
from services.reporting.domain.numbers import percent
from services.reporting.domain.occurrences import Occurrence
from services.reporting.domain.period import Period
from services.reporting.domain.population import represented
from services.reporting.domain.works import Extent, extent

Value = int | float | None


@dataclass(frozen=True, slots=True)
class Measure:
    """A figure before it is put beside others: its value, and what else there is to say of it.

    Args:
        value: None when it cannot be computed, or may not be printed as a percentage.
        missing: whether None means that there is nothing to compute it from.
        bounds: the lowest and highest it can be, when that is not certain.
        lower_bound: whether the value is only known to be reached or passed.
    """

    value: Value
    detail: Mapping[str, Any] = field(default_factory=dict)
    missing: bool = False
    bounds: tuple[int, int] | None = None
    lower_bound: bool = False


def share(part: int, whole: int, part_name: str, whole_name: str) -> Measure:
    """Return a percentage with its two counts."""
    return Measure(
        percent(part, whole), detail={part_name: part, whole_name: whole}, missing=whole == 0
    )


def measures(ground: Ground, window: Dates) -> dict[str, Measure]:
    """Return every figure that has a meaning over any window."""
    return {metric: measure(ground, window) for metric, measure in OVER_A_WINDOW.items()}


def flow_measures(ground: Ground, period: Period) -> dict[str, Measure]:
    """Return the figures that compare a period with what came before it."""
    flows = flow_of(ground, period)
    return {
        "new": Measure(len(flows.new)),
        "returning": Measure(len(flows.returning)),
        "reactivated": Measure(len(flows.reactivated)),
        "not_repeated": Measure(len(flows.not_repeated)),
        "left": Measure(len(flows.left)),
        "retention": share(
            len(flows.retained), len(flows.retention_base), "engaged_again", "still_eligible"
        ),
        "lapsed": Measure(len(lapsed_of(ground, period))),
    }


def flow_of(ground: Ground, period: Period) -> Flow:
    """Return the cities that came into a period and those that did not."""
    return flow(
        ground.engaged(period.dates),
        ground.engaged(period.previous().dates),
        ground.known_earlier(period),
        has_left(ground, period.dates),
    )


def lapsed_of(ground: Ground, period: Period) -> frozenset[str]:
    """Return the cities to follow up after a period."""
    return lapsed(
        ground.engaged(period.dates),
        ground.engaged(period.four_quarters_before),
        has_left(ground, period.dates),
    )


def has_left(ground: Ground, window: Dates) -> Callable[[str], bool]:
    """Return the question whether a city is no longer eligible at the end of a window."""
    return lambda lineage: ground.cities.left(lineage, window.last)


def _cities_engaged(ground: Ground, window: Dates) -> Measure:
    engaged = ground.engaged(window)
    described = [ground.cities.described(lineage, window.last) for lineage in engaged]
    not_named = sum(city is not None and not city.named for city in described)
    return Measure(len(engaged), {"not_named": not_named} if not_named else {})


def _cities_engaged_broad(ground: Ground, window: Dates) -> Measure:
    broad = ground.broadly_engaged(window)
    return Measure(len(broad), {"by_resources_only": len(broad - ground.engaged(window))})


def _webinars_held(ground: Ground, window: Dates) -> Measure:
    return _sessions(ground, window, lambda occurrence: occurrence.activity.kind == "webinar")


def _activities_held(ground: Ground, window: Dates) -> Measure:
    return _sessions(ground, window, lambda occurrence: True)


def _sessions(ground: Ground, window: Dates, wanted: Callable[[Occurrence], bool]) -> Measure:
    held = [occurrence for occurrence in ground.held(window) if wanted(occurrence)]
    called_off = [
        occurrence
        for occurrence in ground.within(window)
        if occurrence.cancelled and wanted(occurrence)
    ]
    detail = {
        "sessions": len(held),
        "titles": len({occurrence.activity.activity_id for occurrence in held}),
        "cancelled": len(called_off),
        "cancelled_registrations": sum(
            occurrence.registrations_cancelled for occurrence in called_off
        ),
    }
    return Measure(len(held), detail)


def _resources_shared(ground: Ground, window: Dates) -> Measure:
    return _works(ground, window, works_shared(ground, window))


def works_shared(ground: Ground, window: Dates) -> list[str]:
    """Return the works first shared within a window."""
    return [first.resource_id for first in ground.first_shares if first.on.lies_in(window)]


def _resources_published(ground: Ground, window: Dates) -> Measure:
    measure = _works(ground, window, works_published(ground, window))
    to_the_year = sum(
        work.on.may_lie_in(window) and not work.on.lies_in(window)
        for work in ground.knowledge.works
    )
    return Measure(measure.value, {**measure.detail, "dated_to_year_only": to_the_year})


def works_published(ground: Ground, window: Dates) -> list[str]:
    """Return the works whose publication date lies in a window."""
    return [work.resource_id for work in ground.knowledge.works if work.on.lies_in(window)]


def _works(ground: Ground, window: Dates, resource_ids: list[str]) -> Measure:
    reach: Extent = extent(resource_ids, ground.knowledge.works, ground.knowledge.editions, window)
    return Measure(
        reach.works,
        {"editions": reach.editions, "languages": list(reach.languages)},
    )


def _resource_deliveries(ground: Ground, window: Dates) -> Measure:
    supplies = ground.supplies
    downloads, attributed = supplies.downloads(window)
    return Measure(
        supplies.cities_by_work(window).total(),
        {
            "deliveries_unattributed": supplies.deliveries_unattributed(window),
            "downloads": downloads,
            "downloads_attributed": attributed,
        },
    )


def _registrations(ground: Ground, window: Dates) -> Measure:
    return Measure(
        sum(
            occurrence.turnout.registrations
            for occurrence in ground.within(window)
            if not occurrence.cancelled
        )
    )


def _attendance(ground: Ground, window: Dates) -> Measure:
    held = ground.held(window)
    persons = sum(occurrence.turnout.attended for occurrence in held)
    detail: dict[str, Any] = {
        "people": persons,
        "count_only": sum(occurrence.count_only for occurrence in held),
        "unattributed": persons - ground.attributed(window),
    }
    erased = sum(occurrence.turnout.erased for occurrence in held)
    if erased:
        detail["erased"] = erased
    return Measure(sum(occurrence.attendance for occurrence in held), detail)


def _uniques(ground: Ground, window: Dates) -> Uniques:
    return ground.knowledge.uniques.get(window, Uniques())


def _attendees_unique(ground: Ground, window: Dates) -> Measure:
    uniques = _uniques(ground, window)
    weak_share = percent(uniques.weak, uniques.attendees)
    limit = ground.registry.parameters.weak_percent_max
    detail = {"weak": uniques.weak}
    if weak_share is None or 100 * uniques.weak <= limit * uniques.attendees:
        return Measure(uniques.attendees, detail)
    # Every weakly known person might be one of the others; somebody there was in any case.
    low = max(uniques.attendees - uniques.weak, 1)
    return Measure(uniques.attendees, detail, bounds=(low, uniques.attendees))


def _attendance_rate(ground: Ground, window: Dates) -> Measure:
    settled = [o for o in ground.held(window) if o.state.final_roll_at is not None]
    return share(
        sum(occurrence.turnout.attended_registered for occurrence in settled),
        sum(occurrence.turnout.registrations for occurrence in settled),
        "attended_registered",
        "registrations",
    )


def _walk_ins(ground: Ground, window: Dates) -> Measure:
    return Measure(_uniques(ground, window).walk_ins)


def _late_viewers(ground: Ground, window: Dates) -> Measure:
    return Measure(_uniques(ground, window).late_viewers)


def _population_represented(ground: Ground, window: Dates) -> Measure:
    residents = represented(ground.engaged(window), ground.cities, window.last)
    source, year = residents.vintage or (None, None)
    return Measure(
        residents.total,
        {
            "source": source,
            "year": year,
            "cities_counted": len(residents.counted),
            "cities_inside_another": len(residents.inside),
            "cities_unknown": len(residents.unknown),
        },
        missing=residents.total is None,
        lower_bound=bool(residents.unknown) and residents.total is not None,
    )


def _member_share(ground: Ground, window: Dates) -> Measure:
    engaged = ground.engaged(window)
    base_min = ground.registry.parameters.member_base_min
    members = {network: ground.cities.members(network, window.last) for network in NETWORKS}
    of_any = frozenset[str]().union(*members.values())

    def counts(of: frozenset[str]) -> dict[str, Any]:
        both = len(of & engaged)
        printed = percent(both, len(of)) if len(of) >= base_min else None
        return {"engaged": both, "members": len(of), "percent": printed}

    overall = counts(of_any)
    return Measure(
        overall["percent"],
        {
            **{network: counts(members[network]) for network in NETWORKS},
            "any": overall,
            "non_members_engaged": len(engaged - of_any),
        },
    )


@dataclass(frozen=True, slots=True)
class Covered:
    """The places with at least one engaged city."""

    countries: frozenset[str]
    states: frozenset[str]
    district: bool
    territories: frozenset[str]


def covered(ground: Ground, engaged: Iterable[str], window: Dates) -> Covered:
    """Return the countries, and the parts of the United States, of some cities."""
    places = ground.registry.places
    described = [ground.cities.described(lineage, window.last) for lineage in engaged]
    known = [city for city in described if city is not None]
    within_us = {city.subdivision for city in known if city.country == "US" and city.subdivision}
    countries = frozenset(city.country for city in known)
    # Gazetteers file the territories under the United States or as countries of their own.
    return Covered(
        countries=countries,
        states=frozenset(within_us & set(places.states)),
        district=places.district in within_us,
        territories=frozenset((within_us | countries) & set(places.territories)),
    )


def _coverage(ground: Ground, window: Dates) -> Measure:
    reached = covered(ground, ground.engaged(window), window)
    places = ground.registry.places
    return Measure(
        len(reached.countries),
        {"countries": sorted(reached.countries), "countries_total": places.countries_total},
    )


def _coverage_states(ground: Ground, window: Dates) -> Measure:
    reached = covered(ground, ground.engaged(window), window)
    places = ground.registry.places
    return Measure(
        len(reached.states),
        {
            "states": sorted(reached.states),
            "states_total": len(places.states),
            "dc": int(reached.district),
            "territories": sorted(reached.territories),
            "territories_total": len(places.territories),
        },
    )


def _attribution_rate(ground: Ground, window: Dates) -> Measure:
    held = ground.held(window)
    attendance = sum(occurrence.attendance for occurrence in held)
    return share(ground.attributed(window), attendance, "attributed", "attendance")


def _timeliness(ground: Ground, window: Dates) -> Measure:
    held = ground.held(window)
    return share(sum(occurrence.timely for occurrence in held), len(held), "in_time", "held")


def _completeness(ground: Ground, window: Dates) -> Measure:
    held = ground.held(window)
    return share(sum(occurrence.final for occurrence in held), len(held), "final", "held")


OVER_A_WINDOW: dict[str, Callable[[Ground, Dates], Measure]] = {
    "cities_engaged": _cities_engaged,
    "cities_engaged_broad": _cities_engaged_broad,
    "webinars_held": _webinars_held,
    "activities_held": _activities_held,
    "resources_shared": _resources_shared,
    "resources_published": _resources_published,
    "resource_deliveries": _resource_deliveries,
    "registrations": _registrations,
    "attendance": _attendance,
    "attendees_unique": _attendees_unique,
    "attendance_rate": _attendance_rate,
    "walk_ins": _walk_ins,
    "late_viewers": _late_viewers,
    "population_represented": _population_represented,
    "member_share": _member_share,
    "coverage": _coverage,
    "coverage_states": _coverage_states,
    "attribution_rate": _attribution_rate,
    "timeliness": _timeliness,
    "completeness": _completeness,
}
