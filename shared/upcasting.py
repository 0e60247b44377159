"""Reading what was written under an older version of a type.

A type never changes its meaning; a new meaning is a new version beside the old one. When a version
retires, its class goes and an upcaster takes its place: old type -> (newer type, its data).
Upcasters chain, so each only knows its neighbour. Nothing stored is ever rewritten.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from shared.contracts.values import Contract
from shared.errors import TandemError

Model = TypeVar("Model", bound=Contract)
Upcaster = Callable[[dict[str, Any]], tuple[str, dict[str, Any]]]

UPCASTS_MAX = 100

UPCASTERS: Mapping[str, Upcaster] = {}
"""Old types of facts and messages, full names; empty while every type is at its first version."""


class UnknownType(TandemError):
    """Nobody in this release reads this type: upgrade the reader before the writer."""


def read(
    types: Mapping[str, type[Model]],
    type_: str,
    text: str | bytes,
    upcasters: Mapping[str, Upcaster] = UPCASTERS,
) -> Model:
    """Return the contract that a JSON text holds, brought up to the version in use.

    Args:
        types: the versions in use, by type.
        type_: the type that the text was written under.
        text: the JSON of its data.
        upcasters: the versions that retired.

    Raises:
        UnknownType: neither in use nor retired.
        pydantic.ValidationError: the text breaks the contract.
    """
    for _ in range(UPCASTS_MAX):
        if type_ in types:
            return types[type_].model_validate_json(text)
        if type_ not in upcasters:
            break
        type_, data = upcasters[type_](json.loads(text))
        text = json.dumps(data)
    raise UnknownType(f"type {type_!r} is not known")
