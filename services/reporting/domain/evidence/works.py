"""Works, and works handed to cities, that a figure counts."""

from collections.abc import Iterable

from services.reporting.domain.evidence.cities import city_json, within
from services.reporting.domain.evidence.item import Item, Question
from services.reporting.domain.figures import delivered_pairs, works_published, works_shared
from services.reporting.domain.touches import Touch


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


def shared(question: Question) -> list[Item]:
    """Return the works first shared in the period."""
    return _works(question, works_shared(question.ground, question.period.dates))


def published(question: Question) -> list[Item]:
    """Return the works published in it."""
    return _works(question, works_published(question.ground, question.period.dates))


def deliveries(question: Question) -> list[Item]:
    """Return the pairs of a work and a city that it was handed to."""
    touches: dict[tuple[str | None, str], list[Touch]] = {}
    for touch in within(question, question.ground.broad_touches):
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
