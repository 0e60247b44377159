"""What a publisher may have to deal with; everything else the client deals with itself."""

from collections.abc import Sequence

from shared.errors import TandemError, Violation

SHOWN_MAX = 3


class ClientError(TandemError):
    """Any of the errors below."""


class NotAccepted(ClientError):
    """The event breaks the contract; nothing of it was stored, and to send it again is of no use.

    Attributes:
        reason: the contract's word for it, such as "invalid_data".
        detail: what exactly is wrong, in a sentence.
        violations: each field at fault; `field` is its path in the event: "$.data.city.name".
    """

    def __init__(
        self, event_id: str | None, reason: str, detail: str, violations: Sequence[Violation] = ()
    ) -> None:
        """Name the event and what is wrong with it."""
        self.event_id, self.reason, self.detail = event_id, reason, detail
        self.violations = tuple(violations)
        super().__init__(f"{event_id or 'an event'}: {reason}: {self.told}")

    @property
    def told(self) -> str:
        """What is wrong: the first fields at fault with their paths, or the sentence."""
        shown = [f"{each.field}: {each.description}" for each in self.violations[:SHOWN_MAX]]
        return "; ".join(shown) or self.detail


class Rejected(NotAccepted):
    """The owner of the type could not accept an event that had arrived; it is kept there.

    Attributes:
        rejected_id: the number under which whoever runs Tandem finds it.
    """

    def __init__(
        self,
        event_id: str | None,
        reason: str,
        detail: str,
        violations: Sequence[Violation] = (),
        rejected_id: str = "",
    ) -> None:
        """Name the event, what is wrong with it, and where it is kept."""
        super().__init__(event_id, reason, detail, violations)
        self.rejected_id = rejected_id


class NotAllowed(ClientError):
    """The credential is unknown, was revoked, or may not say this."""


class Unreachable(ClientError):
    """Nobody answered for as long as the publisher has patience.

    Whether the events are stored is not known; sent again under the same ids they change nothing.
    """


class StillWaiting(ClientError, TimeoutError):
    """The event is kept until what it speaks of is known, and was so when the time was over."""

    def __init__(self, event_id: str, waiting_for: str) -> None:
        """Name the event, and the stream whose first fact is awaited."""
        super().__init__(f"{event_id} waits for {waiting_for}")
        self.event_id, self.waiting_for = event_id, waiting_for


class CannotAsk(ClientError):
    """Over NATS alone nobody tells what became of an event: name the gateway, or the services."""
