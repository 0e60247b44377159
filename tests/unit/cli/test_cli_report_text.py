"""A report in the terminal: complete, within 80 columns, and without need of colour."""

from io import StringIO
from typing import Any

import pytest
from cli_document import figure, report
from rich.console import Console

from shared.cli.report_text import quarters_table, report_text
from shared.cli.words import Language


def test_a_report_fits_80_columns() -> None:
    assert max(map(len, printed(report()).splitlines())) <= 80


def test_a_report_says_which_days_how_settled_and_how_far_the_data_goes() -> None:
    text = printed(report())

    assert "1 Jan 2024 to 31 Mar 2024, also NLC FY2024-Q2" in text
    assert "provisional" in text.splitlines()[0]
    assert "data to 20 Apr 2024, 08:30 UTC; next: final on 15 May 2024" in text


def test_a_report_as_known_at_a_moment_says_so() -> None:
    assert "as known at 20 Apr 2024, 09:00 UTC" in printed(report(), as_known=True)
    assert "as known at" not in printed(report())


def test_a_published_report_says_which_version_it_is() -> None:
    assert "version 2, as published; data to 20 Apr 2024" in printed(report(version=2))
    assert "as published" not in printed(report(version=None))


def test_a_figure_stands_beside_its_mark_and_the_one_before() -> None:
    assert row(report(), "cities_engaged", 5, status="P", previous=4, change=1) == "5 [p] 4 +1"


@pytest.mark.parametrize(
    ("more", "shown"),
    [
        ({"value": 0}, "0 - -"),
        ({"value": None}, "- - -"),
        ({"value": None, "status": "O"}, "[x] - -"),
        ({"value": None, "status": "Q"}, "[c] - -"),
        ({"value": None, "status": "P"}, "- - -"),
        ({"value": 83.33, "unit": "percent"}, "83.3 % - -"),
        ({"value": 2_435_000, "lower_bound": True}, "≥ 2,435,000 - -"),
        ({"value": 7, "range": [5, 7]}, "5-7 - -"),
        ({"value": 3, "previous": 5, "change": -2}, "3 5 -2"),
    ],
)
def test_zero_missing_suppressed_and_not_applicable_differ(
    more: dict[str, Any], shown: str
) -> None:
    assert row(report(), "cities_engaged", **more) == shown


def test_a_figure_that_no_group_knows_is_printed_all_the_same() -> None:
    document = report()
    document["figures"]["brand_new"] = figure(77, title="Brand new", titles={})

    assert "Brand new" in printed(document)


def test_cities_stand_by_network_country_state_and_size_from_small_to_large() -> None:
    text = printed(report())

    assert "network    NLC 3   SCN 1   both 0   neither 1" in text
    assert "country    US 4   NL 1" in text
    assert "US state   OH 3   NM 1" in text
    assert "residents  10–<50k 1   250k–<1M 3   ≥1M 1" in text


def test_who_organised_is_a_partition() -> None:
    assert "webinars    joint 1   NLC 1   SCN 0   other 0" in printed(report())


@pytest.mark.parametrize(
    ("language", "said"),
    [
        (Language.FR, ["provisoire", "Villes", "1 janv. 2024 au 31 mars 2024", "Un chiffre"]),
        (Language.ES, ["provisional", "Ciudades", "1 ene 2024 a 31 mar 2024", "Una cifra"]),
    ],
)
def test_a_report_speaks_the_language_asked_for(language: Language, said: list[str]) -> None:
    text = printed(report(), language)

    assert [each for each in said if each not in text] == []
    assert max(map(len, text.splitlines())) <= 80


def test_a_report_without_any_data_is_printed() -> None:
    empty = report(data_to=None, next_release=None, notes=[], figures={}, breakdowns={})

    assert "no data yet" in printed(empty)


def test_each_quarter_is_one_line() -> None:
    console = plain()
    console.print(quarters_table([report(), report()]))

    lines = console.export_text().splitlines()
    assert len(lines) == 3
    assert lines[1].split() == "2024-Q1 provisional 5 [p] 2 2 (1 joint) 2 0".split()


def printed(
    document: dict[str, Any], language: Language = Language.EN, *, as_known: bool = False
) -> str:
    console = plain()
    console.print(report_text(document, language, "tandem", as_known=as_known))
    text = console.export_text().replace("\u00a0", " ")
    return "\n".join(line.rstrip() for line in text.splitlines())


def row(document: dict[str, Any], metric: str, value: float | None = None, **more: Any) -> str:
    """Return what stands behind the title of a figure."""
    document["figures"][metric] = figure(value, titles={"en": "Title"}) | more
    [line] = [line for line in printed(document).splitlines() if line.startswith("  Title ")]
    return " ".join(line.removeprefix("  Title ").split())


def plain() -> Console:
    return Console(width=80, record=True, highlight=False, markup=False, file=StringIO())
