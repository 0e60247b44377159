"""What Eventbrite tells of events and attendees, as our events.

Its webhook says only that something changed, and under which address it can be read; so whatever
is sent, the truth is what its API answers. Which addresses may be asked is decided here.

Source: Eventbrite, "Using webhooks" and API reference v3, objects Event, Order and Attendee.
"""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from services.gateway.domain.platforms import (
    NotUnderstood,
    Telling,
    city,
    event,
    instant,
    local,
    text,
    wanted,
)

PLATFORM = "eventbrite"
NUMBER = r"[0-9]{1,20}"
PATHS: Mapping[str, tuple[re.Pattern[str], str]] = {
    "event": (re.compile(rf"/v3/events/{NUMBER}/"), "expand=venue"),
    "order": (re.compile(rf"/v3/orders/{NUMBER}/"), "expand=attendees"),
    "attendee": (re.compile(rf"/v3/events/{NUMBER}/attendees/{NUMBER}/"), ""),
}
"""What may be asked, by the object that an action begins with, and with which question."""
WITHDRAWN = frozenset({"Not Attending", "Deleted"})
ATTENDEES_MAX = 1_000

Events = list[dict[str, Any]]
Said = Mapping[str, Any]


class NotFetched(Exception):
    """The address is not one that is asked; nothing was."""


def action_of(document: Said) -> str:
    """Return what happened: "attendee.updated".

    Raises:
        NotUnderstood: it does not say.
    """
    return str(wanted(document, "config", "action"))


def path_of(document: Said, api_host: str) -> str | None:
    """Return the path to ask at the host of the API; None for what we have no word for.

    Args:
        document: what the webhook sent.
        api_host: the host that was configured, and the only one that is ever asked.

    Raises:
        NotUnderstood: something is missing.
        NotFetched: the address leads elsewhere.
    """
    kind = action_of(document).partition(".")[0]
    if kind not in PATHS:
        return None
    said = str(wanted(document, "api_url"))
    if not said.isprintable():
        raise NotFetched("api_url is no address")
    try:
        address = urlsplit(said)
    except ValueError:
        raise NotFetched("api_url is no address") from None
    if address.scheme != "https" or address.netloc != api_host:
        raise NotFetched(
            f"api_url does not lead to https://{api_host}, the host that is configured"
        )
    pattern, question = PATHS[kind]
    if address.query or address.fragment or pattern.fullmatch(address.path) is None:
        raise NotFetched(f"api_url is not the address of an object of the kind {kind}")
    return f"{address.path}?{question}" if question else address.path


def events_of(action: str, found: Said, telling: Telling) -> Events:
    """Return the events that follow from what the API answered.

    Raises:
        NotUnderstood: something that the event needs is missing or is not what it should be.
    """
    kind, _, happened = action.partition(".")
    match kind:
        case "event":
            return _activity(found, telling)
        case "order":
            attendees = found.get("attendees")
            listed = attendees if isinstance(attendees, list) else []
            if len(listed) > ATTENDEES_MAX:
                raise NotUnderstood(f"the order has more than {ATTENDEES_MAX} attendees")
            return [told for each in listed for told in _registration(each, telling)]
        case "attendee" if happened == "checked_in":
            return [*_registration(found, telling), *_arrival(found, telling)]
        case "attendee":
            return _registration(found, telling)
    return []


def _activity(found: Said, telling: Telling) -> Events:
    status, changed = found.get("status"), _changed(found)
    identity = (found.get("id"), found.get("changed"), status)
    activity = _activity_id(wanted(found, "id"), telling)
    if status in ("canceled", "cancelled"):
        data: dict[str, Any] = {"activity_id": activity}
        return [event(telling, "events.activity_cancelled", changed, data, *identity)]
    if status == "draft":
        return []  # nobody was told of it yet
    zone = telling.zone(wanted(found, "start", "timezone"))
    start = instant(wanted(found, "start", "utc"), "start.utc")
    end = instant(wanted(found, "end", "utc"), "end.utc")
    minutes = int((end - start).total_seconds() // 60)
    data = {
        "activity_id": activity,
        "kind": telling.kind,
        "title": wanted(found, "name", "text"),
        "organisers": list(telling.organisers),
        "starts_at": local(start, zone),
        "time_zone": zone,
        "duration_minutes": minutes if minutes > 0 else None,
        "delivery": "online" if found.get("online_event") is True else "in_person",
    }
    return [event(telling, "events.activity_scheduled", changed, data, *identity)]


def _registration(found: Any, telling: Telling) -> Events:
    if not isinstance(found, Mapping):
        raise NotUnderstood("an attendee is no object")
    withdrew = (
        found.get("cancelled") is True
        or found.get("refunded") is True
        or found.get("status") in WITHDRAWN
    )
    name = "registration_cancelled" if withdrew else "registration_received"
    profile = found.get("profile") if isinstance(found.get("profile"), Mapping) else {}
    data = {**_who(found, telling), "city": _city(profile or {})}
    identity = (found.get("id"), found.get("changed" if withdrew else "created"), data)
    # What was once said stays as it is: the order's own moment, whatever changed since.
    when = _changed(found) if withdrew else instant(wanted(found, "created"), "created")
    return [event(telling, f"events.{name}", when, data, *identity)]


def _arrival(found: Said, telling: Telling) -> Events:
    if found.get("checked_in") is not True:
        return []  # it was taken back before we could ask
    at = _changed(found)
    data = {**_who(found, telling), "role": "attendee", "at": at.isoformat()}
    identity = (found.get("id"), found.get("changed"))
    return [event(telling, "events.participant_joined", at, data, *identity)]


def _who(found: Said, telling: Telling) -> dict[str, Any]:
    profile = wanted(found, "profile")
    person = {
        "email": text(profile, "email"),
        "name": text(profile, "name"),
        "organisation": text(profile, "company"),
    }
    if person["email"] is None:
        person["id"] = f"{PLATFORM} {wanted(found, 'id')}"
    return {
        "activity_id": _activity_id(wanted(found, "event_id"), telling),
        "person": {name: value for name, value in person.items() if value is not None},
    }


def _city(profile: Said) -> dict[str, str] | None:
    addresses = profile.get("addresses")
    if not isinstance(addresses, Mapping):
        return None
    for kind in ("work", "home"):
        place = addresses.get(kind)
        if isinstance(place, Mapping):
            declared = city(text(place, "city"), text(place, "country"), text(place, "region"))
            if declared is not None:
                return declared
    return None


def _changed(found: Said) -> datetime:
    return instant(wanted(found, "changed"), "changed")


def _activity_id(outside_id: object, telling: Telling) -> str:
    return telling.activity(PLATFORM, str(outside_id))
