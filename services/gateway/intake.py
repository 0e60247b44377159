"""The way in: events of a request, judged, go into INTAKE, and are durable when this returns.

A repeat is stored again and changes nothing, because owners know it by (source, id). A crash before
the answer leaves the sender without one; it sends the same again. A bad event goes nowhere: whoever
sent it is told at once.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from services.gateway.domain.judging import Refusal, Sender, Taken, judge, taken_all_the_same
from services.gateway.domain.reading import Said
from shared import telemetry
from shared.clock import Clock
from shared.deposit import Deposit
from shared.publishing import Outgoing

Judged = Taken | Refusal


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one event, and the trace under which it can be found."""

    judged: Judged
    traceparent: str | None

    @property
    def trace_id(self) -> str | None:
        """The trace, in hex."""
        return self.traceparent and self.traceparent[telemetry.TRACE_ID]


class Intake:
    """Takes events for INTAKE."""

    def __init__(self, deposit: Deposit, clock: Clock) -> None:
        """Bind where they go, and the clock that tells what lies too far ahead."""
        self._deposit, self._clock = deposit, clock
        self._counted = telemetry.meter().create_counter(
            "tandem.gateway.events", unit="{event}", description="Events, by what became of them."
        )

    def judge(self, said: Sequence[Said], sender: Sender) -> list[Judged]:
        """Return what each event is, in order; nothing is stored yet."""
        now = self._clock()
        return [judge(each, sender, now) for each in said]

    def judge_whole(self, said: Sequence[Said], sender: Sender) -> list[Judged]:
        """Return events of whom nobody tells what is wrong: all go to the owner, who keeps them.

        Only what the credential may not say stays here.
        """
        return [
            taken_all_the_same(judged, each, sender)
            for each, judged in zip(said, self.judge(said, sender), strict=True)
        ]

    async def take(self, judged: Sequence[Judged], asked: str | None, route: str) -> list[Outcome]:
        """Store the events that are taken, all or none, and return what became of each, in order.

        Args:
            judged: what `judge` returned.
            asked: the `traceparent` of the request, if it had one.
            route: the pattern of the address that it came to.

        Raises:
            shared.deposit.OutcomeUnknown: nobody knows whether they are stored.
            shared.errors.Unavailable, shared.errors.Overloaded: none is stored.
        """
        asked = asked if telemetry.context_of(asked) else None
        said = [each.traceparent or asked for each in judged]
        taken = sum(isinstance(each, Taken) for each in judged)
        attributes: dict[str, str | int] = {
            "http.request.method": "POST",
            "http.route": route,
            "tandem.events": len(judged),
            "tandem.refused": len(judged) - taken,
        }
        with telemetry.served(f"POST {route}", said, attributes):
            here = telemetry.traceparent_here()
            outcomes = [
                Outcome(each, telemetry.onward(traceparent, here))
                for each, traceparent in zip(judged, said, strict=True)
            ]
            await self._deposit.put([each for one in outcomes for each in _outgoing(one)])
        for reason, count in Counter(_reason(outcome.judged) for outcome in outcomes).items():
            self._counted.add(count, {"outcome": reason})
        return outcomes


def _outgoing(outcome: Outcome) -> Iterator[Outgoing]:
    """Yield the message of an event that is taken, in the trace that its sender hears of."""
    judged = outcome.judged
    if isinstance(judged, Taken):
        traced = {"traceparent": outcome.traceparent} if outcome.traceparent else {}
        yield Outgoing(judged.subject, {**judged.said.headers, **traced}, judged.said.body)


def _reason(judged: Judged) -> str:
    return judged.reason if isinstance(judged, Refusal) else "taken"
