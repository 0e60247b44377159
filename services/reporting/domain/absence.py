"""Why a city is counted as engaged in a period, or is not: every rule that kept something out."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from services.reporting.domain.dates import Dates
from services.reporting.domain.ground import Ground
from services.reporting.domain.knowledge import Sitting
from services.reporting.domain.occurrences import Occurrence, long_enough
from services.reporting.domain.period import Period, quarter_of
from services.reporting.domain.registry import Parameters
from services.reporting.domain.touches import Touch

SECONDS_PER_MINUTE = 60


class Rule(StrEnum):
    """What kept something of a city out of the count; in the order in which they are told."""

    NOT_REGISTERED = "not_registered"
    SAME_CITY = "same_city"
    WENT_OVER = "went_over"
    CANCELLED = "cancelled"
    NOT_HELD = "not_held"
    BROKE_OFF = "broke_off"
    EMPTY = "empty"
    TOO_SHORT = "too_short"
    ROLE_ONLY = "role_only"
    RECORDING_ONLY = "recording_only"
    REGISTERED_ONLY = "registered_only"
    RESOURCES_ONLY = "resources_only"
    INSIDE = "inside"
    OTHER_PERIOD = "other_period"
    MEMBERSHIP_ONLY = "membership_only"
    UNANSWERED = "unanswered"
    NOTHING = "nothing"


SAYS: Mapping[Rule, str] = {
    Rule.NOT_REGISTERED: "No city is registered under the id {city_id}.",
    Rule.SAME_CITY: "{city_id} is another entry of {name}, and counts there.",
    Rule.WENT_OVER: "On {on} it went over into {names}, and counts there.",
    Rule.CANCELLED: "{title} ({on}) was cancelled; nothing of it counts.",
    Rule.NOT_HELD: "{title} ({on}) is not recorded as held.",
    Rule.BROKE_OFF: "{title} ({on}) broke off before {minutes} minutes, so it was not held.",
    Rule.EMPTY: "{title} ({on}) had no outside attendee, so it was not held.",
    Rule.TOO_SHORT: "Somebody of the city was at {title} ({on}), but under {minutes} minutes.",
    Rule.ROLE_ONLY: "At {title} ({on}) the city was there only as: {roles}. These never attend.",
    Rule.RECORDING_ONLY: "{title} ({on}) was watched afterwards only; a recording never counts.",
    Rule.REGISTERED_ONLY: "For {title} ({on}) there is a registration only; that does not count.",
    Rule.RESOURCES_ONLY: "It was reached by a resource only ({title}), which counts more broadly.",
    Rule.INSIDE: "It lies in {name}, which was engaged; that counts for {name} only.",
    Rule.OTHER_PERIOD: "It was engaged in {names}, and counts there.",
    Rule.MEMBERSHIP_ONLY: "It is a member of {names}; membership alone does not count.",
    Rule.UNANSWERED: "Some people of the period belong to a city that nobody has told yet.",
    Rule.NOTHING: "Nothing at all is known of it in this period.",
}
"""What each rule says, in English: the key of its translations."""

CHANGES: Mapping[Rule, str] = {
    Rule.NOT_REGISTERED: (
        "city_registered for it; or, where it was named in words, an answer in the work queue"
    ),
    Rule.SAME_CITY: "a revoked succession, if the two are not the same city",
    Rule.WENT_OVER: "a revoked succession, if it did not go over",
    Rule.CANCELLED: "activity_held for {activity}, if it was held after all",
    Rule.NOT_HELD: "activity_held for {activity}",
    Rule.BROKE_OFF: "activity_held for {activity} with another start and end",
    Rule.EMPTY: "a final roll of {activity} with an outside attendee",
    Rule.TOO_SHORT: "a final roll of {activity} with at least {minutes} minutes of somebody",
    Rule.ROLE_ONLY: "a final roll of {activity} with somebody as attendee, panelist or host",
    Rule.RECORDING_ONLY: "a final roll of {activity} with at least {minutes} minutes live",
    Rule.REGISTERED_ONLY: (
        "a final roll of {activity} with at least {minutes} minutes of somebody, or city_attended"
    ),
    Rule.RESOURCES_ONLY: "attendance, a contribution or help given in the period",
    Rule.INSIDE: "attendance, a contribution or help that names the city itself",
    Rule.OTHER_PERIOD: "attendance, a contribution or help given in this period",
    Rule.MEMBERSHIP_ONLY: "attendance, a contribution or help given in the period",
    Rule.UNANSWERED: "an answer in the work queue that it is this city",
    Rule.NOTHING: "attendance, a contribution or help given in the period",
}
"""The fact that would change it, in English: the key of its translations."""

ROLES_NEVER_COUNTED = frozenset({"staff", "test"})


@dataclass(frozen=True, slots=True)
class Trace:
    """How a city appears at an occurrence, whether that counts or not.

    Args:
        roles: in which its people were there.
        late: somebody watched the recording.
        registered: somebody registered, and did not withdraw.
        named: the city itself was named, as there, as speaker or as host.
    """

    roles: frozenset[str] = frozenset()
    late: bool = False
    registered: bool = False
    named: bool = False


@dataclass(frozen=True, slots=True)
class Reason:
    """A rule that kept something out.

    Args:
        said: the values of its sentences.
        sitting, resource_id: what it is about.
    """

    rule: Rule
    said: Mapping[str, Any] = field(default_factory=dict)
    sitting: Sitting | None = None
    resource_id: str | None = None

    @property
    def sentence(self) -> str:
        """What it says, in English."""
        return SAYS[self.rule].format(**self.said)

    @property
    def remedy(self) -> str:
        """The fact that would change it, in English."""
        return CHANGES[self.rule].format(**self.said)


@dataclass(frozen=True, slots=True)
class Explanation:
    """Whether a city counts as engaged in a period, and why.

    Args:
        lineage: the city.
        counted_by: its core touches in the period; it is engaged when there is one.
        broadly: it is reached in any way.
        reasons: what else is known of it, and which rule kept that out.
    """

    city_id: str
    lineage: str
    period: Period
    counted_by: Sequence[Touch]
    broadly: bool
    reasons: Sequence[Reason]

    @property
    def engaged(self) -> bool:
        """Whether it counts."""
        return bool(self.counted_by)


def explain(
    ground: Ground,
    period: Period,
    city_id: str,
    traces: Mapping[Sitting, Trace],
    elsewhere: Iterable[Dates] = (),
) -> Explanation:
    """Return why a city is counted as engaged in a period, or is not.

    Args:
        ground: as known, with the sittings of the city in the period one by one.
        period: which period.
        city_id: any id of the city.
        traces: how the city appears at the occurrences of the period.
        elsewhere: dates on which it was touched so that it is engaged, in any period.
    """
    lineage = ground.cities.lineage(city_id)
    window = period.dates
    own = [touch for touch in ground.touches if touch.lineage == lineage]
    counted_by = sorted(
        (touch for touch in own if touch.on.lies_in(window)),
        key=lambda touch: (touch.on, touch.way, touch.sitting or ()),
    )
    reasons = [
        *_identity(ground, period, city_id, lineage),
        *_at_occurrences(ground, window, traces, {touch.sitting for touch in counted_by}),
    ]
    if not counted_by:
        reasons += _without_touch(ground, period, lineage, reasons, [*elsewhere])
    return Explanation(
        city_id=city_id,
        lineage=lineage,
        period=period,
        counted_by=counted_by,
        broadly=lineage in ground.broadly_engaged(window),
        reasons=reasons,
    )


def _identity(ground: Ground, period: Period, city_id: str, lineage: str) -> Iterator[Reason]:
    """Yield what makes it another city, or none."""
    cities, end = ground.cities, period.dates.last
    shown = cities.shown(lineage, end)
    if cities.described(lineage, end) is None:
        yield Reason(Rule.NOT_REGISTERED, {"city_id": city_id})
    elif cities.canonical(city_id) != city_id and shown != city_id:
        yield Reason(Rule.SAME_CITY, {"city_id": city_id, "name": _name(ground, lineage, period)})
    departure = cities.departure(lineage, end)
    if departure is not None:
        successors = [cities.lineage(each) for each in departure.successors]
        names = ", ".join(_name(ground, each, period) for each in successors)
        yield Reason(Rule.WENT_OVER, {"names": names, "on": departure.on.stated()})


def _at_occurrences(
    ground: Ground,
    window: Dates,
    traces: Mapping[Sitting, Trace],
    counted: set[Sitting | None],
) -> Iterator[Reason]:
    """Yield what kept each appearance at an occurrence out."""
    parameters = ground.registry.parameters
    for occurrence in ground.within(window):
        trace = traces.get(occurrence.sitting)
        if trace is None or occurrence.sitting in counted:
            continue
        rule = _rule(occurrence, trace, parameters)
        if rule is not None:
            yield Reason(rule, _said(occurrence, trace, rule, parameters), occurrence.sitting)


def _rule(occurrence: Occurrence, trace: Trace, parameters: Parameters) -> Rule | None:
    """Return the first rule that keeps an appearance out."""
    if occurrence.cancelled:
        return Rule.CANCELLED
    if not occurrence.held:
        if occurrence.state.outcome != "held":
            return Rule.NOT_HELD
        return Rule.EMPTY if long_enough(occurrence.state, parameters) else Rule.BROKE_OFF
    if trace.late:
        return Rule.RECORDING_ONLY
    if "attendee" in trace.roles:
        return Rule.TOO_SHORT
    if trace.roles & ROLES_NEVER_COUNTED:
        return Rule.ROLE_ONLY
    return Rule.REGISTERED_ONLY if trace.registered else None


def _said(
    occurrence: Occurrence, trace: Trace, rule: Rule, parameters: Parameters
) -> dict[str, Any]:
    shortest = (
        int(parameters.sitting_min.total_seconds())
        if rule is Rule.BROKE_OFF
        else parameters.attendance_seconds_min
    )
    return {
        "title": occurrence.activity.title,
        "on": occurrence.on.stated(),
        "activity": occurrence.activity.activity_id,
        "minutes": shortest // SECONDS_PER_MINUTE,
        "roles": ", ".join(sorted(trace.roles)),
    }


def _without_touch(
    ground: Ground,
    period: Period,
    lineage: str,
    known: Sequence[Reason],
    elsewhere: Sequence[Dates],
) -> Iterator[Reason]:
    """Yield what else is known of a city that is not engaged."""
    window, cities = period.dates, ground.cities
    found = bool(known)
    for resource_id in sorted(
        {
            touch.resource_id
            for touch in ground.broad_touches
            if touch.lineage == lineage and touch.on.lies_in(window) and touch.resource_id
        }
    ):
        work = ground.work(resource_id)
        title = work.title if work else resource_id
        yield Reason(Rule.RESOURCES_ONLY, {"title": title}, resource_id=resource_id)
        found = True
    engaged = ground.engaged(window)
    for outer in cities.enclosing(lineage, window.last):
        if outer in engaged:
            yield Reason(Rule.INSIDE, {"name": _name(ground, outer, period)})
            found = True
    quarters = {quarter_of(on.first).id for on in elsewhere if not on.lies_in(window)}
    if quarters:
        yield Reason(Rule.OTHER_PERIOD, {"names": ", ".join(sorted(quarters))})
    networks = sorted(cities.networks(lineage, window.last))
    if networks:
        yield Reason(Rule.MEMBERSHIP_ONLY, {"names": ", ".join(networks)})
    if not found:
        yield Reason(Rule.NOTHING)
    pointers = {presence.city for presence in ground.presences(window) if presence.attended}
    if any(each and each[0] == "?" and cities.resolve(each, window) is None for each in pointers):
        yield Reason(Rule.UNANSWERED)


def _name(ground: Ground, lineage: str, period: Period) -> str:
    """Return the name of a city as it may be printed."""
    city = ground.cities.described(lineage, period.dates.last)
    if city is None:
        return lineage
    return city.name if city.named else "a city that is not named"
