"""Somebody is recognised by any of their identities, in messages that keep no contract too."""

from pathlib import Path
from typing import Any

import pytest

from services.events.erasing import hashes
from services.events.vault import Vault
from shared.contracts.values import Person
from shared.queries import Queries

ZOE = Person(id="7", email="zoë@stad.gent")


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    (tmp_path / "key").write_text("00" * 32)
    return Vault(None, Queries(), tmp_path / "key")  # type: ignore[arg-type]  # no database is asked


@pytest.mark.parametrize(
    "said",
    [
        {"id": "7", "email": "zoë@stad.gent"},
        {"email": " ZOË@stad.gent"},
        {"email": "zoe\u0308@stad.gent", "nickname": 3},
        {"id": "7", "email": None, "name": ["x"]},
        {"id": 7, "email": "Zoë@Stad.Gent", "role": "mayor"},
    ],
)
def test_any_identity_recognises(vault: Vault, said: dict[str, Any]) -> None:
    assert hashes(vault, "crm", said) & vault.hashes("crm", ZOE)


@pytest.mark.parametrize(
    "said",
    [{}, {"id": 7}, {"name": "Zoë"}, {"organisation": "Gent"}, {"email": "\0"}, {"id": "8"}],
)
def test_whatever_says_nobody_or_somebody_else_does_not(vault: Vault, said: dict[str, Any]) -> None:
    assert not hashes(vault, "crm", said) & vault.hashes("crm", ZOE)


def test_a_weak_identity_counts_only_alone(vault: Vault) -> None:
    weak = Person(name="Zoë Q", organisation="Gent")
    assert hashes(vault, "crm", {"name": "zoë q", "organisation": "GENT"}) == vault.hashes(
        "x", weak
    )
    assert not hashes(
        vault, "crm", {"name": "Zoë Q", "organisation": "Gent", "id": "9"}
    ) & vault.hashes("x", weak)
