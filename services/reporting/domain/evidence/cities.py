"""Cities, and places with cities, that a figure counts."""

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from typing import Any

from services.reporting.domain.breakdowns import city_rows
from services.reporting.domain.cities import NETWORKS, Cities
from services.reporting.domain.evidence.item import (
    INSIDE_ANOTHER,
    POPULATION_UNKNOWN,
    Item,
    Json,
    Question,
)
from services.reporting.domain.figures import covered, flow_of, lapsed_of
from services.reporting.domain.ground import Ground
from services.reporting.domain.population import represented
from services.reporting.domain.touches import Touch, last_touch


def city_json(cities: Cities, lineage: str, day: date) -> dict[str, Any]:
    """Return a city as printed; one that is not to be named keeps only its place in the count."""
    city = cities.described(lineage, day)
    if city is None:
        return {"city_id": cities.shown(lineage, day), "name": None, "named": True}
    if not city.named:
        return {"city_id": None, "name": None, "named": False}
    return {
        "city_id": city.city_id,
        "name": city.name,
        "country": city.country,
        "subdivision": city.subdivision,
        "latitude": city.latitude,
        "longitude": city.longitude,
        "named": True,
    }


def _cities(
    question: Question,
    lineages: Iterable[str],
    touches: Sequence[Touch],
    counted: Callable[[str], int] = lambda lineage: 1,
    of: Callable[[str], int | None] = lambda lineage: None,
    more: Callable[[str], Json] = lambda lineage: {},
) -> list[Item]:
    """Return cities by name; those not named come last."""
    cities, end = question.ground.cities, question.end
    own: dict[str, list[Touch]] = {}
    for touch in touches:
        own.setdefault(touch.lineage, []).append(touch)
    found = []
    for lineage in sorted(lineages):
        said = city_json(cities, lineage, end)
        reached = tuple(sorted(own.get(lineage, ()), key=_touch_order))
        shown = [touch_json(question.ground, touch) for touch in reached] if said["named"] else []
        found.append(
            Item(
                key=lineage,
                rows=city_rows(question.ground, lineage, question.period.dates),
                said={"city": said, "touches": shown, **more(lineage)},
                counted=counted(lineage),
                of=of(lineage),
                touches=reached if said["named"] else (),
                lineage=lineage,
            )
        )
    return sorted(found, key=lambda item: _name_order(item.said["city"]))


def _touch_order(touch: Touch) -> tuple[Any, ...]:
    return touch.on, touch.way, touch.sitting or (), touch.resource_id or ""


def _name_order(city: Json) -> tuple[bool, str, str]:
    return not city["named"], city["name"] or "", city["city_id"] or ""


def touch_json(ground: Ground, touch: Touch) -> dict[str, Any]:
    """Return a touch as printed."""
    document: dict[str, Any] = {"way": touch.way.value, "on": touch.on.stated()}
    if touch.sitting is not None:
        activity = ground.knowledge.activities.get(touch.sitting[0])
        document["activity_id"], document["occurrence"] = touch.sitting
        document["title"] = activity.title if activity else None
    if touch.resource_id is not None:
        document["resource_id"] = touch.resource_id
    return document


def within(question: Question, touches: Iterable[Touch]) -> list[Touch]:
    """Return the touches within the period."""
    return [touch for touch in touches if touch.on.lies_in(question.period.dates)]


def _core(question: Question) -> list[Touch]:
    return within(question, question.ground.touches)


def _core_before(question: Question) -> list[Touch]:
    before = question.period.previous().dates
    return [touch for touch in question.ground.touches if touch.on.lies_in(before)]


def engaged(question: Question) -> list[Item]:
    """Return the engaged cities."""
    return _cities(question, question.ground.engaged(question.period.dates), _core(question))


def engaged_broad(question: Question) -> list[Item]:
    """Return the cities reached in any way."""
    touches = _core(question) + within(question, question.ground.broad_touches)
    return _cities(question, question.ground.broadly_engaged(question.period.dates), touches)


def population(question: Question) -> list[Item]:
    """Return the engaged cities with their residents, also those that add none."""
    engaged = question.ground.engaged(question.period.dates)
    residents = represented(engaged, question.ground.cities, question.end)

    def more(lineage: str) -> Json:
        if lineage in residents.inside:
            return {"left_out": INSIDE_ANOTHER}
        return {"left_out": POPULATION_UNKNOWN} if lineage in residents.unknown else {}

    return _cities(
        question,
        engaged,
        _core(question),
        counted=lambda lineage: residents.counted.get(lineage, 0),
        more=more,
    )


def members(question: Question) -> list[Item]:
    """Return the members, engaged or not."""
    cities, end = question.ground.cities, question.end
    engaged = question.ground.engaged(question.period.dates)
    members = frozenset[str]().union(*(cities.members(network, end) for network in NETWORKS))
    return _cities(
        question,
        members,
        _core(question),
        counted=lambda lineage: int(lineage in engaged),
        of=lambda lineage: 1,
        more=lambda lineage: {"networks": sorted(cities.networks(lineage, end))},
    )


def new(question: Question) -> list[Item]:
    """Return the cities engaged for the first time."""
    return _cities(question, flow_of(question.ground, question.period).new, _core(question))


def returning(question: Question) -> list[Item]:
    """Return the cities engaged in the period before, too."""
    touches = _core_before(question) + _core(question)
    return _cities(question, flow_of(question.ground, question.period).returning, touches)


def reactivated(question: Question) -> list[Item]:
    """Return the cities engaged earlier, but not in the period before."""
    return _cities(
        question, flow_of(question.ground, question.period).reactivated, question.ground.touches
    )


def not_repeated(question: Question) -> list[Item]:
    """Return the cities engaged in the period before only, and still eligible."""
    flows = flow_of(question.ground, question.period)
    return _cities(question, flows.not_repeated, _core_before(question))


def left(question: Question) -> list[Item]:
    """Return those no longer eligible."""
    return _cities(question, flow_of(question.ground, question.period).left, _core_before(question))


def retention(question: Question) -> list[Item]:
    """Return the cities of the period before that are still eligible."""
    flows = flow_of(question.ground, question.period)
    return _cities(
        question,
        flows.retention_base,
        _core_before(question) + _core(question),
        counted=lambda lineage: int(lineage in flows.retained),
        of=lambda lineage: 1,
    )


def lapsed(question: Question) -> list[Item]:
    """Return the cities to follow up, with the last touch of each."""
    ground, window = question.ground, question.period.four_quarters_before
    touches = [touch for touch in ground.touches if touch.on.lies_in(window)]

    def more(lineage: str) -> Json:
        last = last_touch(touches, lineage, window)
        return {"last_touch": last.on.stated() if last else None}

    return _cities(question, lapsed_of(ground, question.period), touches, more=more)


def _places(question: Question, row: Callable[[frozenset[str]], frozenset[str]]) -> list[Item]:
    """Return the places that some engaged city covers, each with these cities."""
    ground, window = question.ground, question.period.dates
    by_place: dict[str, list[str]] = {}
    for lineage in sorted(ground.engaged(window)):
        for place in sorted(row(frozenset({lineage}))):
            by_place.setdefault(place, []).append(lineage)
    return [
        Item(
            key=place,
            said={
                "place": place,
                "cities": [
                    city_json(ground.cities, lineage, question.end) for lineage in by_place[place]
                ],
            },
            counted=1,
        )
        for place in sorted(by_place)
    ]


def countries(question: Question) -> list[Item]:
    """Return the countries with an engaged city."""
    ground, window = question.ground, question.period.dates
    return _places(question, lambda cities: covered(ground, cities, window).countries)


def states(question: Question) -> list[Item]:
    """Return the states of the United States with an engaged city."""
    ground, window = question.ground, question.period.dates
    return _places(question, lambda cities: covered(ground, cities, window).states)
