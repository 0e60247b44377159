"""What a figure counted, item by item: anybody can count again and follow each to its facts."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from services.reporting.domain.cities import NETWORKS, Cities
from services.reporting.domain.dates import Dates
from services.reporting.domain.figures import (
    Value,
    covered,
    delivered_pairs,
    flow_of,
    lapsed_of,
    works_published,
    works_shared,
)
from services.reporting.domain.ground import Ground
from services.reporting.domain.knowledge import Sitting
from services.reporting.domain.numbers import percent
from services.reporting.domain.occurrences import Occurrence
from services.reporting.domain.period import Period
from services.reporting.domain.population import represented
from services.reporting.domain.registry import Definition
from services.reporting.domain.report import Provenance, instant_json, period_json
from services.reporting.domain.suppression import suppressed
from services.reporting.domain.touches import Touch, last_touch

Json = Mapping[str, Any]
FactKey = tuple[str, int]
"""A fact by its keys: (stream, version)."""

PEOPLE = frozenset(
    {
        "registrations",
        "attendance",
        "attendees_unique",
        "walk_ins",
        "late_viewers",
        "attendance_rate",
        "attribution_rate",
    }
)
"""Figures that count people, whose small counts are not shown to everybody."""

COUNTED_ONCE = ("attendees_unique", "walk_ins", "late_viewers")
"""Figures in which a person counts once, at the first occurrence where they are met."""


@dataclass(frozen=True, slots=True)
class FirstMet:
    """People met at an occurrence for the first time in a period."""

    attendees: int = 0
    walk_ins: int = 0
    late_viewers: int = 0


@dataclass(frozen=True, slots=True)
class Contribution:
    """A fact that an item stands on.

    Args:
        part: what it says: announced, held, roll, mention, registration, passage, help, work.
        city: the city pointer it carries, if any.
        personal: its stream names a person's key.
    """

    part: str
    fact: FactKey
    ledger: str
    type: str
    fact_id: str
    source: str
    occurred_at: datetime
    recorded_at: datetime
    trace_id: str | None
    city: str | None = None
    personal: bool = False

    def to_json(self) -> dict[str, Any]:
        """Return its part of the document."""
        return {
            "part": self.part,
            "ledger": self.ledger,
            "stream": self.fact[0],
            "version": self.fact[1],
            "fact_id": self.fact_id,
            "type": self.type,
            "source": self.source,
            "occurred_at": instant_json(self.occurred_at),
            "recorded_at": instant_json(self.recorded_at),
            "trace_id": self.trace_id,
        }


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that a figure counts.

    Args:
        said: what it is, as printed.
        counted: what it adds to the figure, or to its numerator.
        of: what it adds to the denominator of a percentage.
        touches, occurrences, resources: what it rests on; the facts are found by these.
        lineage: the city it is, so that only that city's facts are listed under it.
    """

    said: Json
    counted: int
    of: int | None = None
    touches: tuple[Touch, ...] = ()
    occurrences: tuple[Sitting, ...] = ()
    resources: tuple[str, ...] = ()
    lineage: str | None = None


@dataclass(frozen=True, slots=True)
class Evidence:
    """A figure with all it counted."""

    definition: Definition
    period: Period
    known_at: datetime
    data_to: datetime | None
    value: Value
    recounted: Value
    items: Sequence[Item]
    facts: Mapping[int, Sequence[Contribution]]
    hidden: frozenset[int]
    provenance: Provenance

    def to_json(self, *, everything: bool = False) -> dict[str, Any]:
        """Return the document.

        Unless `everything` may be seen, small counts of people and the facts that carry the key of
        a person are left out, and the document says of how many.
        """
        return {
            "metric": self.definition.id,
            "period": period_json(self.period),
            "definition": self.definition.reference,
            "title": self.definition.title["en"],
            "titles": self.definition.title,
            "unit": self.definition.unit,
            "how_counted": self.definition.formula,
            "includes": list(self.definition.includes),
            "excludes": list(self.definition.excludes),
            "known_at": instant_json(self.known_at),
            "data_to": instant_json(self.data_to) if self.data_to else None,
            "value": self.value,
            "recounted": self.recounted,
            "items_suppressed": 0 if everything else len(self.hidden),
            "items": [
                self._item(number, item, everything) for number, item in enumerate(self.items)
            ],
            "provenance": self.provenance.to_json(),
        }

    def _item(self, number: int, item: Item, everything: bool) -> dict[str, Any]:
        hide = number in self.hidden and not everything
        facts = self.facts.get(number, ())
        shown = [fact for fact in facts if everything or not fact.personal]
        document: dict[str, Any] = {**item.said, "counted": None if hide else item.counted}
        if item.of is not None:
            document["of"] = None if hide else item.of
        if hide:
            document["status"] = "Q"
        document["facts"] = [fact.to_json() for fact in shown]
        if len(shown) < len(facts):
            document["facts_withheld"] = len(facts) - len(shown)
        return document


def recount(definition: Definition, items: Iterable[Item], member_base_min: int) -> Value:
    """Count the items again: their sum, or the percentage of both sums."""
    counted = list(items)
    numerator = sum(item.counted for item in counted)
    if definition.unit != "percent":
        return numerator
    denominator = sum(item.of or 0 for item in counted)
    if definition.id == "member_share" and denominator < member_base_min:
        return None
    return percent(numerator, denominator)


def hidden_items(definition: Definition, items: Sequence[Item], shown_min: int) -> frozenset[int]:
    """Return the numbers of the items whose counts of people are too small to be shown."""
    if definition.id not in PEOPLE:
        return frozenset()
    counted = {str(number): item.counted for number, item in enumerate(items)}
    of = {str(number): item.of for number, item in enumerate(items) if item.of is not None}
    hidden = suppressed(counted, shown_min) | suppressed(of, shown_min)
    return frozenset(int(number) for number in hidden)


def looks_at(metric: str, period: Period, span: Dates) -> Dates:
    """Return the days whose occurrences stand one by one under a figure of a period.

    `span` are all the days that the report of the period looks at.
    """
    match metric:
        case "reactivated":
            return span
        case "lapsed":
            return Dates(period.four_quarters_before.first, period.dates.last)
        case "returning" | "not_repeated" | "left" | "retention":
            return Dates(period.previous().dates.first, period.dates.last)
        case _:
            return period.dates


@dataclass(frozen=True)
class Question:
    """Which figure of which period is asked about, and the ground it stands on."""

    ground: Ground
    period: Period
    first_met: Mapping[Sitting, FirstMet] = field(default_factory=dict)

    @property
    def end(self) -> date:
        """The last day of the period: identities and memberships are those of that day."""
        return self.period.dates.last


def items_of(question: Question, metric: str) -> list[Item]:
    """Return everything that a figure counts."""
    return ITEMS[metric](question)


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
        shown = [_touch_json(question.ground, touch) for touch in reached] if said["named"] else []
        found.append(
            Item(
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


def _touch_json(ground: Ground, touch: Touch) -> dict[str, Any]:
    document: dict[str, Any] = {"way": touch.way.value, "on": touch.on.stated()}
    if touch.sitting is not None:
        activity = ground.knowledge.activities.get(touch.sitting[0])
        document["activity_id"], document["occurrence"] = touch.sitting
        document["title"] = activity.title if activity else None
    if touch.resource_id is not None:
        document["resource_id"] = touch.resource_id
    return document


def _within(question: Question, touches: Iterable[Touch]) -> list[Touch]:
    return [touch for touch in touches if touch.on.lies_in(question.period.dates)]


def _core(question: Question) -> list[Touch]:
    return _within(question, question.ground.touches)


def _core_before(question: Question) -> list[Touch]:
    before = question.period.previous().dates
    return [touch for touch in question.ground.touches if touch.on.lies_in(before)]


def _engaged(question: Question) -> list[Item]:
    return _cities(question, question.ground.engaged(question.period.dates), _core(question))


def _engaged_broad(question: Question) -> list[Item]:
    touches = _core(question) + _within(question, question.ground.broad_touches)
    return _cities(question, question.ground.broadly_engaged(question.period.dates), touches)


def _occurrences(
    occurrences: Iterable[Occurrence],
    counted: Callable[[Occurrence], int] = lambda occurrence: 1,
    of: Callable[[Occurrence], int | None] = lambda occurrence: None,
) -> list[Item]:
    return [
        Item(
            said={
                "activity_id": occurrence.activity.activity_id,
                "occurrence": occurrence.state.occurrence,
                "title": occurrence.activity.title,
                "kind": occurrence.activity.kind,
                "organisers": sorted(occurrence.activity.organisers),
                "on": occurrence.on.stated(),
                "attendance_final": occurrence.final,
            },
            counted=counted(occurrence),
            of=of(occurrence),
            occurrences=(occurrence.sitting,),
        )
        for occurrence in occurrences
    ]


def _held(question: Question) -> list[Occurrence]:
    return question.ground.held(question.period.dates)


def _settled(question: Question) -> list[Occurrence]:
    return [each for each in _held(question) if each.state.final_roll_at is not None]


def _webinars(question: Question) -> list[Item]:
    return _occurrences(each for each in _held(question) if each.activity.kind == "webinar")


def _activities(question: Question) -> list[Item]:
    return _occurrences(_held(question))


def _registrations(question: Question) -> list[Item]:
    planned = [
        occurrence
        for occurrence in question.ground.within(question.period.dates)
        if occurrence.turnout.registrations and not occurrence.cancelled
    ]
    return _occurrences(planned, lambda occurrence: occurrence.turnout.registrations)


def _attendance(question: Question) -> list[Item]:
    return _occurrences(_held(question), lambda occurrence: occurrence.attendance)


def _first_met(question: Question, count: Callable[[FirstMet], int]) -> list[Item]:
    def counted(occurrence: Occurrence) -> int:
        return count(question.first_met.get(occurrence.sitting, FirstMet()))

    return _occurrences(_held(question), counted)


def _attendance_rate(question: Question) -> list[Item]:
    return _occurrences(
        _settled(question),
        lambda each: each.turnout.attended_registered,
        lambda each: each.turnout.registrations,
    )


def _attribution(question: Question) -> list[Item]:
    ground, attributed = question.ground, Counter[Sitting | None]()
    for presence in ground.presences(question.period.dates):
        attributed[presence.sitting] += ground.attributed_of(presence)
    return _occurrences(
        _held(question),
        lambda occurrence: attributed[occurrence.sitting],
        lambda occurrence: occurrence.attendance,
    )


def _timeliness(question: Question) -> list[Item]:
    return _occurrences(_held(question), lambda each: int(each.timely), lambda each: 1)


def _completeness(question: Question) -> list[Item]:
    return _occurrences(_held(question), lambda each: int(each.final), lambda each: 1)


def _works(question: Question, resource_ids: Iterable[str]) -> list[Item]:
    works = {work.resource_id: work for work in question.ground.knowledge.works}
    firsts = {first.resource_id: first for first in question.ground.first_shares}
    found = []
    for resource_id in sorted(resource_ids):
        work, first = works.get(resource_id), firsts.get(resource_id)
        said = {
            "resource_id": resource_id,
            "title": work.title if work else None,
            "publisher": work.publisher if work else None,
            "published_on": work.on.stated() if work else None,
            "first_shared_on": first.on.stated() if first else None,
            "first_shared_with": first.shared_with if first else None,
        }
        found.append(Item(said=said, counted=1, resources=(resource_id,)))
    return found


def _shared(question: Question) -> list[Item]:
    return _works(question, works_shared(question.ground, question.period.dates))


def _published(question: Question) -> list[Item]:
    return _works(question, works_published(question.ground, question.period.dates))


def _deliveries(question: Question) -> list[Item]:
    touches: dict[tuple[str | None, str], list[Touch]] = {}
    for touch in _within(question, question.ground.broad_touches):
        if touch.way == "delivered":
            touches.setdefault((touch.resource_id, touch.lineage), []).append(touch)
    cities = question.ground.cities
    return [
        Item(
            said={
                "resource_id": resource_id,
                "city": city_json(cities, lineage, question.end),
            },
            counted=1,
            touches=tuple(touches[(resource_id, lineage)]),
            lineage=lineage,
        )
        for resource_id, lineage in sorted(delivered_pairs(question.ground, question.period.dates))
    ]


def _population(question: Question) -> list[Item]:
    engaged = question.ground.engaged(question.period.dates)
    residents = represented(engaged, question.ground.cities, question.end)

    def more(lineage: str) -> Json:
        if lineage in residents.inside:
            return {"left_out": "lies inside another engaged jurisdiction"}
        return {"left_out": "no population known"} if lineage in residents.unknown else {}

    return _cities(
        question,
        engaged,
        _core(question),
        counted=lambda lineage: residents.counted.get(lineage, 0),
        more=more,
    )


def _members(question: Question) -> list[Item]:
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


def _new(question: Question) -> list[Item]:
    return _cities(question, flow_of(question.ground, question.period).new, _core(question))


def _returning(question: Question) -> list[Item]:
    touches = _core_before(question) + _core(question)
    return _cities(question, flow_of(question.ground, question.period).returning, touches)


def _reactivated(question: Question) -> list[Item]:
    return _cities(
        question, flow_of(question.ground, question.period).reactivated, question.ground.touches
    )


def _not_repeated(question: Question) -> list[Item]:
    flows = flow_of(question.ground, question.period)
    return _cities(question, flows.not_repeated, _core_before(question))


def _left(question: Question) -> list[Item]:
    return _cities(question, flow_of(question.ground, question.period).left, _core_before(question))


def _retention(question: Question) -> list[Item]:
    flows = flow_of(question.ground, question.period)
    return _cities(
        question,
        flows.retention_base,
        _core_before(question) + _core(question),
        counted=lambda lineage: int(lineage in flows.retained),
        of=lambda lineage: 1,
    )


def _lapsed(question: Question) -> list[Item]:
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


def _countries(question: Question) -> list[Item]:
    ground, window = question.ground, question.period.dates
    return _places(question, lambda cities: covered(ground, cities, window).countries)


def _states(question: Question) -> list[Item]:
    ground, window = question.ground, question.period.dates
    return _places(question, lambda cities: covered(ground, cities, window).states)


ITEMS: dict[str, Callable[[Question], list[Item]]] = {
    "cities_engaged": _engaged,
    "cities_engaged_broad": _engaged_broad,
    "webinars_held": _webinars,
    "activities_held": _activities,
    "resources_shared": _shared,
    "resources_published": _published,
    "resource_deliveries": _deliveries,
    "registrations": _registrations,
    "attendance": _attendance,
    "attendees_unique": lambda question: _first_met(question, lambda met: met.attendees),
    "attendance_rate": _attendance_rate,
    "walk_ins": lambda question: _first_met(question, lambda met: met.walk_ins),
    "late_viewers": lambda question: _first_met(question, lambda met: met.late_viewers),
    "population_represented": _population,
    "member_share": _members,
    "new": _new,
    "returning": _returning,
    "reactivated": _reactivated,
    "not_repeated": _not_repeated,
    "left": _left,
    "retention": _retention,
    "lapsed": _lapsed,
    "coverage": _countries,
    "coverage_states": _states,
    "attribution_rate": _attribution,
    "timeliness": _timeliness,
    "completeness": _completeness,
}


def contributions(
    item: Item,
    by_sitting: Mapping[Sitting, Sequence[Contribution]],
    by_resource: Mapping[str, Sequence[Contribution]],
    by_fact: Mapping[FactKey, Contribution],
    resolves_to: Callable[[Contribution], str | None],
) -> list[Contribution]:
    """Return the facts under an item, without repetition, in order.

    Under a city stand the outcome and the roll of each occurrence, and of what names a city, what
    names this one.
    """
    found: dict[FactKey, Contribution] = {}
    for sitting in item.occurrences:
        found.update((fact.fact, fact) for fact in by_sitting.get(sitting, ()))
    for resource_id in item.resources:
        found.update((fact.fact, fact) for fact in by_resource.get(resource_id, ()))
    for touch in item.touches:
        if touch.fact is not None and touch.fact in by_fact:
            found[touch.fact] = by_fact[touch.fact]
        near = [
            *(by_sitting.get(touch.sitting, ()) if touch.sitting else ()),
            *(by_resource.get(touch.resource_id, ()) if touch.resource_id else ()),
        ]
        for fact in near:
            if fact.city is None or resolves_to(fact) == item.lineage:
                found[fact.fact] = fact
    return sorted(found.values(), key=lambda fact: (fact.recorded_at, fact.fact))
