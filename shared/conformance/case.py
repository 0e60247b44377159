"""A case of the kit: a message, good or bad, and what is to become of it."""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from shared.contracts.values import Contract

FILE = Path(__file__).with_name("cases.jsonl")

Mode = Literal["structured", "binary"]
Door = Literal["nats", "http"]
Word = Literal["recorded", "waiting", "rejected"]


class Expected(Contract):
    """What is to become of a message.

    Args:
        outcome: the word for it.
        reason: of a rejected one, the contract's word.
        path: of a rejected one, the JSONPath of a field at fault.
    """

    outcome: Word
    reason: str | None = None
    path: str | None = None


class Case(Contract):
    """One line of the kit.

    Args:
        name: of the case.
        why: the rule it is about, in a sentence.
        mode: of CloudEvents.
        id: the id it is known by; empty when none can be read from it.
        type: decides the subject it goes on.
        headers, body: as they are sent.
        then: what is to become of it.
        over: the doors it is about.
    """

    name: str
    why: str
    mode: Mode
    id: str
    type: str
    headers: dict[str, str]
    body: dict[str, Any] | str
    then: Expected
    over: list[Door] = ["nats", "http"]  # noqa: RUF012  pydantic copies it

    @property
    def content(self) -> bytes:
        """The body as bytes."""
        return self.body.encode() if isinstance(self.body, str) else json.dumps(self.body).encode()

    @property
    def service(self) -> str:
        """The owner of the type."""
        return self.type.split(".")[1]

    def subject(self, source: str) -> str:
        """Return the NATS subject it goes on."""
        return f"intake.{source}.{self.service}.{self.type.split('.')[2]}"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a message; `paths` are those of the fields at fault."""

    word: str
    reason: str | None = None
    paths: tuple[str, ...] = ()
    detail: str = ""

    def meets(self, expected: Expected) -> bool:
        """Tell whether this is what was expected."""
        if (self.word, self.reason) != (expected.outcome, expected.reason):
            return False
        return expected.path is None or expected.path in self.paths

    def __str__(self) -> str:
        """Say it in a few words."""
        return " ".join(filter(None, [self.word, self.reason, *self.paths[:2]]))


def cases(prefix: str, source: str, file: Path = FILE) -> list[Case]:
    """Return the cases in their order, for a run of these names.

    Args:
        prefix: what every id of the run begins with, "[a-z0-9-]" and at most 40 characters.
        source: the name of the credential.
        file: the kit.
    """
    lines = file.read_text("utf-8").splitlines()
    filled = (_filled(json.loads(line), {"{prefix}": prefix, "{source}": source}) for line in lines)
    return [Case.model_validate(_encoded(each)) for each in filled]


def _filled(value: Any, names: Mapping[str, str]) -> Any:
    """Return a value of JSON with the names filled in, wherever they stand."""
    match value:
        case str():
            for name, filling in names.items():
                value = value.replace(name, filling)
            return value
        case dict():
            return {key: _filled(each, names) for key, each in value.items()}
        case list():
            return [_filled(each, names) for each in value]
        case _:
            return value


def _encoded(case: dict[str, Any]) -> dict[str, Any]:
    body = case["body"]
    if isinstance(body, dict) and isinstance(body.get("data_base64"), dict):
        data = json.dumps(body["data_base64"]).encode()
        case["body"] = {**body, "data_base64": base64.b64encode(data).decode()}
    return case
