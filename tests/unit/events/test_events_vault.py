"""How the vault tells one person from another, without keeping what it was told in the clear."""

from pathlib import Path

import pytest

from services.events.vault import Identity, Vault, domain_of, is_weak
from shared.contracts.values import Person
from shared.queries import Queries

KEY = "00" * 32


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    return _vault(tmp_path, KEY)


def _vault(directory: Path, key: str) -> Vault:
    (directory / "key").write_text(f"{key}\n")
    return Vault(None, Queries(), directory / "key")  # type: ignore[arg-type]  # no database is asked


def identities(vault: Vault, person: Person, source: str = "crm") -> list[Identity]:
    return vault._identities(source, person)


def test_an_id_belongs_to_the_system_that_gave_it(vault: Vault) -> None:
    anna = Person(id="7")
    assert identities(vault, anna, "crm") == identities(vault, anna, "crm")
    assert identities(vault, anna, "crm") != identities(vault, anna, "webinar-platform")


def test_an_address_is_the_same_in_every_system_and_in_capitals(vault: Vault) -> None:
    ours, theirs = Person(email="anna@stad.gent"), Person(email="Anna@Stad.Gent")
    assert identities(vault, ours, "crm") == identities(vault, theirs, "webinar-platform")


def test_the_strongest_identity_comes_first(vault: Vault) -> None:
    both = Person(id="7", email="anna@stad.gent", name="Anna", organisation="Gent")
    assert [kind for kind, _ in identities(vault, both)] == ["id", "email"]


def test_a_name_counts_only_where_nothing_else_is_known(vault: Vault) -> None:
    by_name = Person(name="Anna", organisation="Gent")
    assert [kind for kind, _ in identities(vault, by_name)] == ["weak"]
    shouted = Person(name="ANNA", organisation="GENT")
    assert identities(vault, by_name) == identities(vault, shouted)


def test_name_and_organisation_do_not_run_together(vault: Vault) -> None:
    one = Person(name="Anna B", organisation="C")
    other = Person(name="Anna", organisation="B C")
    assert identities(vault, one) != identities(vault, other)


def test_an_id_is_never_taken_for_an_address(vault: Vault) -> None:
    [(_, by_id)] = identities(vault, Person(id="anna@stad.gent"))
    [(_, by_email)] = identities(vault, Person(email="anna@stad.gent"))
    assert by_id != by_email


def test_without_the_key_nobody_can_try_out_addresses(vault: Vault, tmp_path: Path) -> None:
    anna = Person(email="anna@stad.gent")
    assert identities(vault, anna) != identities(_vault(tmp_path, "01" * 32), anna)


@pytest.mark.parametrize(
    ("person", "weak"),
    [
        (Person(id="7"), False),
        (Person(email="anna@stad.gent"), False),
        (Person(name="Anna", organisation="Gent"), True),
    ],
)
def test_somebody_known_by_name_alone_is_weakly_known(person: Person, weak: bool) -> None:
    assert is_weak(person) is weak


def test_the_domain_is_what_stands_behind_the_at_sign() -> None:
    assert domain_of(Person(email="anna@Stad.GENT")) == "stad.gent"
    assert domain_of(Person(id="7")) is None
