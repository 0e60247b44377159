"""What went wrong is told in the language of the reader, with the values that were sent."""

import ast
from collections.abc import Callable
from datetime import UTC, datetime
from string import Formatter

import pytest

from services.reporting.asking import against_asked, known_at_asked, period_asked
from services.reporting.domain.evidence import Against, compared_with, filtered
from services.reporting.domain.period import parse_period
from services.reporting.presentation.language import language_of
from services.reporting.presentation.problems import (
    SENTENCE_CHARACTERS_MAX,
    SENTENCES,
    retold,
)
from services.reporting.reading.report import begun
from services.reporting.web.answering import PROBLEMS, problem_of
from tests.support.messages import REPORTING, SITE

NOW = datetime(2026, 11, 22, tzinfo=UTC)
QUARTER = parse_period("2024-Q1")
WRONG: list[Callable[[], object]] = [
    lambda: period_asked("2024-Q9", None),
    lambda: period_asked("2024-Q1", "lunar"),
    lambda: known_at_asked("yesterday", NOW),
    lambda: known_at_asked("2030-01-01T00:00:00Z", NOW),
    lambda: against_asked("tomorrow"),
    lambda: begun(parse_period("2099-Q1"), NOW),
    lambda: filtered("cities_engaged", (), {"colour": "red"}),
    lambda: filtered("member_share", (), {"colour": "red"}),
    lambda: filtered("attendance", (), {"kind": "webinar", "country": "US"}),
    lambda: compared_with(parse_period("2024"), "cities_engaged", Against.YEAR_BEFORE),
    lambda: compared_with(QUARTER, "retention", Against.YEAR_BEFORE),
]


@pytest.mark.parametrize("code", ["fr", "es"])
@pytest.mark.parametrize("form", SENTENCES)
def test_each_sentence_is_told_in_each_language_with_its_values(form: str, code: str) -> None:
    names = [name for _, name, _, _ in Formatter().parse(form) if name]
    values = {name: f"'{name}-7'" for name in names}

    told = retold(form.format(**values), language_of(code))

    assert told is not None
    assert told != form.format(**values)
    assert [value for value in values.values() if value not in told] == []


@pytest.mark.parametrize("code", ["fr", "es"])
@pytest.mark.parametrize("wrong", WRONG)
def test_what_the_code_really_says_is_told_again(wrong: Callable[[], object], code: str) -> None:
    with pytest.raises(tuple(PROBLEMS)) as raised:
        wrong()
    detail = problem_of(raised.value).detail

    assert retold(detail, language_of("en")) == detail
    told = retold(detail, language_of(code))
    assert told not in (None, detail)


def test_every_sentence_that_stands_in_the_code_of_the_pages_has_a_form() -> None:
    told = {
        call.args[2].value
        for folder in (REPORTING / "web", SITE)
        for file in folder.rglob("*.py")
        for call in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(call, ast.Call)
        and getattr(call.func, "id", "") == "Problem"
        and isinstance(call.args[2], ast.Constant)
    }
    assert len(told) > 5
    assert told - set(SENTENCES) == set()


def test_a_refusal_names_role_and_action_in_the_language() -> None:
    sentence = "The role viewer may not publish a report."
    assert (
        retold(sentence, language_of("fr"))
        == "Le rôle lecteur ne permet pas de publier un rapport."
    )


@pytest.mark.parametrize("text", ["{0}", "{text}", "%s", "' begins on '", "a, not b"])
def test_what_was_sent_is_repeated_and_never_read(text: str) -> None:
    told = retold(f"lang is en, fr, es, not {text!r}.", language_of("fr"))
    assert told == f"lang est en, fr, es, et non {text!r}."


def test_a_sentence_of_no_known_form_or_of_endless_length_stays_english() -> None:
    assert retold("Nobody has ever said this.", language_of("fr")) is None
    long = "x" * SENTENCE_CHARACTERS_MAX
    assert retold(f"There is nothing at /{long}.", language_of("fr")) is None
