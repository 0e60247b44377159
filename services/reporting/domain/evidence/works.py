"""Works, and works handed to cities, that a figure counts."""

from collections.abc import Iterable

from services.reporting.domain.breakdowns import city_rows, work_rows
from services.reporting.domain.evidence.cities import city_json, within
from services.reporting.domain.evidence.item import Item, Question
from services.reporting.domain.figures import works_published, works_shared
from services.reporting.domain.touches import Touch


def _works(question: Question, resource_ids: Iterable[str]) -> list[Item]:
    firsts = {first.resource_id: first for first in question.ground.first_shares}
    found = []
    for resource_id in sorted(resource_ids):
        work, first = question.ground.work(resource_id), firsts.get(resource_id)
        said = {
            "resource_id": resource_id,
            "title": work.title if work else None,
            "publisher": work.publisher if work else None,
            "published_on": work.on.stated() if work else None,
            "first_shared_on": first.on.stated() if first else None,
            "first_shared_with": first.shared_with if first else None,
        }
        rows = work_rows(first, work)
        found.append(
            Item(key=resource_id, said=said, counted=1, rows=rows, resources=(resource_id,))
        )
    return found


def shared(question: Question) -> list[Item]:
    """Return the works first shared in the period."""
    return _works(question, works_shared(question.ground, question.period.dates))


def published(question: Question) -> list[Item]:
    """Return the works published in it."""
    return _works(question, works_published(question.ground, question.period.dates))


def deliveries(question: Question) -> list[Item]:
    """Return the pairs of a work and a city that it was handed to."""
    touches: dict[tuple[str, str], list[Touch]] = {}
    for touch in within(question, question.ground.broad_touches):
        if touch.way == "delivered" and touch.resource_id:
            touches.setdefault((touch.resource_id, touch.lineage), []).append(touch)
    ground, found = question.ground, []
    for resource_id, lineage in sorted(touches):
        work, city = ground.work(resource_id), city_json(ground.cities, lineage, question.end)
        found.append(
            Item(
                key=f"{resource_id} {lineage}",
                said={
                    "resource_id": resource_id,
                    "title": work.title if work else None,
                    "city": city,
                },
                counted=1,
                rows=city_rows(ground, lineage, question.period.dates),
                touches=tuple(touches[(resource_id, lineage)]) if city["named"] else (),
                lineage=lineage,
            )
        )
    return found
