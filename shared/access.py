"""Who calls, and what they may do: the tokens this service knows, and one table of rights.

The file named by TANDEM_TOKENS_FILE holds only hashes: `{"<sha256 of token>": {"name", "role"}}`,
with `services` and `types` where somebody may not say everything. A new token works at once, and
one that was taken out ends within a second; nothing starts again for it.
"""

import hashlib
import hmac
import logging
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal

from pydantic import ConfigDict, StringConstraints, TypeAdapter, ValidationError

from shared.contracts.values import Contract, SourceName

logger = logging.getLogger(__name__)

CHECK_SECONDS = 1.0
UNREADABLE_SECONDS_MAX = 60.0
TOKEN_CHARACTERS_MAX = 512

Role = Literal["publisher", "viewer", "staff", "operator", "service", "collector"]


class Action(StrEnum):
    """What somebody may be allowed to do; every gRPC method names one of these."""

    COMMAND = "say that something happened"
    DECIDE = "decide what only a person may decide"
    PUBLISH = "publish a report"
    READ = "read reports and what they count"
    INSPECT = "look at messages as they came in"
    REPAIR = "replay or discard messages that were rejected"
    READ_RECEIPTS = "ask what became of a message"
    READ_LEDGER = "read a ledger entry by entry"
    RESOLVE_CITIES = "turn city references into cities"
    WATCH = "watch over the system"
    TELL = "tell what a service does, in spans and logs"


RIGHTS: Mapping[Action, frozenset[Role]] = {
    Action.COMMAND: frozenset({"publisher", "staff", "service"}),
    Action.DECIDE: frozenset({"staff", "operator"}),
    Action.PUBLISH: frozenset({"staff"}),
    Action.READ: frozenset({"publisher", "viewer", "staff", "operator", "service"}),
    # What was rejected may name people, so it is for those who repair it.
    Action.INSPECT: frozenset({"staff", "operator", "service"}),
    Action.REPAIR: frozenset({"staff", "operator"}),
    # Of publishers only about their own messages: shared/receipts.py.
    Action.READ_RECEIPTS: frozenset({"publisher", "staff", "operator", "service"}),
    Action.READ_LEDGER: frozenset({"operator", "service"}),
    Action.RESOLVE_CITIES: frozenset({"operator", "service"}),
    # The dashboard shows what was rejected too.
    Action.WATCH: frozenset({"staff", "operator"}),
    Action.TELL: frozenset({"operator", "service", "collector"}),
}


class Principal(Contract):
    """Who a token belongs to; `name` is the source of what they say.

    `services` and `types` are the scope of what they may say happened: None is everything. Types
    stand under their full names. `made_at` is when the token was made, if that is known. What a
    newer version adds to the file is passed over.
    """

    model_config = ConfigDict(extra="ignore")

    name: SourceName
    role: Role
    services: tuple[str, ...] | None = None
    types: tuple[str, ...] | None = None
    made_at: datetime | None = None


def may(principal: Principal, action: Action) -> bool:
    """Tell whether the principal's role allows the action."""
    return principal.role in RIGHTS[action]


def may_say(principal: Principal, type_: str) -> bool:
    """Tell whether the principal may say that something of this type happened."""
    return may(principal, Action.COMMAND) and scope_lacking(principal, type_) is None


def scope_lacking(principal: Principal, type_: str) -> str | None:
    """Return what the principal's scope would have to hold for this type; None when it does.

    Args:
        principal: who would say it.
        type_: a full name such as `tandem.events.attendance_recorded.v1`. The versions of a type
            share a scope, as they share a subject of NATS.
    """
    words = type_.split(".")
    service = words[1] if len(words) > 1 else type_
    if principal.services is not None and service not in principal.services:
        return f"the service {service}"
    if principal.types is not None and unversioned(type_) not in map(unversioned, principal.types):
        return f"the type {type_}"
    return None


def unversioned(type_: str) -> str:
    """Return a type without its version: `tandem.events.activity_held`."""
    return type_.rpartition(".")[0]


def digest_of(token: str) -> str:
    """Return the hash under which a token stands in the file."""
    return hashlib.sha256(token.encode()).hexdigest()


Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
_tokens = TypeAdapter(dict[Digest, Principal])


class Access:
    """The principals in a tokens file, as it stands now."""

    def __init__(self, file: Path, monotonic: Callable[[], float] = time.monotonic) -> None:
        """Read the file.

        Raises:
            OSError: it cannot be read.
            ValueError: it is not what the top of this module says.
        """
        self._file, self._monotonic = file, monotonic
        self._checked_at = self._read_at = monotonic()
        self._state = self._stat()
        self._principals = self._load()

    def authenticate(self, token: str | None) -> Principal | None:
        """Return whom the token belongs to, or None when it is nobody's.

        Compares with every known hash in constant time, so an answer's delay tells nothing.
        """
        if token is None or not 0 < len(token) <= TOKEN_CHARACTERS_MAX:
            return None
        if self._monotonic() - self._checked_at >= CHECK_SECONDS:
            self._refresh()
        digest = digest_of(token)
        found = self._found(digest)
        if found is None:  # it may have been made a moment ago
            self._refresh()
            found = self._found(digest)
        return found

    def _found(self, digest: str) -> Principal | None:
        found = None
        for known, principal in self._principals.items():
            if hmac.compare_digest(known, digest):
                found = principal
        return found

    def named(self, name: str) -> Principal | None:
        """Return the principal of a name, as long as a token of theirs is valid."""
        self._refresh()
        found = (each for each in self._principals.values() if each.name == name)
        return next(found, None)

    def publishers(self) -> list[Principal]:
        """Return those who publish, once for each valid token of theirs."""
        self._refresh()
        return [each for each in self._principals.values() if each.role == "publisher"]

    def _refresh(self) -> None:
        """Take over a changed file; while it cannot be read, the old one counts for a minute."""
        self._checked_at = now = self._monotonic()
        try:
            state = self._stat()
            if state != self._state:
                self._principals, self._state = self._load(), state
            self._read_at = now
        except (OSError, ValueError) as error:
            logger.error("tokens file cannot be read: %s", error)
            if now - self._read_at > UNREADABLE_SECONDS_MAX:
                self._principals, self._state = {}, None

    def _stat(self) -> tuple[int, int, int] | None:
        status = self._file.stat()
        return status.st_mtime_ns, status.st_size, status.st_ino

    def _load(self) -> dict[str, Principal]:
        try:
            return _tokens.validate_json(self._file.read_bytes(), strict=True)
        except ValidationError as error:
            problem = error.errors(include_input=False)[0]["msg"]
            # Without the input: a token may stand where its hash belongs.
            raise ValueError(f"{self._file}: not a list of principals: {problem}") from None
