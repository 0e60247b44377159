"""`tandem explain`: which city is meant, and what is said of it."""

from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from shared.cli.explain import city_of, explanation_text
from shared.cli.system import System
from shared.embedded.data_directory import OperatorError

FACT = {"part": "roll", "ledger": "events", "stream": "activity-w1", "version": 3}
CITY = {"city_id": "lima-oh", "name": "Lima", "named": True, "country": "US", "subdivision": "OH"}


class Known(System):
    """A system that knows some cities."""

    def get(self, path: str, query: Any = None, role: str = "viewer") -> Any:
        cities = ("lima-oh", "lima-ny", "waco-tx")
        return {"cities": [{"city_id": each} for each in cities if query["q"] in each]}


KNOWN = Known(Path(), {})


@pytest.mark.parametrize(("words", "id_"), [("lima-oh", "lima-oh"), ("waco", "waco-tx")])
def test_a_city_is_meant_by_its_id_or_by_what_only_it_is_called(words: str, id_: str) -> None:
    assert city_of(KNOWN, words) == id_


def test_of_several_cities_it_is_asked_which() -> None:
    with pytest.raises(OperatorError, match="may be lima-oh, lima-ny: say which"):
        city_of(KNOWN, "lima")


def test_an_id_that_no_city_has_is_explained_too_and_another_word_is_not() -> None:
    assert city_of(KNOWN, "atlantis") == "atlantis"
    with pytest.raises(OperatorError, match="No city is called 'São Tomé'"):
        city_of(KNOWN, "São Tomé")


def test_each_reason_stands_with_what_would_change_it_and_its_facts() -> None:
    reason = {"because": "Too short.", "would_change": "a final roll", "facts": [FACT]}

    text = printed({"engaged": False, "engaged_broadly": False, "reasons": [reason]})

    assert "Lima, OH, US (lima-oh) does not count as engaged in 2024-Q1." in text
    assert "- Too short." in text
    assert "would change it: a final roll" in text
    assert "roll: events/activity-w1/3" in text


def test_what_it_counts_by_stands_with_its_facts() -> None:
    touch = {"on": "2024-03-27", "way": "attended", "title": "A webinar", "facts": [FACT]}

    text = printed({"engaged": True, "engaged_broadly": True, "counted_by": [touch]})

    assert "counts as engaged in 2024-Q1." in text
    assert "- 2024-03-27  attended: A webinar" in text


def printed(document: dict[str, Any]) -> str:
    whole = {"city": CITY, "period": {"name": "2024-Q1"}, "counted_by": [], "reasons": []}
    console = Console(width=80, record=True, highlight=False)
    with console.capture() as captured:
        console.print(explanation_text(whole | document))
    return captured.get()
