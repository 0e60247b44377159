"""The webhooks that other platforms call: which credential each speaks for, and its secret.

They stand in one private file, written by `tandem credentials webhook` and read by the gateway; a
change of it counts within a second. A webhook lives no longer than the credential of its name.
"""

import logging
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, StringConstraints, TypeAdapter, ValidationError, model_validator

from shared.contracts.values import (
    ActivityKind,
    Contract,
    Organisation,
    Slug,
    SourceName,
    TimeZone,
)

logger = logging.getLogger(__name__)

CHECK_SECONDS = 1.0
SECRET_CHARACTERS_MIN, SECRET_CHARACTERS_MAX = 8, 512
ACTIVITIES_MAX = 10_000

Platform = Literal["zoom", "eventbrite"]
Secret = Annotated[
    str,
    StringConstraints(
        min_length=SECRET_CHARACTERS_MIN,
        max_length=SECRET_CHARACTERS_MAX,
        pattern=r"^[\x21-\x7e]+$",
    ),
]
Host = Annotated[
    str,
    StringConstraints(max_length=253, pattern=r"^[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:[0-9]{1,5})?$"),
]


class Webhook(Contract):
    """One platform's way in.

    `secret` signs what Zoom sends, or is the token with which Eventbrite is asked at `api_host`.
    The platforms say neither who holds an activity nor of what kind it is, so this is told here.
    `activities` leads from a platform's id to the activity that others know under another name.
    """

    platform: Platform
    secret: Secret
    organisers: Annotated[
        tuple[Organisation, ...], Field(min_length=1, max_length=20, strict=False)
    ]
    kind: ActivityKind = "webinar"
    time_zone: TimeZone = "UTC"
    api_host: Host | None = None
    activities: Annotated[dict[str, Slug], Field(max_length=ACTIVITIES_MAX)] = Field(
        default_factory=dict
    )

    @model_validator(mode="after")
    def _host_of_eventbrite(self) -> "Webhook":
        if self.platform == "eventbrite" and self.api_host is None:
            raise ValueError("what Eventbrite sends is only an address: name the host of its API")
        return self


_registry = TypeAdapter(dict[SourceName, Webhook])


def webhooks_in(text: str | bytes) -> dict[str, Webhook]:
    """Return the webhooks in a file's text, by the name of their credential.

    Raises:
        ValueError: it is no such file; the text names no secret.
    """
    try:
        return _registry.validate_json(text)
    except ValidationError as error:
        problem = error.errors(include_input=False)[0]
        raise ValueError(f"{'.'.join(map(str, problem['loc']))}: {problem['msg']}") from None


def text_of(webhooks: Mapping[str, Webhook]) -> str:
    """Return the text of the file that holds these webhooks."""
    return _registry.dump_json(dict(webhooks), indent=2, exclude_none=True).decode() + "\n"


class Webhooks:
    """The webhooks in a file, as it stands now; none while there is no file."""

    def __init__(self, file: Path | None, monotonic: Callable[[], float] = time.monotonic) -> None:
        """Bind the file; None where there can be none."""
        self._file, self._monotonic = file, monotonic
        self._checked_at = float("-inf")
        self._state: tuple[int, int, int] | None = None
        self._webhooks: Mapping[str, Webhook] = {}

    def named(self, name: str, platform: Platform) -> Webhook | None:
        """Return a platform's webhook, or None when nobody has registered it."""
        self._refresh()
        found = self._webhooks.get(name)
        return found if found is not None and found.platform == platform else None

    def _refresh(self) -> None:
        now = self._monotonic()
        if self._file is None or now - self._checked_at < CHECK_SECONDS:
            return
        self._checked_at = now
        try:
            status = self._file.stat()
            state = status.st_mtime_ns, status.st_size, status.st_ino
            if state != self._state:
                self._webhooks, self._state = webhooks_in(self._file.read_bytes()), state
        except FileNotFoundError:
            self._webhooks, self._state = {}, None
        except (OSError, ValueError) as error:
            # What cannot be read lets nobody in: a secret may have been taken back.
            logger.error("the file of webhooks cannot be read: %s", error)
            self._webhooks, self._state = {}, None
