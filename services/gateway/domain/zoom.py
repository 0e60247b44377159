"""What Zoom tells of webinars and meetings, as events; what we have no word for is passed over.

A meeting that recurs is one activity with a sitting for each local day; anything else has a sole
sitting. Who joined and left is provisional: the attendance report, imported later, supersedes it.

Source: Zoom, API reference "Meetings", webhook events, payloads of webinar.* and meeting.*.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from services.gateway.domain.platforms import (
    NotUnderstood,
    Telling,
    city,
    event,
    instant,
    local,
    local_day,
    text,
    wanted,
)

PLATFORM = "zoom"
VALIDATION = "endpoint.url_validation"
RECURRING = frozenset({3, 6, 8, 9})
"""Types of webinars and meetings that are held several times."""
KINDS = ("webinar", "meeting")
OCCURRENCES_MAX = 400
MILLISECONDS = 1000

Events = list[dict[str, Any]]
Said = Mapping[str, Any]


def events_of(document: Said, telling: Telling) -> Events:
    """Return the events that follow from what Zoom says; none from what we have no word for.

    Raises:
        NotUnderstood: something that the event needs is missing or is not what it should be.
    """
    kind, _, name = str(wanted(document, "event")).partition(".")
    told = TOLD.get(name) if kind in KINDS else None
    if told is None:
        return []
    object_ = wanted(document, "payload", "object")
    if not isinstance(object_, Mapping):
        raise NotUnderstood("payload.object is no object")
    return told(document, object_, telling)


def _created(document: Said, object_: Said, telling: Telling) -> Events:
    if text(object_, "start_time") is None and not object_.get("occurrences"):
        return []  # it recurs without a fixed time, so nobody can be told when
    zone = telling.zone(object_.get("timezone"))
    sittings = _sittings(object_, zone)
    start = text(object_, "start_time") or text(object_["occurrences"][0], "start_time")
    duration = object_.get("duration")
    data = {
        "activity_id": _activity(object_, telling),
        "kind": telling.kind,
        "title": wanted(object_, "topic"),
        "organisers": list(telling.organisers),
        "starts_at": local(instant(start, "start_time"), zone),
        "time_zone": zone,
        "duration_minutes": duration if isinstance(duration, int) and duration > 0 else None,
        "delivery": "online",
        "occurrences": [
            {"occurrence": day, "starts_at": starts_at} for day, starts_at in sittings.items()
        ]
        or None,
    }
    return [_event(document, object_, telling, "events.activity_scheduled", data)]


def _updated(document: Said, object_: Said, telling: Telling) -> Events:
    """Return what moved; a title alone cannot be told anew, since Zoom sends only what changed."""
    before = document["payload"].get("old_object")
    old = before if isinstance(before, Mapping) else {}
    zone = telling.zone(object_.get("timezone") or old.get("timezone"))
    activity = _activity(object_, telling)
    if (start := text(object_, "start_time")) and not object_.get("occurrences"):
        data = {
            "activity_id": activity,
            "starts_at": local(instant(start, "start_time"), zone),
            "time_zone": zone,
        }
        return [_event(document, object_, telling, "events.activity_rescheduled", data)]
    days = {each.get("occurrence_id"): each for each in _occurrences(old)}
    moved = []
    for each in _occurrences(object_):
        was = days.get(each.get("occurrence_id"))
        if was is None or was.get("start_time") == each.get("start_time"):
            continue
        data = {
            "activity_id": activity,
            "occurrence": local_day(instant(was.get("start_time"), "start_time"), zone),
            "starts_at": local(instant(each.get("start_time"), "start_time"), zone),
            "time_zone": zone,
        }
        moved.append(
            _event(
                document,
                object_,
                telling,
                "events.activity_rescheduled",
                data,
                each["occurrence_id"],
            )
        )
    return moved


def _deleted(document: Said, object_: Said, telling: Telling) -> Events:
    zone, activity = telling.zone(object_.get("timezone")), _activity(object_, telling)
    single = document["payload"].get("operation") == "single"
    if not single:
        data = {"activity_id": activity}
        return [_event(document, object_, telling, "events.activity_cancelled", data)]
    return [
        _event(
            document,
            object_,
            telling,
            "events.activity_cancelled",
            {
                "activity_id": activity,
                "occurrence": local_day(instant(each.get("start_time"), "start_time"), zone),
            },
            each.get("occurrence_id"),
        )
        for each in _occurrences(object_)
    ]


def _ended(document: Said, object_: Said, telling: Telling) -> Events:
    started = instant(wanted(object_, "start_time"), "start_time")
    end = text(object_, "end_time")
    ended = instant(end, "end_time") if end else _moment(document)
    data = {
        **_sitting(object_, telling),
        "started_at": started.isoformat(),
        "ended_at": ended.isoformat(),
    }
    return [_event(document, object_, telling, "events.activity_held", data)]


def _joined(document: Said, object_: Said, telling: Telling) -> Events:
    return _passed(document, object_, telling, "events.participant_joined", "join_time")


def _left(document: Said, object_: Said, telling: Telling) -> Events:
    return _passed(document, object_, telling, "events.participant_left", "leave_time")


def _passed(document: Said, object_: Said, telling: Telling, type_: str, when: str) -> Events:
    participant = wanted(object_, "participant")
    said = text(participant, when) or text(participant, "date_time")
    at = instant(said, f"participant.{when}") if said else _moment(document)
    host = text(participant, "id") is not None and participant["id"] == object_.get("host_id")
    data = {
        **_sitting(object_, telling),
        "person": _participant(object_, participant),
        "role": "host" if host else "attendee",
        "at": at.isoformat(),
    }
    identity = [
        participant.get(name) for name in ("participant_uuid", "user_id", "id", "registrant_id")
    ]
    return [_event(document, object_, telling, type_, data, *identity, said)]


def _registered(document: Said, object_: Said, telling: Telling) -> Events:
    if wanted(object_, "registrant").get("status") not in (None, "", "approved"):
        return []  # it is still to be approved, or was not
    return _registration(document, object_, telling, "events.registration_received")


def _withdrew(document: Said, object_: Said, telling: Telling) -> Events:
    return _registration(document, object_, telling, "events.registration_cancelled")


def _registration(document: Said, object_: Said, telling: Telling, type_: str) -> Events:
    registrant = wanted(object_, "registrant")
    names = [name for each in ("first_name", "last_name") if (name := text(registrant, each))]
    person = {
        "email": text(registrant, "email"),
        "name": " ".join(names) or None,
        "organisation": text(registrant, "org"),
    }
    if person["email"] is None:
        person["id"] = f"{PLATFORM} {wanted(registrant, 'id')}"
    place = (text(registrant, "city"), text(registrant, "country"), text(registrant, "state"))
    data = {
        **_sitting(object_, telling),
        "person": {name: value for name, value in person.items() if value is not None},
        "city": city(*place),
    }
    return [_event(document, object_, telling, type_, data, registrant.get("id"), person["email"])]


TOLD: Mapping[str, Callable[[Said, Said, Telling], Events]] = {
    "created": _created,
    "updated": _updated,
    "deleted": _deleted,
    "ended": _ended,
    "participant_joined": _joined,
    "participant_left": _left,
    "registration_created": _registered,
    "registration_approved": _registered,
    "registration_cancelled": _withdrew,
}
"""What we have a word for. That one has started is told by its end, with both times."""


def _event(
    document: Said, object_: Said, telling: Telling, type_: str, data: Said, *identity: object
) -> dict[str, Any]:
    """Return an event; Zoom sends a message again with the time of its first sending."""
    name = document["event"]
    return event(
        telling,
        type_,
        _moment(document),
        data,
        *(name, document.get("event_ts"), object_.get("id"), object_.get("uuid"), *identity),
    )


def _moment(document: Said) -> datetime:
    """Return when Zoom says that it happened."""
    stamp = document.get("event_ts") or document.get("payload", {}).get("time_stamp")
    if isinstance(stamp, bool) or not isinstance(stamp, int) or not 0 < stamp < 10**14:
        raise NotUnderstood("event_ts is no time in milliseconds")
    return datetime.fromtimestamp(stamp / MILLISECONDS, UTC)


def _activity(object_: Said, telling: Telling) -> str:
    return telling.activity(PLATFORM, str(wanted(object_, "id")))


def _sitting(object_: Said, telling: Telling) -> dict[str, Any]:
    """Return which sitting of which activity is meant."""
    sitting = {"activity_id": _activity(object_, telling)}
    start = text(object_, "start_time")
    if object_.get("type") in RECURRING and start is not None:
        zone = telling.zone(object_.get("timezone"))
        sitting["occurrence"] = local_day(instant(start, "start_time"), zone)
    return sitting


def _occurrences(object_: Said) -> list[Said]:
    listed = object_.get("occurrences")
    found = listed if isinstance(listed, list) else []
    return [each for each in found[:OCCURRENCES_MAX] if isinstance(each, Mapping)]


def _sittings(object_: Said, zone: str) -> dict[str, str]:
    """Return when each sitting of a series starts, by its local day."""
    starts = [
        instant(each.get("start_time"), "occurrences.start_time")
        for each in _occurrences(object_)
        if each.get("status") != "deleted"
    ]
    return {local_day(start, zone): local(start, zone) for start in starts}


def _participant(object_: Said, participant: Said) -> dict[str, str]:
    """Return who it is: by address, else by what Zoom knows them under, else for this sitting."""
    name = text(participant, "user_name")
    if email := text(participant, "email"):
        return {"email": email} | ({"name": name} if name else {})
    known = text(participant, "registrant_id") or text(participant, "id")
    if known is None:
        instance = object_.get("uuid") or wanted(object_, "id")
        known = f"{instance} {wanted(participant, 'user_id')}"
    return {"id": f"{PLATFORM} {known}"} | ({"name": name} if name else {})
