"""The kit for publishers says what it means: every case is whole, and what it is about is said."""

from datetime import UTC, datetime

import pytest

from shared.conformance import Case, Outcome, cases
from shared.conformance.case import Expected
from shared.recorded import messages_by_type
from shared.schemas import UNIONS
from shared.sift import Raw, sift

CASES = cases("run", "demo")
REASONS = {
    "malformed",
    "unknown_type",
    "invalid_data",
    "source_mismatch",
    "id_reused",
    "refused",
}


def test_names_and_ids_are_those_of_the_run() -> None:
    names = [case.name for case in CASES]
    assert len(set(names)) == len(names) > 40
    assert {case.then.reason for case in CASES} == REASONS | {None}
    assert all(case.id == "" or case.id.startswith("run-") for case in CASES)
    assert all(
        b"{" + name not in case.content for case in CASES for name in (b"prefix}", b"source}")
    )
    assert all(case.why.endswith(".") for case in CASES)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_what_can_be_told_without_a_ledger_is_as_the_case_says(case: Case) -> None:
    union = next(
        union
        for union in UNIONS
        if any(name.startswith(f"tandem.{case.service}.") for name in messages_by_type(union))
    )
    raw = Raw(case.subject("demo"), case.headers, case.content, datetime.now(UTC))
    received, rejections = sift([raw], union, raw.received_at)
    by_ledger = case.then.reason in {"id_reused", "refused"}
    if case.then.outcome != "rejected" or by_ledger:
        assert rejections == []
        assert received[0].key == ("demo", case.id)
        return
    [rejection] = rejections
    assert rejection.reason == case.then.reason
    assert (rejection.id or "") == case.id


@pytest.mark.parametrize(
    ("outcome", "meets"),
    [
        (Outcome("rejected", "invalid_data", ("$.id", "$.data.id")), True),
        (Outcome("rejected", "invalid_data", ("$.data.id",)), False),
        (Outcome("rejected", "malformed", ("$.id",)), False),
        (Outcome("recorded"), False),
    ],
)
def test_an_outcome_meets_what_was_expected_in_every_word(outcome: Outcome, meets: bool) -> None:
    expected = Expected(outcome="rejected", reason="invalid_data", path="$.id")
    assert outcome.meets(expected) is meets
