"""Drafts of events, and the CloudEvents made of them; the id of each follows from what it says.

What names people is known by all that is told of people in its file, under a key, so that nobody
can try out names against an id or a file hash. Anything else is known by its own content. The same
file again makes the same ids, and so only repeats.
"""

import hashlib
import hmac
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from shared.contracts.envelope import JSON_TYPE, SOURCE_PREFIX
from shared.contracts.messages.events import Passage, RecordAttendance, Registration
from shared.contracts.values import Message

CloudEvent = dict[str, Any]
DIGEST_CHARACTERS = 32
Personal = Registration | Passage | RecordAttendance


@dataclass(frozen=True, slots=True)
class Draft:
    """What an event will say, when it happened, and the row it comes from (0: the whole file).

    `id` is what the file itself calls it, where a file does.
    """

    message: Message
    time: datetime
    row: int = 0
    id: str | None = None


@dataclass(frozen=True, slots=True)
class Naming:
    """How the events of a file are named.

    Args:
        source: who publishes them.
        prefix: what their ids begin with.
        key: under which what is told of people is hashed.
        after: the file hash that stands, where a file replaced before is to stand again.
    """

    source: str
    prefix: str
    key: bytes
    after: str = ""


def cloud_events(drafts: Sequence[Draft], naming: Naming) -> list[CloudEvent]:
    """Return the events, in the order of their drafts."""
    people = _digest_of_people(drafts, naming)
    events = []
    count = 0
    for draft in drafts:
        message = draft.message
        if draft.id is not None:
            id_ = draft.id
        elif isinstance(message, Personal):
            count += 1
            id_ = f"{naming.prefix}-{people[:DIGEST_CHARACTERS]}-{count}"
        else:
            own = digest([_said(draft)], naming.key)
            id_ = f"{naming.prefix}-{own[:DIGEST_CHARACTERS]}"
        if isinstance(message, RecordAttendance) and message.file_hash is None:
            message = message.model_copy(update={"file_hash": file_hash(drafts, naming)})
        events.append(_event(message, draft.time, id_, naming.source))
    return events


def file_hash(drafts: Sequence[Draft], naming: Naming) -> str:
    """Return the hash under which a file's attendance is recorded."""
    return f"sha256:{_digest_of_people(drafts, naming)}"


def _digest_of_people(drafts: Sequence[Draft], naming: Naming) -> str:
    personal = [_said(draft) for draft in drafts if isinstance(draft.message, Personal)]
    return digest([*personal, naming.after], naming.key)


def digest(texts: Iterable[str], key: bytes) -> str:
    """Return a keyed hash of texts in their order."""
    digester = hmac.new(key, digestmod=hashlib.sha256)
    for text in texts:
        digester.update(text.encode() + b"\0")
    return digester.hexdigest()


def _said(draft: Draft) -> str:
    data = _data(draft.message)
    told = json.dumps(data, sort_keys=True, separators=(",", ":"))
    return f"{draft.message.TYPE} {draft.time.astimezone(UTC).isoformat()} {told}"


def _event(message: Message, time: datetime, id_: str, source: str) -> CloudEvent:
    return {
        "specversion": "1.0",
        "id": id_,
        "source": f"{SOURCE_PREFIX}{source}",
        "type": message.TYPE,
        "time": time.astimezone(UTC).isoformat(),
        "datacontenttype": JSON_TYPE,
        "data": _data(message),
    }


def _data(message: Message) -> dict[str, Any]:
    return message.model_dump(mode="json", by_alias=True, exclude_none=True, exclude_defaults=False)
