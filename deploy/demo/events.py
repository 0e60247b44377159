"""The gathered rows and our readings of them, as the CloudEvents that an outside system sends.

Pure: the same files give the same events with the same ids, so publishing them again changes
nothing. Each event's `subject` names the row it was made from ("activities.csv#act-032"), and the
row has the address of its source.
"""

import re
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from typing import Any

from deploy.demo.tables import Row, Tables, parts

CloudEvent = dict[str, Any]

GATHERED_AT = "2026-11-22T00:00:00Z"
PARTNERSHIP_ON = "2024-02-27"
PARTNERSHIP_ROW = "resources.csv#res-021"
POPULATION_SOURCE = "GeoNames"
POPULATION_YEAR = 2026

NETWORKS_BY_HOST = {"SCN": ["SCN"], "NLC": ["NLC"], "joint": ["NLC", "SCN"]}
OTHER_ORGANISERS = {"act-001": "other:us-conference-of-mayors"}
PUBLISHERS = {
    "Strong Cities Network": "SCN",
    "National League of Cities": "NLC",
    "Institute for Strategic Dialogue": "other:institute-for-strategic-dialogue",
    "Global Counterterrorism Forum": "other:global-counterterrorism-forum",
}
SERIES_BY_TITLE = {
    "Fourth Global Summit": "fourth-global-summit",
    "Fifth Global Summit": "fifth-global-summit",
    "Global Crises, Local Impacts": "global-crises-local-impacts",
    "Transatlantic Dialogue Initiative": "transatlantic-dialogue-initiative",
}
PREVENTION = "prevention"


def demo_events(source: str = "demo") -> list[CloudEvent]:
    """Return every event, in the order: cities, partnership, memberships, activities, resources.

    Args:
        source: the name of the publishing credential.
    """
    tables = Tables()
    return [
        {"specversion": "1.0", "source": f"/systems/{source}"} | event
        for group in (
            cities(tables),
            partnership(),
            memberships(tables),
            activities(tables),
            resources(tables),
        )
        for event in group
    ]


def cities(tables: Tables) -> Iterator[CloudEvent]:
    """Yield the registration of every city, dated by the gathering, for that is what it says."""
    for row in tables.cities:
        data: dict[str, Any] = {
            "city_id": row["city_id"],
            "name": row["name"],
            "kind": row["kind"],
            "country": row["country"],
            "subdivision": row["subdivision"] or None,
            "geonames_id": int(row["geonames_id"]) if row["geonames_id"] else None,
            "census_geoid": row["census_geoid"] or None,
            "within": row["within"] or None,
            "latitude": float(row["latitude"]) if row["latitude"] else None,
            "longitude": float(row["longitude"]) if row["longitude"] else None,
            "time_zone": row["time_zone"],
        }
        if row["population"]:
            data["population"] = {
                "value": int(row["population"]),
                "source": POPULATION_SOURCE,
                "year": POPULATION_YEAR,
            }
        yield event(
            f"city-{row['city_id']}-registered",
            "membership.city_registered",
            data,
            row=f"cities.csv#{row['city_id']}",
            at=GATHERED_AT,
        )


def partnership() -> Iterator[CloudEvent]:
    """Yield the partnership, dated by the press release of both networks."""
    yield event(
        "partnership-nlc-scn-formed",
        "membership.partnership_formed",
        {"partners": ["NLC", "SCN"], "on": PARTNERSHIP_ON},
        row=PARTNERSHIP_ROW,
        at=noon(PARTNERSHIP_ON),
    )


def memberships(tables: Tables) -> Iterator[CloudEvent]:
    """Yield a membership for each piece of evidence that says one, on the date of the evidence."""
    for row in tables.evidence:
        city, network = tables.city_id_of(row), row["network"]
        key = f"{network} {city}"
        if tables.is_left_out("membership_evidence.csv", key):
            continue
        yield event(
            f"membership-{network.lower()}-{city}-started",
            "membership.membership_started",
            {
                "city": {"city_id": city},
                "network": network,
                "on": row["as_of"],
                "reason": f"a member by this date, by evidence: {row['evidence']}",
            },
            row=f"membership_evidence.csv#{key}",
            at=noon(row["as_of"]),
        )


def activities(tables: Tables) -> Iterator[CloudEvent]:
    """Yield of each activity its announcement, its sittings, and the cities that took part."""
    one_sitting = readings(tables, "one_sitting")
    cities_spoke = readings(tables, "cities_spoke")
    city_ids = {row["name"]: row["city_id"] for row in tables.named_cities}
    for row in tables.activities:
        activity = row["id"]
        days = [row["start_date"]] if activity in one_sitting else days_of(row)
        at_start = {"row": f"activities.csv#{activity}", "at": noon(row["start_date"])}
        yield event(
            f"{activity}-scheduled",
            "events.activity_scheduled",
            announcement(row, days, tables.venues),
            **at_start,
        )
        if not tables.is_left_out("activities.csv", activity, "held"):
            yield from sittings(row, days)
        for name in parts(row["participating_cities"]):
            if tables.is_left_out("activities.csv", activity, f"attended by {name}"):
                continue
            city = city_ids[name]
            part = {"activity_id": activity, "occurrence": "1", "city": {"city_id": city}}
            yield event(f"{activity}-attended-1-{city}", "events.city_attended", part, **at_start)
            if activity in cities_spoke:
                yield event(
                    f"{activity}-contributed-1-{city}",
                    "events.city_contributed",
                    part | {"contribution": "speaker"},
                    **at_start,
                )


def announcement(row: Row, days: list[str], venues: list[Row]) -> dict[str, Any]:
    """Return what an activity announces."""
    themes = parts(row["themes"])
    place = row["city_or_online"]
    return {
        "activity_id": row["id"],
        "kind": slug(row["kind"], "_"),
        "title": row["title"],
        "organisers": NETWORKS_BY_HOST.get(row["host"]) or [OTHER_ORGANISERS[row["id"]]],
        "starts_at": days[0],
        "time_zone": time_zone(row, venues),
        "delivery": {"": None, "online": "online"}.get(place, "in_person"),
        "themes": [slug(theme, "_") for theme in themes],
        "phase": PREVENTION if PREVENTION in themes else None,
        "series": next(
            (name for title, name in SERIES_BY_TITLE.items() if row["title"].startswith(title)),
            None,
        ),
        "occurrences": [
            {"occurrence": str(number), "starts_at": day} for number, day in enumerate(days, 1)
        ],
    }


def sittings(row: Row, days: list[str]) -> Iterator[CloudEvent]:
    """Yield each day that an activity was held.

    A source counts the people of an activity once, not once a day: its figure stands on the
    first day, so that no sum counts it twice.
    """
    for number, day in enumerate(days, 1):
        counted = int(row["attendance"]) if row["attendance"] and number == 1 else None
        yield event(
            f"{row['id']}-held-{number}",
            "events.activity_held",
            {
                "activity_id": row["id"],
                "occurrence": str(number),
                "on": day,
                "attendance": counted,
            },
            row=f"activities.csv#{row['id']}",
            at=noon(day),
        )


def resources(tables: Tables) -> Iterator[CloudEvent]:
    """Yield the works and then their editions; works without a date stay out."""
    editions = {row["row"]: row for row in tables.editions}
    later: list[CloudEvent] = []
    for row in tables.resources:
        if tables.is_left_out("resources.csv", row["id"]):
            continue
        common = {"row": f"resources.csv#{row['id']}", "at": noon(row["published_date"])}
        link = row["source_url"]
        if tables.is_left_out("resources.csv", row["id"], "url"):
            link = ""
        if edition := editions.get(row["id"]):
            data: dict[str, Any] = {
                "resource_id": edition["work_id"],
                "on": row["published_date"],
                "language": edition["language"],
                "version": edition["version"] or None,
                "title": row["title"],
                "url": link or None,
            }
            later.append(
                event(f"{row['id']}-edition", "resources.edition_published", data, **common)
            )
            continue
        data = {
            "resource_id": row["id"],
            "title": row["title"],
            "kind": slug(row["kind"], "_"),
            "publisher": PUBLISHERS[row["publisher"]],
            "on": row["published_date"],
            "languages": parts(row["languages"]),
            "themes": [slug(theme, "_") for theme in parts(row["themes"])],
            "url": link or None,
        }
        yield event(f"{row['id']}-published", "resources.resource_published", data, **common)
    yield from later


def event(identity: str, name: str, data: dict[str, Any], *, row: str, at: str) -> CloudEvent:
    """Return a CloudEvent without its source; what is not known is left out of the data."""
    return {
        "id": identity,
        "type": f"tandem.{name}.v1",
        "time": at,
        "subject": row,
        "datacontenttype": "application/json",
        "data": {key: value for key, value in data.items() if value not in (None, [])},
    }


def noon(on: str) -> str:
    """Return noon UTC of the earliest day a date allows: the same civil day nearly everywhere."""
    year, month, day = (*on.split("-"), "01", "01")[:3]
    return f"{year}-{month}-{day}T12:00:00Z"


def days_of(row: Row) -> list[str]:
    """Return every day from the first to the last of an activity."""
    first, last = date.fromisoformat(row["start_date"]), date.fromisoformat(row["end_date"])
    return [(first + timedelta(days=n)).isoformat() for n in range((last - first).days + 1)]


def time_zone(row: Row, venues: Iterable[Row]) -> str:
    """Return the zone that an activity is dated in, by venues.csv.

    Raises:
        LookupError: the file does not say.
    """
    for venue in venues:
        same_place = (venue["place"], venue["country"]) == (
            row["city_or_online"],
            row["country_iso2"],
        )
        if same_place and venue["host"] in ("", row["host"]):
            return venue["time_zone"]
    raise LookupError(f"venues.csv has no zone for {row['id']}")


def readings(tables: Tables, reading: str) -> set[str]:
    """Return the activities that activity_readings.csv reads in a certain way."""
    return {row["activity_id"] for row in tables.activity_readings if row["reading"] == reading}


def slug(text: str, joint: str) -> str:
    """Return lower-case words joined by a character: "social cohesion" -> "social_cohesion"."""
    return re.sub(r"[^a-z0-9]+", joint, text.lower()).strip(joint)
