"""gRPC commands: each method takes the message that it mirrors, by the same way as from NATS."""

from typing import Any, Protocol

from google.protobuf.message import Message as ProtoMessage

from shared.clock import Clock
from shared.contracts.values import Message
from shared.intake import Intake
from shared.rpc import received, to_receipt


class TakesCommands(Protocol):
    """A servicer of an owning service."""

    intake: Intake
    clock: Clock


def command(message: type[Message], response: type[Any]) -> Any:
    """Return the method that takes this message and answers with its receipt once it is durable.

    Raises:
        InvalidData, Refused, IdReused, VersionConflict, Unavailable: as `shared/rpc` tells them.
    """

    async def take(self: TakesCommands, request: ProtoMessage, context: Any) -> Any:
        receipt = await self.intake.command(received(request, message, self.clock()))
        return response(receipt=to_receipt(receipt))

    take.__name__ = response.__name__.removesuffix("Response")
    take.__doc__ = message.__doc__
    return take
