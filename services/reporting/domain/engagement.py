"""Who came, who came back, who did not: the set arithmetic between periods."""

from collections.abc import Callable
from dataclasses import dataclass

Lineages = frozenset[str]


class BrokenIdentity(ArithmeticError):
    """The flows do not add up; a report that would say so is not made."""


@dataclass(frozen=True, slots=True)
class Flow:
    """The cities of a period by what they did in the one before.

    new, returning and reactivated are a partition of the engaged; returning, not_repeated and left
    one of those engaged before. `retained` of `retention_base` is the retention.
    """

    new: Lineages
    returning: Lineages
    reactivated: Lineages
    not_repeated: Lineages
    left: Lineages
    retained: Lineages
    retention_base: Lineages


def flow(
    engaged: Lineages,
    engaged_before: Lineages,
    known_earlier: Lineages,
    has_left: Callable[[str], bool],
) -> Flow:
    """Return the flows into and out of a period.

    Args:
        engaged: cities with a core touch in the period.
        engaged_before: cities with one in the period before.
        known_earlier: cities with one between the epoch and the first day of the period.
        has_left: whether a city is no longer eligible at the end of the period.

    Raises:
        BrokenIdentity: E(q) - E(q-1) is not new + reactivated - not_repeated - left.

    Source:
        The promise on metrics, section 2.
    """
    returning = engaged & engaged_before
    came = engaged - engaged_before
    went = engaged_before - engaged
    left = frozenset(city for city in went if has_left(city))
    base = frozenset(city for city in engaged_before if not has_left(city))
    result = Flow(
        new=came - known_earlier,
        returning=returning,
        reactivated=came & known_earlier,
        not_repeated=went - left,
        left=left,
        retained=base & engaged,
        retention_base=base,
    )
    _check(result, engaged, engaged_before)
    return result


def lapsed(engaged: Lineages, recently: Lineages, has_left: Callable[[str], bool]) -> Lineages:
    """Return the cities of the four quarters before that did not come and have not left."""
    return frozenset(city for city in recently - engaged if not has_left(city))


def _check(result: Flow, engaged: Lineages, engaged_before: Lineages) -> None:
    came = len(result.new) + len(result.reactivated)
    went = len(result.not_repeated) + len(result.left)
    if len(engaged) - len(engaged_before) != came - went:
        raise BrokenIdentity(
            f"{len(engaged)} - {len(engaged_before)} cities is not {came} came - {went} went"
        )
    if len(engaged) != came + len(result.returning):
        raise BrokenIdentity(f"{len(engaged)} cities are not {came} + {len(result.returning)}")
