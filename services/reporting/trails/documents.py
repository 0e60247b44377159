"""What was found on a trail, as documents: JSON, and what the pages are made of."""

from typing import Any

from services.reporting.domain.disclosure import disclosed
from services.reporting.domain.evidence.cities import city_json, touch_json
from services.reporting.domain.evidence.contribution import facts_json
from services.reporting.domain.ground import Ground
from services.reporting.domain.knowledge import City
from services.reporting.domain.lists import state_of
from services.reporting.domain.occurrences import date_of
from services.reporting.domain.registry import Registry
from services.reporting.domain.report import instant_json, period_json
from services.reporting.reading.absence import Explained
from services.reporting.reading.records import (
    ActivityRecord,
    CityRecord,
    FactRecord,
    ResourceRecord,
)

Json = dict[str, Any]

REGISTERS = ("geonames_id", "census_geoid", "time_zone")
"""What the ledger tells of a city beyond what reporting keeps."""


def explanation(explained: Explained, *, everything: bool) -> Json:
    """Return why a city is counted in a period, or is not."""
    found, ground = explained.explanation, explained.ground
    return {
        "period": period_json(found.period),
        "known_at": instant_json(explained.known_at),
        "city_id": found.city_id,
        "city": city_json(ground.cities, found.lineage, found.period.dates.last),
        "engaged": found.engaged,
        "engaged_broadly": found.broadly,
        "counted_by": [
            {**touch_json(ground, touch), **facts_json(facts, everything)}
            for touch, facts in zip(found.counted_by, explained.under_touches, strict=True)
        ],
        "reasons": [
            {
                "rule": reason.rule.value,
                "because": reason.sentence,
                "would_change": reason.remedy,
                "said": dict(reason.said),
                "activity_id": reason.sitting[0] if reason.sitting else None,
                "occurrence": reason.sitting[1] if reason.sitting else None,
                "resource_id": reason.resource_id,
                **facts_json(facts, everything),
            }
            for reason, facts in zip(found.reasons, explained.under_reasons, strict=True)
        ],
    }


def place(city: City) -> Json:
    """Return a city in a list."""
    return {
        "city_id": city.city_id,
        "name": city.name,
        "kind": city.kind,
        "country": city.country,
        "subdivision": city.subdivision,
        "href": f"/cities/{city.city_id}",
    }


def city(record: CityRecord, *, everything: bool) -> Json:
    """Return what is known of a city."""
    known, ground = record.city, record.ground
    described = record.description.fact.model_dump(mode="json")
    return {
        **place(known),
        "latitude": known.latitude,
        "longitude": known.longitude,
        "population": described.get("population"),
        "urban": known.urban,
        "within": _linked(ground, known.within, everything),
        **{name: described.get(name) for name in REGISTERS},
        "named": known.named,
        "memberships": [
            {
                "network": change.network,
                "change": "joined" if change.active else "left",
                "on": change.on.stated(),
                "href": f"/facts/membership/{change.stream}/{change.version}",
            }
            for change in sorted(
                ground.knowledge.memberships, key=lambda change: (change.on, change.version)
            )
            if ground.cities.lineage(change.city_id) == record.lineage
        ],
        "successions": [
            {
                "city_id": each.city_id,
                "reason": each.reason,
                "on": each.on.stated(),
                "successors": [_linked(ground, id_, everything) for id_ in each.successors],
            }
            for each in ground.knowledge.successions
            if record.lineage in {ground.cities.lineage(id_) for id_ in each.successors}
            or ground.cities.lineage(each.city_id) == record.lineage
        ],
        "quarters": [
            {
                "period": period_json(stage.quarter),
                "effect": stage.effect,
                "figures": [
                    {
                        "metric": metric,
                        "title": ground.registry.metrics[metric].title["en"],
                        "titles": ground.registry.metrics[metric].title,
                        "href": f"/reports/{stage.quarter.id}/figures/{metric}",
                    }
                    for metric in stage.figures
                ],
                "touches": [
                    {**touch_json(ground, touch), **_title(record, touch.sitting)}
                    for touch in stage.touches
                ],
                "explained": f"/reports/{stage.quarter.id}/cities/{known.city_id}",
            }
            for stage in record.stages
        ],
        "resources": [
            {
                "resource_id": handed.resource_id,
                "title": handed.title,
                "way": handed.way,
                "on": handed.on.stated(),
                "href": f"/facts/resources/{handed.fact[0]}/{handed.fact[1]}",
            }
            for handed in record.handed
        ],
        "description": _href(record.description),
    }


def _linked(ground: Ground, city_id: str | None, everything: bool) -> Json | None:
    """Return another city by name; None when it is not to be named."""
    if city_id is None:
        return None
    found = next((each for each in ground.knowledge.cities if each.city_id == city_id), None)
    if found is None:
        return {"city_id": city_id, "name": None}
    return place(found) if found.named or everything else None


def _title(record: CityRecord, sitting: tuple[str, str] | None) -> Json:
    activity = record.activities.get(sitting[0]) if sitting else None
    return {"title": activity.title} if activity else {}


def activity(record: ActivityRecord, *, everything: bool) -> Json:
    """Return what is known of an activity; how many came, its figures tell."""
    known = record.activity
    return {
        "activity_id": record.activity_id,
        "title": known.title if known else None,
        "kind": known.kind if known else None,
        "organisers": sorted(known.organisers) if known else [],
        "announced_by": known.announced_by if known else None,
        "delivery": known.delivery if known else None,
        "themes": list(known.themes) if known else [],
        "phase": known.phase if known else None,
        "languages": list(known.languages) if known else [],
        "occurrences": [
            {
                "occurrence": state.occurrence,
                "on": on.stated() if (on := date_of(state)) else None,
                "time_zone": state.time_zone,
                "starts_at": instant_json(state.planned_at) if state.planned_at else None,
                "started_at": instant_json(state.began) if state.began else None,
                "ended_at": instant_json(state.ended) if state.ended else None,
                "state": state_of(occurrence) if occurrence else state.outcome or "scheduled",
                **facts_json(facts, everything),
            }
            for (state, occurrence), facts in zip(record.occurrences, record.facts, strict=True)
        ],
    }


def resource(record: ResourceRecord, *, everything: bool) -> Json:
    """Return what is known of a resource."""
    work = record.work
    return {
        "resource_id": work.resource_id,
        "title": work.title,
        "kind": work.kind,
        "publisher": work.publisher,
        "published_on": work.on.stated(),
        "languages": list(work.languages),
        "themes": list(work.themes),
        "withdrawn_on": work.withdrawn_on.stated() if work.withdrawn_on else None,
        "editions": [
            {"language": each.language, "edition": each.edition, "on": each.on.stated()}
            for each in sorted(record.editions, key=lambda each: each.on)
        ],
        "shares": [
            {"with": each.shared_with, "on": each.on.stated()}
            for each in sorted(record.shares, key=lambda each: each.on)
        ],
        **facts_json(record.facts, everything),
    }


def fact(record: FactRecord, registry: Registry, *, everything: bool) -> Json:
    """Return a fact as somebody may see it, with what it leads to."""
    recorded, cities = record.recorded, record.ground.cities
    payload = recorded.fact.model_dump(mode="json")
    shown = disclosed(payload, cities, everything=everything)
    trace = recorded.traceparent
    return {
        "ledger": recorded.ledger,
        "stream": recorded.stream,
        "version": recorded.version,
        "position": recorded.position,
        "fact_id": str(recorded.fact_id),
        "type": recorded.fact.TYPE,
        "source": recorded.source,
        "source_id": recorded.source_id if everything else None,
        "occurred_at": instant_json(recorded.occurred_at),
        "recorded_at": instant_json(recorded.recorded_at),
        "trace_id": trace.split("-")[1] if trace else None,
        "payload": dict(shown.payload) if shown.payload is not None else None,
        "withheld": list(shown.withheld),
        "leads_to": _leads_to(shown.payload or {}),
        "moved": [
            {
                "period": period_json(period),
                "metric": metric,
                "title": registry.metrics[metric].title["en"],
                "titles": registry.metrics[metric].title,
                "href": f"/reports/{period.id}/figures/{metric}",
            }
            for period, metric in record.moved
        ],
    }


def _leads_to(payload: Any) -> list[Json]:
    """Return the pages of what a fact speaks of."""
    city = payload.get("city") or {}
    found = [
        ("city", payload.get("city_id") or city.get("city_id"), "cities"),
        ("activity", payload.get("activity_id"), "activities"),
        ("resource", payload.get("resource_id"), "resources"),
    ]
    return [{"kind": kind, "id": id_, "href": f"/{page}/{id_}"} for kind, id_, page in found if id_]


def _href(recorded: Any) -> str:
    return f"/facts/{recorded.ledger}/{recorded.stream}/{recorded.version}"
