"""CloudEvents in the words of the contract, for tests that publish: each builder returns one."""

from collections.abc import Mapping
from typing import Any

from tests.support.system import said

Event = dict[str, Any]
MARCH_27 = "2024-03-27"


def registered(city_id: str, id: str | None = None, /, **data: Any) -> Event:
    """A city of Belgium that GeoNames does not know, unless told otherwise."""
    usual = {"name": city_id.title(), "kind": "city", "country": "BE"}
    return said("membership.city_registered", id, city_id=city_id, **usual | data)


def described(city_id: str, id: str | None = None, /, **data: Any) -> Event:
    """What has changed about a city."""
    return said("membership.city_described", id, city_id=city_id, **data)


def joined(
    city: str | Mapping[str, Any],
    id: str | None = None,
    /,
    network: str = "NLC",
    on: str = "2020-01-01",
) -> Event:
    """A city's membership begins."""
    return said("membership.membership_started", id, city=reference(city), network=network, on=on)


def scheduled(activity_id: str, id: str | None = None, /, **data: Any) -> Event:
    """A webinar of both networks on 27 March 2024."""
    usual = {
        "kind": "webinar",
        "title": f"Webinar {activity_id}",
        "organisers": ["NLC", "SCN"],
        "starts_at": f"{MARCH_27}T14:00",
        "time_zone": "America/New_York",
    }
    return said("events.activity_scheduled", id, activity_id=activity_id, **usual | data)


def held(activity_id: str, id: str | None = None, /) -> Event:
    """It took place on 27 March 2024."""
    return said("events.activity_held", id, activity_id=activity_id, on=MARCH_27)


def attended(
    activity_id: str, id: str | None = None, /, *people: Mapping[str, Any], **data: Any
) -> Event:
    """A final attendance file; each person an attendee who stayed for half an hour."""
    participants = [
        {
            "person": {k: v for k, v in person.items() if k != "city"},
            "role": "attendee",
            "intervals": [[f"{MARCH_27}T18:00:00Z", f"{MARCH_27}T18:30:00Z"]],
        }
        | {k: v for k, v in person.items() if k == "city"}
        for person in people
    ]
    return said(
        "events.attendance_recorded",
        id,
        activity_id=activity_id,
        **{"final": True, "participants": participants} | data,
    )


def came(activity_id: str, city: str | Mapping[str, Any], id: str | None = None, /) -> Event:
    """A city is named as having taken part."""
    return said("events.city_attended", id, activity_id=activity_id, city=reference(city))


def published(resource_id: str, id: str | None = None, /, **data: Any) -> Event:
    """A toolkit of SCN."""
    usual = {
        "title": f"Toolkit {resource_id}",
        "kind": "toolkit",
        "publisher": "SCN",
        "on": "2024-02-01",
        "languages": ["en"],
    }
    return said("resources.resource_published", id, resource_id=resource_id, **usual | data)


def shared_with(resource_id: str, network: str, id: str | None = None, /) -> Event:
    """A work was made available to the members of a network."""
    data = {"resource_id": resource_id, "with": network, "on": "2024-03-01"}
    return said("resources.resource_shared", id, **data)


def reference(city: str | Mapping[str, Any]) -> dict[str, Any]:
    """A city by its id, or as somebody else names it."""
    return {"city_id": city} if isinstance(city, str) else dict(city)
