"""Numbers and days look as each language has them, and every language has every word."""

from datetime import UTC, date, datetime

import pytest

from shared.cli.words import WORDS, Language, day, instant, number, word


@pytest.mark.parametrize(
    ("value", "language", "shown"),
    [
        (1234, Language.EN, "1,234"),
        (1234, Language.FR, "1\u202f234"),
        (1234, Language.ES, "1,234"),
        (83.33, Language.EN, "83.3"),
        (83.33, Language.FR, "83,3"),
        (27.0, Language.EN, "27"),
        (-1234.5, Language.EN, "-1,234.5"),
        (0, Language.EN, "0"),
    ],
)
def test_a_number_looks_as_its_language_has_it(
    value: float, language: Language, shown: str
) -> None:
    assert number(value, language) == shown


def test_a_month_is_a_word_so_that_nobody_takes_it_for_a_day() -> None:
    assert day(date(2024, 4, 3), Language.EN) == "3 Apr 2024"
    assert day(date(2024, 4, 3), Language.FR) == "3 avr. 2024"
    assert instant(datetime(2024, 4, 3, 9, 5, tzinfo=UTC), Language.ES) == "3 abr 2024, 09:05 UTC"


def test_every_language_has_every_word() -> None:
    assert {frozenset(words) for words in WORDS.values()} == {frozenset(WORDS[Language.EN])}
    assert word("police", Language.FR) == "police"
