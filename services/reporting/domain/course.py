"""The course of a city: what it did in each quarter, and what that did to the figures."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from services.reporting.domain.dates import Dates
from services.reporting.domain.ground import Ground
from services.reporting.domain.period import Period, quarter_of
from services.reporting.domain.touches import Touch

FIGURES_WHEN_ENGAGED = ("cities_engaged", "cities_engaged_broad", "population_represented")


@dataclass(frozen=True, slots=True)
class Stage:
    """A quarter of a city.

    Args:
        effect: new, returning, reactivated, not_repeated, left; None when it moved no such figure.
        figures: the figures whose evidence names it.
    """

    quarter: Period
    touches: Sequence[Touch]
    effect: str | None
    figures: Sequence[str]


def course(
    ground: Ground, lineage: str, touches: Iterable[Touch], epoch: date, until: Period
) -> list[Stage]:
    """Return the quarters in which a city did something or was missed, the latest first.

    `touches` are all core touches of the city.
    """
    own = sorted(touches, key=lambda touch: (touch.on, touch.way, touch.sitting or ()))
    found: list[Stage] = []
    if not own:
        return found
    quarter = quarter_of(own[0].on.first)
    while quarter.dates.first <= until.dates.first:
        during = [touch for touch in own if touch.on.lies_in(quarter.dates)]
        effect = _effect(ground, lineage, own, quarter, epoch)
        if during or effect:
            engaged = FIGURES_WHEN_ENGAGED if during else ()
            figures = (*engaged, effect) if effect else engaged
            found.append(Stage(quarter, during, effect, figures))
        quarter = quarter.following()
    return found[::-1]


def _effect(
    ground: Ground, lineage: str, own: Sequence[Touch], quarter: Period, epoch: date
) -> str | None:
    """Return the flow that a city belongs to in a quarter: see `engagement.flow`."""
    previous = quarter.previous().dates
    now, before = _within(own, quarter.dates), _within(own, previous)
    if now and before:
        return "returning"
    if now:
        earlier = epoch <= previous.last and _within(own, Dates(epoch, previous.last))
        return "reactivated" if earlier else "new"
    if before:
        return "left" if ground.cities.left(lineage, quarter.dates.last) else "not_repeated"
    return None


def _within(touches: Iterable[Touch], window: Dates) -> bool:
    return any(touch.on.lies_in(window) for touch in touches)
