"""Which counts of people are not printed beside an occurrence, the same at every door."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from services.reporting.domain.dates import Dates
from services.reporting.domain.ground import Ground
from services.reporting.domain.knowledge import Sitting
from services.reporting.domain.occurrences import Occurrence, organisers_row
from services.reporting.domain.period import quarter_of
from services.reporting.domain.suppression import suppressed_across


@dataclass(frozen=True, slots=True)
class HiddenAt:
    """The occurrences beside which a count of people is not printed."""

    attendance: frozenset[Sitting]
    registrations: frozenset[Sitting]


def hidden_at(ground: Ground, window: Dates) -> HiddenAt:
    """Return the occurrences of a window whose attendance or registrations are not printed."""
    within = ground.within(window)
    shown_min = ground.registry.parameters.people_shown_min
    attendance = {each.sitting: each.attendance for each in within if each.held}
    expected = {each.sitting: registered(each) for each in within if not each.cancelled}
    called_off = {each.sitting: registered(each) for each in within if each.cancelled}
    return HiddenAt(
        attendance=suppressed_sittings(attendance, within, shown_min, _counted_only),
        registrations=suppressed_sittings(expected, within, shown_min, _settled)
        | suppressed_sittings(called_off, within, shown_min),
    )


def registered(occurrence: Occurrence) -> int:
    """Return how many registrations are told of an occurrence; of a cancelled one as stated."""
    if occurrence.cancelled:
        return occurrence.registrations_cancelled
    return occurrence.turnout.registrations


def _counted_only(occurrence: Occurrence) -> str:
    """Attendance is told apart by whether people are known, or only their number."""
    return str(occurrence.count_only > 0)


def _settled(occurrence: Occurrence) -> str:
    """Those who registered are told apart in the attendance rate by whether a final roll came."""
    return str(occurrence.held and occurrence.state.final_roll_at is not None)


def suppressed_sittings(
    people: Mapping[Sitting, int],
    occurrences: Iterable[Occurrence],
    shown_min: int,
    apart: Callable[[Occurrence], str] = lambda occurrence: "",
    hidden: frozenset[Sitting] = frozenset(),
) -> frozenset[Sitting]:
    """Return the occurrences whose count of people is not printed, wherever they are listed.

    Printed elsewhere are the sums of each quarter: of all occurrences, by kind, by organisers. A
    longer window hides what its quarters hide, and what its own sums ask for beyond that.

    Args:
        people: a count for each occurrence that any of these sums counts, 0 too.
        occurrences: those, and perhaps others.
        shown_min: the smallest count above 0 that is printed.
        apart: tells another printed sum that an occurrence is part of.
        hidden: occurrences whose count is not printed for another reason.
    """
    known = {each.sitting: each for each in occurrences if each.sitting in people}
    groupings: list[Callable[[Sitting], str]] = [
        lambda sitting: "",
        lambda sitting: known[sitting].activity.kind,
        lambda sitting: organisers_row(known[sitting].activity.organisers),
        lambda sitting: apart(known[sitting]),
    ]
    quarters: dict[str, dict[Sitting, int]] = {}
    for sitting, occurrence in known.items():
        quarters.setdefault(quarter_of(occurrence.on.first).id, {})[sitting] = people[sitting]
    found = hidden
    for cells in quarters.values():
        own = frozenset(sitting for sitting in hidden if sitting in cells)
        found |= suppressed_across(cells, shown_min, groupings, own)
    if len(quarters) > 1:
        return suppressed_across(people, shown_min, groupings, found)
    return found
