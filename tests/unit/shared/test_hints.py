"""A sender is told what to do about a message that cannot be accepted."""

import pytest

from shared.errors import UNKNOWN_FIELD, Violation
from shared.hints import HINTS, field_hint, hint_of

HELD = "tandem.events.activity_held.v1"
REASONS = [
    *("malformed", "unknown_type", "invalid_data", "source_mismatch", "id_reused"),
    *("too_large", "refused"),
]
"""The codes of the contract."""


@pytest.mark.parametrize("reason", REASONS)
def test_every_reason_has_a_hint(reason: str) -> None:
    assert hint_of(reason, None) == HINTS[reason]


def test_a_type_that_is_nearly_one_is_named() -> None:
    assert hint_of("unknown_type", "tandem.events.activity_hold.v1").endswith(f"Is {HELD} meant?")


@pytest.mark.parametrize("type_", [HELD, "com.example.invoice", None])
def test_a_type_on_another_subject_or_like_none_is_not_guessed(type_: str | None) -> None:
    assert hint_of("unknown_type", type_) == HINTS["unknown_type"]


@pytest.mark.parametrize(
    ("field", "hint"),
    [
        ("activty_id", "is activity_id meant?"),
        ("participants.3.intervls", "is intervals meant?"),
        ("colour_of_the_hall", None),
    ],
)
def test_a_field_that_is_nearly_one_of_the_type_is_named(field: str, hint: str | None) -> None:
    file = "tandem.events.attendance_recorded.v1"
    assert field_hint(Violation(field, UNKNOWN_FIELD), file) == hint


def test_what_is_wrong_otherwise_or_in_no_known_type_has_no_field_to_name() -> None:
    assert field_hint(Violation("activity_id", "is required"), HELD) is None
    assert field_hint(Violation("activty_id", UNKNOWN_FIELD), "com.example.invoice") is None
