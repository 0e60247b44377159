"""What the webhooks of all platforms have in common when they are turned into events.

A platform says the same thing again when it is not answered in time, so the id of an event follows
from what the platform says, and from nothing else: a repeat changes nothing.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any
from zoneinfo import ZoneInfo

from shared.contracts.envelope import SOURCE_PREFIX
from shared.contracts.values import known_time_zones

ID_CHARACTERS = 32
SLUG = re.compile(r"[^a-z0-9]+")
COUNTRY = re.compile(r"[A-Z]{2}")
SUBDIVISION = re.compile(r"[A-Z0-9]{1,3}")


class NotUnderstood(Exception):
    """What a platform sends lacks something that its event needs; the text names it."""


@dataclass(frozen=True, slots=True)
class Telling:
    """Which credential a webhook speaks for, and what its platform does not say.

    Args:
        name: of the credential, the source of its events.
        organisers: who holds the activities.
        kind: of which kind they are.
        time_zone: where nothing else tells one.
        activities: a platform's id -> the activity that others know.
    """

    name: str
    organisers: Sequence[str]
    kind: str
    time_zone: str
    activities: Mapping[str, str]

    def activity(self, platform: str, outside_id: str) -> str:
        """Return the activity that a platform knows under an id of its own."""
        plain = "".join(each for each in outside_id if not each.isspace())
        return self.activities.get(plain) or f"{platform}-{slug(plain)}"[:80]

    def zone(self, name: object) -> str:
        """Return the time zone that a platform names, or the webhook's own."""
        return name if isinstance(name, str) and name in known_time_zones() else self.time_zone


def event(
    telling: Telling, type_: str, time: datetime, data: Mapping[str, Any], *identity: object
) -> dict[str, Any]:
    """Return a CloudEvent.

    Args:
        telling: whose it is.
        type_: "events.activity_held".
        time: when it happened.
        data: as the type has it; what is None is left out.
        identity: what makes it this event and no other, all of it said by the platform.
    """
    said = json.dumps([type_, *identity], separators=(",", ":"), default=str)
    return {
        "specversion": "1.0",
        "id": sha256(said.encode()).hexdigest()[:ID_CHARACTERS],
        "source": f"{SOURCE_PREFIX}{telling.name}",
        "type": f"tandem.{type_}.v1",
        "time": time.astimezone(UTC).isoformat(),
        "datacontenttype": "application/json",
        "data": {name: value for name, value in data.items() if value is not None},
    }


def slug(text: str) -> str:
    """Return a text as a part of an id: a-z, 0-9 and hyphens."""
    return SLUG.sub("-", text.casefold()).strip("-")


def wanted(document: Mapping[str, Any], *path: str) -> Any:
    """Return what stands somewhere in a document.

    Raises:
        NotUnderstood: nothing stands there.
    """
    found: Any = document
    for part in path:
        found = found.get(part) if isinstance(found, Mapping) else None
    if found is None or found == "":
        raise NotUnderstood(f"{'.'.join(path)} is missing")
    return found


def text(document: Mapping[str, Any], name: str) -> str | None:
    """Return a text, None when it is not there or says nothing."""
    found = document.get(name)
    return found.strip() or None if isinstance(found, str) else None


def instant(said: object, name: str) -> datetime:
    """Return a moment that a platform tells with its offset.

    Raises:
        NotUnderstood: it tells none.
    """
    try:
        moment = datetime.fromisoformat(str(said))
    except ValueError:
        raise NotUnderstood(f"{name} is no time: {str(said)[:40]!r}") from None
    if moment.tzinfo is None:
        raise NotUnderstood(f"{name} has no offset: {str(said)[:40]!r}")
    return moment


def local(moment: datetime, zone: str) -> str:
    """Return the local time of a moment in a zone: "2024-03-27T14:00"."""
    return moment.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%dT%H:%M:%S").removesuffix(":00")


def local_day(moment: datetime, zone: str) -> str:
    """Return the local day of a moment in a zone, which names a sitting of a series."""
    return moment.astimezone(ZoneInfo(zone)).date().isoformat()


def city(name: str | None, country: str | None, state: str | None) -> dict[str, str] | None:
    """Return the city that somebody has declared, or None when it cannot be told which is meant."""
    if name is None or country is None or COUNTRY.fullmatch(country) is None:
        return None
    declared = {"name": name, "country": country}
    if state is not None and SUBDIVISION.fullmatch(state):
        declared["subdivision"] = state
    return declared
