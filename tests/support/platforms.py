"""What Zoom and Eventbrite send, in the shapes that their references show."""

from typing import Any

from services.gateway.domain.platforms import Telling

TELLING = Telling("platform", ("NLC", "SCN"), "webinar", "UTC", {})
WEBINAR: dict[str, Any] = {
    "uuid": "4444==",
    "id": 81234567890,
    "host_id": "host-1",
    "topic": "Responding to hate",
    "type": 5,
    "start_time": "2024-03-20T18:00:00Z",
    "duration": 60,
    "timezone": "America/New_York",
}
ENDED = {"start_time": "2024-03-20T18:02:11Z", "end_time": "2024-03-20T19:01:40Z"}
ATTENDEE: dict[str, Any] = {
    "id": "1234567",
    "event_id": "987654",
    "created": "2024-03-01T10:00:00Z",
    "changed": "2024-03-20T18:05:00Z",
    "checked_in": False,
    "cancelled": False,
    "refunded": False,
    "status": "Attending",
    "profile": {
        "name": "Ana Silva",
        "email": "ana@example.org",
        "company": "City of Dayton",
        "addresses": {"home": {"city": "Dayton", "country": "US", "region": "OH"}},
    },
}
EVENT: dict[str, Any] = {
    "id": "987654",
    "name": {"text": "Responding to hate", "html": "<b>Responding to hate</b>"},
    "start": {"timezone": "America/New_York", "utc": "2024-03-20T18:00:00Z"},
    "end": {"timezone": "America/New_York", "utc": "2024-03-20T19:30:00Z"},
    "changed": "2024-02-01T09:00:00Z",
    "status": "live",
    "online_event": True,
}


def zoom(name: str, **object_: Any) -> dict[str, Any]:
    """Return a message of Zoom about a webinar or meeting."""
    said = {key: value for key, value in {**WEBINAR, **object_}.items() if value is not None}
    return {
        "event": name,
        "event_ts": 1710961301500,
        "payload": {"account_id": "account", "object": said},
    }


def eventbrite(action: str, api_url: str) -> dict[str, Any]:
    """Return a message of Eventbrite: an action, and where the object can be read."""
    config = {
        "action": action,
        "user_id": "1",
        "endpoint_url": "https://tandem.example/webhooks/eventbrite/platform",
        "webhook_id": "42",
    }
    return {"config": config, "api_url": api_url}
