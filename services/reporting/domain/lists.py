"""What a report lists beside its figures: cities by name, occurrences, works, themes by phase.

Everything here is part of the document, so that a published report shows for ever what it showed.
People are never listed, and a city that is not to be named appears in no list.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from typing import Any

from services.reporting.domain.breakdowns import UNKNOWN, network_row
from services.reporting.domain.cities import NETWORKS
from services.reporting.domain.dates import Dates
from services.reporting.domain.figures import (
    flow_of,
    lapsed_of,
    works_published,
    works_shared,
)
from services.reporting.domain.ground import Ground
from services.reporting.domain.occurrences import Occurrence, organisers_row
from services.reporting.domain.period import Period, quarter_of
from services.reporting.domain.population import size_class
from services.reporting.domain.small_numbers import hidden_at, registered

Json = dict[str, Any]


def lists(ground: Ground, period: Period) -> Json:
    """Return the lists of a period's report, each in the order in which it is printed."""
    epoch = ground.registry.parameters.partnership_epoch
    flows = flow_of(ground, period)
    came = {
        **dict.fromkeys(flows.new, "new"),
        **dict.fromkeys(flows.returning, "returning"),
        **dict.fromkeys(flows.reactivated, "reactivated"),
    }
    ways = _ways(ground, period.dates)
    last = _last_quarter(ground, Dates(period.span(epoch).first, period.previous().dates.last))
    return {
        "cities": _cities(ground, came, period, lambda each: {"came": came[each], **ways(each)}),
        "cities_not_repeated": _cities(ground, flows.not_repeated, period, last),
        "cities_left": _cities(ground, flows.left, period, last),
        "cities_lapsed": _cities(ground, lapsed_of(ground, period), period, last),
        "members_not_engaged": _cities(ground, _never_engaged(ground, period), period),
        "occurrences": _occurrences(ground, period.dates),
        "works": _works(ground, period.dates),
        "theme_by_phase": _theme_by_phase(ground.held(period.dates)),
    }


def _cities(
    ground: Ground,
    lineages: Iterable[str],
    period: Period,
    more: Callable[[str], Json] = lambda lineage: {},
) -> list[Json]:
    """Return cities in the order of their names; those not to be named are left out."""
    end = period.dates.last
    found = []
    for lineage in lineages:
        city = ground.cities.described(lineage, end)
        if city is not None and not city.named:
            continue
        shown = ground.cities.shown(lineage, end)
        found.append(
            {
                "city_id": shown,
                "name": city.name if city else None,
                "country": city.country if city else None,
                "subdivision": city.subdivision if city else None,
                "latitude": city.latitude if city else None,
                "longitude": city.longitude if city else None,
                "kind": city.kind if city else UNKNOWN,
                "population": city.population if city else None,
                "size_class": size_class(city.population if city else None),
                "urban": (city.urban if city else None) or UNKNOWN,
                "network": network_row(ground, lineage, period.dates),
                **more(lineage),
            }
        )
    return sorted(found, key=lambda city: (city["name"] or city["city_id"], city["city_id"]))


def _ways(ground: Ground, window: Dates) -> Callable[[str], Json]:
    ways: dict[str, set[str]] = defaultdict(set)
    for touch in ground.touches:
        if touch.on.lies_in(window):
            ways[touch.lineage].add(touch.way.value)
    return lambda lineage: {"ways": sorted(ways[lineage])}


def _last_quarter(ground: Ground, window: Dates) -> Callable[[str], Json]:
    last = ground.last_engaged(window)
    return lambda lineage: {"last_engaged": quarter_of(last[lineage].first).id}


def _never_engaged(ground: Ground, period: Period) -> frozenset[str]:
    """Return the members at the end of a period that have not been engaged so far."""
    members = (ground.cities.members(network, period.dates.last) for network in NETWORKS)
    so_far = ground.known_earlier(period) | ground.engaged(period.dates)
    return frozenset[str]().union(*members) - so_far


def _occurrences(ground: Ground, window: Dates) -> list[Json]:
    """Return all occurrences of a window; a small number of people stands as `Q`."""
    within = ground.within(window)
    hidden = hidden_at(ground, window)
    found = []
    for occurrence in within:
        activity, sitting = occurrence.activity, occurrence.sitting
        status = _attendance_status(occurrence, sitting in hidden.attendance)
        registrations_hidden = sitting in hidden.registrations
        found.append(
            {
                "activity_id": activity.activity_id,
                "occurrence": occurrence.state.occurrence,
                "title": activity.title,
                "kind": activity.kind,
                "organisers": organisers_row(activity.organisers),
                "leads": sorted(activity.organisers),
                "on": occurrence.on.stated(),
                "state": state_of(occurrence),
                "delivery": activity.delivery or UNKNOWN,
                "phase": activity.phase or UNKNOWN,
                "themes": list(activity.themes),
                "languages": list(activity.languages),
                "attendance": occurrence.attendance if status in ("A", "P") else None,
                "attendance_status": status,
                "registrations": None if registrations_hidden else registered(occurrence),
                "registrations_status": "Q" if registrations_hidden else "A",
            }
        )
    return found


def state_of(occurrence: Occurrence) -> str:
    """Return what became of it: held, cancelled, not_counted (broke off, or empty), scheduled."""
    if occurrence.held:
        return "held"
    if occurrence.cancelled:
        return "cancelled"
    return "not_counted" if occurrence.state.outcome == "held" else "scheduled"


def _attendance_status(occurrence: Occurrence, hidden: bool) -> str | None:
    """Return the SDMX status of its attendance; None where there is none to speak of."""
    if not occurrence.held:
        return None
    if hidden:
        return "Q"
    if occurrence.final:
        return "A"
    return "P" if occurrence.attendance else "O"


def _works(ground: Ground, window: Dates) -> list[Json]:
    """Return the works published or first shared within a window."""
    firsts = {first.resource_id: first for first in ground.first_shares}
    shared, published = set(works_shared(ground, window)), set(works_published(ground, window))
    listed = shared | published
    editions = Counter(edition.resource_id for edition in ground.knowledge.editions)
    delivered = ground.supplies.cities_by_work(window)
    found = []
    for work in sorted(ground.knowledge.works, key=lambda work: (work.on, work.resource_id)):
        if work.resource_id not in listed:
            continue
        first = firsts.get(work.resource_id)
        found.append(
            {
                "resource_id": work.resource_id,
                "title": work.title,
                "kind": work.kind,
                "publisher": work.publisher,
                "published_on": work.on.stated(),
                "shared_with": first.shared_with if first else None,
                "shared_on": first.on.stated() if first else None,
                "counts": [
                    name
                    for name, ids in (("published", published), ("shared", shared))
                    if work.resource_id in ids
                ],
                "languages": list(work.languages),
                "themes": list(work.themes),
                "editions": len(work.languages) + editions[work.resource_id],
                "cities_delivered": delivered[work.resource_id],
                "withdrawn_on": work.withdrawn_on.stated() if work.withdrawn_on else None,
            }
        )
    return found


def _theme_by_phase(held: Iterable[Occurrence]) -> dict[str, dict[str, int]]:
    """Count held occurrences by theme, each split by its one phase; an unknown is a row."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for occurrence in held:
        for theme in occurrence.activity.themes or (UNKNOWN,):
            counts[theme][occurrence.activity.phase or UNKNOWN] += 1
    return {theme: dict(sorted(counts[theme].items())) for theme in sorted(counts)}
