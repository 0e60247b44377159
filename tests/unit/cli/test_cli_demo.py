"""The demonstration shows every quarter since the partnership began."""

from datetime import date

from shared.cli.demo import FIRST_QUARTER, quarters_since


def test_quarters_run_to_the_one_a_day_lies_in() -> None:
    assert quarters_since(FIRST_QUARTER, date(2024, 3, 31)) == ["2024-Q1"]
    assert quarters_since(FIRST_QUARTER, date(2025, 1, 1)) == [
        *("2024-Q1", "2024-Q2", "2024-Q3", "2024-Q4", "2025-Q1"),
    ]
