"""What a publisher says: a message of the contract in its envelope, as it goes over the wire."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any

import orjson

from shared.client.errors import NotAccepted
from shared.contracts.envelope import SOURCE_PREFIX, STRUCTURED, Malformed, TooLarge, parse
from shared.contracts.values import Message
from shared.errors import InvalidData, Violation
from shared.hints import json_path
from shared.recorded import messages_by_type
from shared.schemas import UNIONS
from shared.sift import TOO_FAR_AHEAD, Raw, sift

ID_HEX_DIGITS = 32


@dataclass(frozen=True, slots=True)
class Event:
    """A CloudEvent in the JSON format.

    Args:
        id: unique among all that its source sends.
        type: "tandem.events.activity_held.v1" and its like.
        body: all of it as JSON; without `source` when its publisher is to set that.
    """

    id: str
    type: str
    body: bytes

    @classmethod
    def of(
        cls,
        message: Message | str,
        data: Mapping[str, Any] | None = None,
        *,
        time: datetime | str,
        id: str | None = None,  # noqa: A002  the attribute's own name
        **attributes: str,
    ) -> "Event":
        """Return the event that says a message of the contract.

        Args:
            message: an instance of a class in shared/contracts/messages; or the name of a type,
                then with its `data` as in JSON.
            data: of a type given by name.
            time: when it happened, with its offset from UTC.
            id: the same for the same content when left out, so that whoever forgets what was sent
                may say all of it again.
            attributes: further ones of CloudEvents, such as `subject` or `correlationid`.
        """
        type_ = message if isinstance(message, str) else message.TYPE
        if not isinstance(message, str):
            data = message.model_dump(
                mode="json", by_alias=True, exclude_none=True, exclude_unset=True
            )
        stamp = time if isinstance(time, str) else time.isoformat()
        event = {"specversion": "1.0", "type": type_, "time": stamp, **attributes, "data": data}
        event_id = id or hashlib.sha256(_canonical(event)).hexdigest()[:ID_HEX_DIGITS]
        return cls(event_id, type_, orjson.dumps({"id": event_id, **event}))

    @classmethod
    def parse(cls, document: bytes | Mapping[str, Any]) -> "Event":
        """Return an event from its JSON, as bytes or parsed; bytes are sent as they are.

        Raises:
            NotAccepted: it has no id and no type that could be told.
        """
        body = document if isinstance(document, bytes) else orjson.dumps(dict(document))
        try:
            event = orjson.loads(body)
            id_, type_ = event["id"], event["type"]
            if not isinstance(id_, str) or not isinstance(type_, str):
                raise TypeError
        except (ValueError, KeyError, TypeError):
            raise NotAccepted(None, "malformed", "not a CloudEvent with an id and a type") from None
        return cls(id_, type_, body)

    @property
    def service(self) -> str:
        """The service that owns the type: "events"; empty when the type is none of Tandem's."""
        tandem, _, rest = self.type.partition(".")
        return rest.partition(".")[0] if tandem == "tandem" else ""

    def subject(self, source: str) -> str:
        """Return the NATS subject that its type goes on, under the name of a credential.

        Raises:
            NotAccepted: the type is none of Tandem's.
        """
        words = self.type.split(".")
        if len(words) != 4 or not self.service:
            said = f"type {self.type!r} is not of the form tandem.<service>.<name>.v<n>"
            raise NotAccepted(self.id, "unknown_type", said, [Violation("$.type", said)])
        return f"intake.{source}.{words[1]}.{words[2]}"

    def by(self, source: str) -> "Event":
        """Return the event with its source set, when it names none."""
        event = orjson.loads(self.body)
        if "source" in event:
            return self
        return Event(
            self.id, self.type, orjson.dumps({**event, "source": f"{SOURCE_PREFIX}{source}"})
        )

    @property
    def digest(self) -> str | None:
        """What its owner will know its content by, in hex; None of what is no whole event."""
        try:
            return parse({"content-type": STRUCTURED}, self.body).digest.hex()
        except (InvalidData, Malformed, TooLarge):
            return None

    def check(self, source: str) -> None:
        """Judge the event by the rules of the service that owns its type, with its own code.

        Raises:
            NotAccepted: it would be refused; the violations name the fields by their paths.
        """
        subject = self.subject(source)
        now = datetime.now(UTC)
        union = _unions().get(self.type.split(".")[1])
        if union is None:
            said = f"no service is named {self.service!r}"
            raise NotAccepted(self.id, "unknown_type", said, [Violation("$.type", said)])
        _, rejections = sift(
            [Raw(subject, {"content-type": STRUCTURED}, self.body, now)], union, now
        )
        for rejection in rejections:
            read = rejection.id is not None
            found = placed(rejection.violations, rejection.detail, envelope_read=read)
            raise NotAccepted(self.id, rejection.reason, rejection.detail, found)


@cache
def _unions() -> Mapping[str, Any]:
    """Map each service to the union of the messages it takes."""
    return {name.split(".")[1]: union for union in UNIONS for name in messages_by_type(union)}


def placed(violations: Iterable[Violation], detail: str, *, envelope_read: bool) -> list[Violation]:
    """Return what an owner found wrong, each with its path in the event: "$.data.city.name".

    Args:
        violations: with fields of the envelope or of the data; whatever of the envelope is wrong is
            found before the data are looked at, but for a time too far ahead.
        detail: the sentence that goes with them.
        envelope_read: an id and a type were told.
    """
    in_data = envelope_read and TOO_FAR_AHEAD not in detail
    return [
        Violation(json_path(each.field, within_data=in_data), each.description)
        for each in violations
    ]


def _canonical(event: Mapping[str, Any]) -> bytes:
    return json.dumps(event, sort_keys=True, separators=(",", ":")).encode()
