"""What operators can do, each in the same way: looked at, asked once more, written down, done.

An act names the fields that it needs, tells beforehand what would change, and is done with the
token of whoever does it; so the services judge what somebody may do, as they do at every door.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from services.operations.deciding import ACTIVITIES, PEOPLE
from services.operations.presentation.words import counted
from services.operations.web.parts import Parts
from shared.access import Action
from shared.effects import Effect
from shared.errors import InvalidData, Violation
from shared.replaying import Tally

Values = Mapping[str, Sequence[str]]
"""What an act is about: each field with its values."""
MANY = "id"
"""The field that may have several values."""
IDS_MAX = 1_000
VALUE_CHARACTERS_MAX = 400


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What an act would do, before it is done.

    Attributes:
        lines: in sentences.
        tally: of a replay.
        effects: which figures would move, by ledger; None where that is too much to count.
        possible: whether there is anything to do.
    """

    lines: Sequence[str] = ()
    tally: Tally | None = None
    effects: Mapping[str, Effect | None] = field(default_factory=dict)
    possible: bool = True


Foresee = Callable[[Parts, Values, str], Awaitable[Foreseen]]
Do = Callable[[Parts, Values, str, str], Awaitable[str]]
"""Does it, given what it is about, why, and a token; returns what is done, in a sentence."""


@dataclass(frozen=True, slots=True)
class Act:
    """Something that an operator can do.

    Attributes:
        name: in the address.
        title: on the page; the button says it too.
        word: in the operators' log.
        fields: what it is about, beside the `id` of one or several.
        reason: whether it wants to know why.
        needs: what somebody must be allowed to do; the service that does it judges once more.
    """

    name: str
    title: str
    word: str
    fields: Sequence[str]
    reason: Literal["", "optional", "required"]
    needs: Action
    foresee: Foresee
    do: Do

    def values_in(self, said: Callable[[str], Sequence[str]]) -> dict[str, list[str]]:
        """Return what somebody asks for, field by field.

        Raises:
            InvalidData: a field is missing, too long, or stands there too often.
        """
        values = {}
        for name in (MANY, *self.fields):
            found = [each.strip() for each in said(name) if each.strip()]
            most = IDS_MAX if name == MANY else 1
            if not found or len(found) > most or any(map(_unfit, found)):
                raise InvalidData([Violation(name, f"is wanted, {most} at most")])
            values[name] = found
        return values


def _unfit(value: str) -> bool:
    return len(value) > VALUE_CHARACTERS_MAX or not value.isprintable()


def one(values: Values, name: str) -> str:
    """Return the value of a field."""
    return values[name][0]


async def _foresee_replay(parts: Parts, values: Values, token: str) -> Foreseen:
    preview = await parts.repairing.preview(one(values, "service"), values["id"], token)
    return Foreseen((), preview.tally, preview.effects, possible=bool(preview.tally.outcomes))


async def _replay(parts: Parts, values: Values, reason: str, token: str) -> str:
    tally = await parts.repairing.replay(one(values, "service"), values["id"], token)
    return "; ".join(told_of(tally)) or "nothing was taken"


def told_of(tally: Tally, *, would: bool = False) -> list[str]:
    """Return what became of messages, or would, in sentences."""
    said = {
        "recorded": ("would be recorded", "recorded"),
        "duplicate": ("came before and would change nothing", "came before and changed nothing"),
        "waiting": ("would wait for what they speak of", "wait for what they speak of"),
    }
    lines = []
    for outcome, count in sorted(tally.outcomes.items()):
        facts = f", {counted(tally.facts, 'fact')}" if outcome == "recorded" else ""
        lines.append(f"{count:,} {said[outcome][not would]}{facts}")
    if tally.faults:
        lines.append(f"{len(tally.faults):,} still cannot be accepted, and stay as they are")
    return lines


async def _foresee_discard(parts: Parts, values: Values, token: str) -> Foreseen:
    service, messages = one(values, "service"), values["id"]
    for id_ in messages[:1]:
        await parts.repairing.message(service, id_, token)
    some = "This message" if len(messages) == 1 else f"These {len(messages):,} messages"
    verb = "is" if len(messages) == 1 else "are"
    return Foreseen((f"{some} {verb} kept, but not listed any more. A replay would still work.",))


async def _discard(parts: Parts, values: Values, reason: str, token: str) -> str:
    for id_ in values["id"]:
        await parts.repairing.discard(one(values, "service"), id_, reason, token)
    return f"{len(values['id']):,} discarded"


async def _foresee_resolve(parts: Parts, values: Values, token: str) -> Foreseen:
    city = one(values, "city")
    return Foreseen((f"From now on this reference means {city}; what waited for it is taken.",))


async def _resolve(parts: Parts, values: Values, reason: str, token: str) -> str:
    await parts.deciding.resolve(one(values, "id"), one(values, "city"), token)
    return f"{one(values, 'id')} means {one(values, 'city')}"


async def _foresee_no_city(parts: Parts, values: Values, token: str) -> Foreseen:
    return Foreseen(("This reference means no city. Nobody is asked again.",))


async def _no_city(parts: Parts, values: Values, reason: str, token: str) -> str:
    await parts.deciding.no_city(one(values, "id"), reason, token)
    return f"{one(values, 'id')} means no city"


async def _foresee_merge(parts: Parts, values: Values, token: str) -> Foreseen:
    id_, into, kind = one(values, "id"), one(values, "other"), _kind(values)
    found = await parts.deciding.effect(id_, into, kind, "merged", token)
    return Foreseen((f"{id_} would count as {into}.",), effects={"events": found})


async def _merge(parts: Parts, values: Values, reason: str, token: str) -> str:
    id_, into = one(values, "id"), one(values, "other")
    await parts.deciding.merge(id_, into, _kind(values), reason, token)
    return f"{id_} counts as {into}"


async def _foresee_unmerge(parts: Parts, values: Values, token: str) -> Foreseen:
    id_, kind = one(values, "id"), _kind(values)
    into = await parts.deciding.counted_as(id_, kind, token)
    found = await parts.deciding.effect(id_, into, kind, "unmerged", token)
    said = f"{id_} would stand for itself, and no longer count as {into}."
    return Foreseen((said,), effects={"events": found})


async def _unmerge(parts: Parts, values: Values, reason: str, token: str) -> str:
    await parts.deciding.unmerge(one(values, "id"), _kind(values), reason, token)
    return f"{one(values, 'id')} stands for itself"


async def _foresee_two(parts: Parts, values: Values, token: str) -> Foreseen:
    first, second = one(values, "id"), one(values, "other")
    return Foreseen((f"{first} and {second} are two. Nobody is asked again.",))


async def _two(parts: Parts, values: Values, reason: str, token: str) -> str:
    first, second = one(values, "id"), one(values, "other")
    await parts.deciding.two(first, second, _kind(values), reason, token)
    return f"{first} and {second} are two"


async def _foresee_reopen(parts: Parts, values: Values, token: str) -> Foreseen:
    first, second = one(values, "id"), one(values, "other")
    return Foreseen((f"Whether {first} and {second} are one becomes a question again.",))


async def _reopen(parts: Parts, values: Values, reason: str, token: str) -> str:
    first, second = one(values, "id"), one(values, "other")
    await parts.deciding.reopen(first, second, _kind(values), reason, token)
    return f"whether {first} and {second} are one is a question again"


def _kind(values: Values) -> str:
    kind = one(values, "kind")
    if kind not in (PEOPLE, ACTIVITIES):
        raise InvalidData([Violation("kind", f"is {PEOPLE} or {ACTIVITIES}")])
    return kind


PAIR = ("other", "kind")
ACTS: Mapping[str, Act] = {
    act.name: act
    for act in (
        Act(
            "replay",
            "Replay",
            "rejection.replayed",
            ("service",),
            "optional",
            Action.REPAIR,
            _foresee_replay,
            _replay,
        ),
        Act(
            "discard",
            "Discard",
            "rejection.discarded",
            ("service",),
            "required",
            Action.REPAIR,
            _foresee_discard,
            _discard,
        ),
        Act(
            "resolve",
            "Resolve",
            "reference.resolved",
            ("city",),
            "",
            Action.DECIDE,
            _foresee_resolve,
            _resolve,
        ),
        Act(
            "no-city",
            "No city",
            "reference.dismissed",
            (),
            "required",
            Action.DECIDE,
            _foresee_no_city,
            _no_city,
        ),
        Act(
            "merge",
            "Merge",
            "duplicate.merged",
            PAIR,
            "optional",
            Action.DECIDE,
            _foresee_merge,
            _merge,
        ),
        Act(
            "unmerge",
            "Unmerge",
            "duplicate.unmerged",
            ("kind",),
            "optional",
            Action.DECIDE,
            _foresee_unmerge,
            _unmerge,
        ),
        Act(
            "two",
            "Not one",
            "duplicate.dismissed",
            PAIR,
            "required",
            Action.DECIDE,
            _foresee_two,
            _two,
        ),
        Act(
            "reopen",
            "Ask again",
            "duplicate.reopened",
            PAIR,
            "optional",
            Action.DECIDE,
            _foresee_reopen,
            _reopen,
        ),
    )
}
"""By name."""
