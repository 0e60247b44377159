"""The torture tests notice what they are there for; all of it: `make torture-mutations`."""

import pytest

from tests.faults.mutations import MUTATIONS, ROOT, Mutation, mutated, noticing


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.protection)
def test_every_protection_stands_where_the_table_says_and_its_tests_exist(
    mutation: Mutation,
) -> None:
    assert mutated(mutation, ROOT)
    for test in mutation.tests:
        file, _, name = test.partition("::")
        assert f"def {name}(" in (ROOT / file).read_text("utf-8")


async def test_without_filling_gaps_a_torture_test_fails() -> None:
    [mutation] = [each for each in MUTATIONS if each.protection == "filling gaps from the ledger"]
    assert (await noticing(mutation)).keys() == set(mutation.tests)
