"""The sheet of a report: it says every number of the document, and says it in three languages."""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from services.reporting.presentation.composing import sheet_of
from services.reporting.presentation.composing.cards import SIX
from services.reporting.presentation.composing.figures import SHARES
from services.reporting.presentation.language import LOCALES, language_of
from services.reporting.presentation.sheet import (
    Card,
    Cell,
    Chart,
    Column,
    Kind,
    Place,
    Section,
    Sheet,
    Status,
    Table,
)
from tests.support.documents import RICH_MOMENT, golden, rich, rich_knowledge
from tests.support.documents import document as document_of

DOCUMENTS: Mapping[str, Callable[[], dict[str, Any]]] = {"golden": golden, "rich": rich}
SECTIONS = (
    "figures",
    "changed",
    "where",
    "who",
    "what",
    "joint",
    "quality",
    "notes",
    "revisions",
    "provenance",
)
SAID_ONCE = {("webinars_held", "kind")}
"""Rows that say nothing more than the figure: webinars are of one kind."""
ALIKE = frozenset(
    "Code Date Dates Note Phase Police Polarisation Provenance Source Total Version "
    "[c] [p] [r] [x]".split()
)
"""Words of the sheet that French or Spanish writes as English does, and the marks."""
ENGLISH = ("titles", "how_counted", "headline", "notes", "unit")
"""Parts of the document that are said in English, which is no excuse to leave them so."""
KEYS = {
    Card: ("metric",),
    Cell: ("status", "href", "key"),
    Chart: ("kind", "label", "value"),
    Column: ("key", "kind"),
    Place: ("subdivision", "href"),
    Section: ("id",),
    Sheet: ("language", "period"),
    Table: ("id",),
}
"""What of a sheet is not for people."""


@pytest.fixture(params=DOCUMENTS)
def document(request: pytest.FixtureRequest) -> dict[str, Any]:
    return DOCUMENTS[request.param]()


def english(document: Mapping[str, Any]) -> Sheet:
    return sheet_of(document, language_of("en"))


def table(sheet: Sheet, name: str) -> Table:
    return next(table for table in sheet.tables() if table.id == name)


def by_key(found: Table) -> dict[str, list[Cell]]:
    """The rows of a table by the key of their first cell."""
    return {str(row[0].key): list(row) for row in found.rows}


def column(found: Table, key: str) -> int:
    return [each.key for each in found.columns].index(key)


def test_sections_stand_in_the_order_in_which_leaders_read(document: dict[str, Any]) -> None:
    assert tuple(section.id for section in english(document).sections) == SECTIONS


def test_six_figures_stand_at_the_top(document: dict[str, Any]) -> None:
    cards = english(document).sections[0].cards

    assert tuple(card.metric for card in cards) == SIX
    for card in cards:
        figure = document["figures"][card.metric]
        assert card.value.value == figure["value"]
        assert [cell.value for _, cell in card.changes] == [figure["change"], figure["year_change"]]
        assert card.how_counted == figure["how_counted"]
        assert card.details


def test_every_figure_stands_in_a_table_with_all_that_is_beside_it(
    document: dict[str, Any],
) -> None:
    sheet = english(document)
    rows = by_key(table(sheet, "all-figures")) | by_key(table(sheet, "all-shares"))

    assert rows.keys() == document["figures"].keys()
    said: dict[str, dict[str, Any]] = {metric: {} for metric in rows}
    for name in ("all-figures", "all-shares", "figures-over-a-year", "shares-over-a-year"):
        found = table(sheet, name)
        for row in found.rows:
            for cell, each in zip(row, found.columns, strict=True):
                said[str(row[0].key)][each.key] = cell.value
    beside = ("value", "previous", "change", "year_before", "year_change", "rolling_four")
    for metric, figure in document["figures"].items():
        assert [said[metric].get(key) for key in beside] == [figure[key] for key in beside], metric


def test_a_share_stands_with_its_two_counts(document: dict[str, Any]) -> None:
    found = table(english(document), "all-shares")

    for row in found.rows:
        detail = document["figures"][row[0].key]["detail"]
        counts = detail.get("any", detail)
        part, whole = SHARES[str(row[0].key)]
        assert row[column(found, "part")].value == counts[part]
        assert row[column(found, "whole")].value == counts[whole]


def test_every_number_beside_a_figure_stands_in_a_table(document: dict[str, Any]) -> None:
    found = table(english(document), "figure-details")
    said = {(row[0].key, row[1].key): row[2].value for row in found.rows}

    for metric, figure in document["figures"].items():
        if metric in SHARES:
            continue
        for name, value in figure["detail"].items():
            if isinstance(value, int) and name != "year":
                assert said[metric, name] == value
        if "range" in figure:
            assert [said[metric, "range_low"], said[metric, "range_high"]] == figure["range"]


def test_every_row_of_every_breakdown_stands_in_a_table(document: dict[str, Any]) -> None:
    cells: dict[tuple[str, str, str], set[int | None]] = {}
    for found in english(document).tables():
        dimension = found.columns[0].key
        for row in found.rows:
            for place, each in enumerate(found.columns):
                value = row[place].value
                if each.kind is Kind.COUNT and (value is None or isinstance(value, int)):
                    cells.setdefault((each.key, dimension, str(row[0].key)), set()).add(value)

    for metric, dimensions in document["breakdowns"].items():
        for dimension, rows in dimensions.items():
            if (metric, dimension) not in SAID_ONCE:
                for key, count in rows.items():
                    assert cells[metric, dimension, key] == {count}, (metric, dimension, key)


@pytest.mark.parametrize("code", LOCALES)
def test_stored_bytes_which_keep_no_order_make_the_same_sheet(
    code: str, document: dict[str, Any]
) -> None:
    stored = json.loads(json.dumps(document, sort_keys=True))

    assert sheet_of(stored, language_of(code)) == sheet_of(document, language_of(code))


def test_every_row_has_a_cell_for_each_column(document: dict[str, Any]) -> None:
    for found in english(document).tables():
        assert {len(row) for row in found.rows} <= {len(found.columns)}, found.id


def test_a_table_that_sums_up_does(document: dict[str, Any]) -> None:
    summing = [found for found in english(document).tables() if found.sums]

    assert len(summing) > 10
    for found in summing:
        *rows, last = found.rows
        for place, each in enumerate(found.columns):
            values: list[Any] = [row[place].value for row in rows]
            if each.kind is Kind.COUNT and None not in values:
                assert sum(values) == last[place].value, (found.id, each.key)


def test_a_total_is_the_figure_itself(document: dict[str, Any]) -> None:
    for found in english(document).tables():
        for row in found.rows:
            if row[0].key == "total" and found.id != "ledgers":
                for place, each in enumerate(found.columns[1:], 1):
                    assert row[place].value == document["figures"][each.key]["value"], found.id
                    assert row[place].href


def test_what_changed_is_reconciled_to_the_last_city(document: dict[str, Any]) -> None:
    rows = by_key(table(english(document), "flow"))
    engaged = document["figures"]["cities_engaged"]
    flows = ("new", "reactivated", "not_repeated", "left")
    moves: list[Any] = [rows[flow][1].value for flow in flows]

    assert rows["previous"][1].value == engaged["previous"]
    assert rows["value"][1].value == engaged["value"]
    assert sum(moves) == engaged["change"]


def test_every_list_stands_in_a_table(document: dict[str, Any]) -> None:
    sheet = english(document)
    lists = document["lists"]
    where = {
        "cities": "cities",
        "cities_not_repeated": "cities-not-repeated",
        "cities_left": "cities-left",
        "cities_lapsed": "cities-lapsed",
        "members_not_engaged": "members-not-engaged",
        "occurrences": "occurrences",
        "works": "works",
        "theme_by_phase": "theme-by-phase",
    }
    ids = {"occurrences": "activity_id", "works": "resource_id"}

    assert where.keys() == lists.keys()
    for name, found in where.items():
        listed = lists[name]
        if isinstance(listed, dict):
            keys = list(listed)
        else:
            keys = [each[ids.get(name, "city_id")] for each in listed]
        key = 1 if name == "occurrences" else 0
        assert [row[key].key for row in table(sheet, found).rows] == keys


def test_the_people_at_each_occurrence_stand_in_its_table() -> None:
    document = rich()
    found = table(english(document), "occurrences")
    attendance, registrations = column(found, "attendance"), column(found, "registrations")

    for row, each in zip(found.rows, document["lists"]["occurrences"], strict=True):
        assert row[attendance].value == each["attendance"]
        assert row[attendance].status == (each["attendance_status"] or Status.NOT_APPLICABLE)
        assert row[registrations].value == each["registrations"]
        assert row[registrations].status == each["registrations_status"]


def test_every_check_on_the_data_stands_in_a_table(document: dict[str, Any]) -> None:
    sheet = english(document)
    said = {key: row[1].value for key, row in by_key(table(sheet, "quality")).items()}
    said |= {key: row[1].value for key, row in by_key(table(sheet, "quality-shares")).items()}
    pairs = table(sheet, "possible-duplicates").rows

    for check, value in document["data_quality"].items():
        if check == "possible_duplicate_pairs":
            assert [[row[1].key, row[2].key] for row in pairs] == [
                pair["activity_ids"] for pair in value
            ]
        else:
            assert said[check] == value, check


def test_five_different_things_are_told_apart() -> None:
    sheet = english(rich())
    statuses = Counter(
        cell.status for found in sheet.tables() for row in found.rows for cell in row if cell.status
    )

    assert {
        Status.NORMAL,
        Status.PROVISIONAL,
        Status.MISSING,
        Status.SUPPRESSED,
        Status.NOT_APPLICABLE,
    } <= statuses.keys()
    for found in sheet.tables():
        for row in found.rows:
            for cell in row:
                if cell.status in (Status.MISSING, Status.SUPPRESSED, Status.NOT_APPLICABLE):
                    assert cell.value is None
                elif cell.status is not None:
                    assert cell.value is not None


def test_a_small_count_of_people_is_never_nought() -> None:
    document = rich()
    found = table(english(document), "positions")

    assert document["suppressed"]["attendance"]["position"]
    for key in document["suppressed"]["attendance"]["position"]:
        cell = by_key(found)[key][1]
        assert (cell.value, cell.status) == (None, Status.SUPPRESSED)
    assert "[c]" in found.note


def test_a_lower_bound_and_a_range_are_said() -> None:
    cards = {card.metric: card for card in english(rich()).sections[0].cards}

    assert cards["population_represented"].value.lower_bound
    assert "104 to 110 distinct people" in cards["attendance"].details


def test_a_share_on_a_small_base_is_not_printed_and_its_counts_are() -> None:
    found = by_key(table(english(golden()), "members"))

    assert [(cell.value, cell.status) for cell in found["NLC"][1:]] == [
        (3, Status.NORMAL),
        (4, Status.NORMAL),
        (None, Status.NOT_APPLICABLE),
    ]


def test_a_city_that_is_not_to_be_named_is_counted_and_stands_nowhere() -> None:
    sheet = english(rich())

    assert "1 city not named." in table(sheet, "cities").note
    assert "hidden-city" not in repr(sheet)
    assert "Not To Be Named" not in repr(sheet)


def test_every_figure_change_and_row_leads_to_its_evidence(document: dict[str, Any]) -> None:
    sheet = english(document)
    period = document["period"]["id"]

    for name in ("all-figures", "all-shares", "figures-over-a-year", "shares-over-a-year"):
        found = table(sheet, name)
        for row in found.rows:
            cells = dict(zip((each.key for each in found.columns), row, strict=True))
            evidence = f"/reports/{period}/figures/{row[0].key}"
            assert cells["value"].href == evidence
            for key, other in (("change", "previous"), ("year_change", "year-before")):
                if key in cells and cells[key].value is not None:
                    assert cells[key].href == f"{evidence}?against={other}"
    for found in sheet.tables():
        counted = [
            each.key in document["breakdowns"] and found.id != "occurrences"
            for each in found.columns
        ]
        for row in found.rows:
            for cell, of_a_figure in zip(row, counted, strict=True):
                assert not of_a_figure or (cell.href or "").startswith("/reports/")


def test_the_row_that_a_link_asks_for_is_the_row_it_stands_in() -> None:
    sheet = english(rich())
    sizes = by_key(table(sheet, "size-classes"))
    asked = parse_qs(urlsplit(sizes["10–<50k"][1].href or "").query)
    matrix = by_key(table(sheet, "theme-by-phase"))["hate"]

    assert asked == {"size_class": ["10–<50k"]}
    assert parse_qs(urlsplit(matrix[1].href or "").query) == {
        "theme": ["hate"],
        "phase": ["prevention"],
    }


def test_a_published_version_leads_to_the_evidence_of_its_own_moment() -> None:
    published = deepcopy(golden())
    published["version"] = 2

    for sheet in (english(published), sheet_of(golden(), language_of("en"), then=True)):
        links = {
            cell.href
            for found in sheet.tables()
            for row in found.rows
            for cell in row
            if cell.href and "/figures/" in cell.href
        }
        assert links
        for link in links:
            assert parse_qs(urlsplit(link).query)["known_at"] == ["2024-04-21T09:00:00Z"]
    assert all("known_at" not in str(row) for row in table(english(golden()), "countries").rows)


def test_a_figure_that_a_version_changed_is_marked() -> None:
    published = deepcopy(golden())
    published["version"] = 2
    published["figures"]["attendance"]["revised"] = True
    published["revisions"] = [
        {"version": 1, "published_on": "2024-04-10", "sha256": "ab", "changed": []},
        {
            "version": 2,
            "published_on": "2024-04-21",
            "sha256": None,
            "reason": "R1",
            "note": "The file of W2 came.",
            "changed": ["figures.attendance", "figures.cities_engaged"],
        },
    ]
    published["seal"] = {"sha256": "cd", "key_id": "k1", "algorithm": "Ed25519", "signature": "ef"}

    sheet = english(published)

    assert by_key(table(sheet, "all-figures"))["attendance"][1].status is Status.REVISED
    assert by_key(table(sheet, "all-figures"))["registrations"][1].status is Status.NORMAL
    first, second = table(sheet, "revisions").rows
    assert (first[0].href, first[4].status) == ("/reports/2024-Q1/v1", Status.NOT_APPLICABLE)
    assert [cell.value for cell in second[2:5]] == [
        "R1: better source data",
        "The file of W2 came.",
        2,
    ]
    assert by_key(table(sheet, "made"))["signature"][1].value == "ef"
    assert ("Version", "2, as published") in sheet.strip


def test_the_strip_says_what_the_report_is() -> None:
    assert english(golden()).strip == [
        ("Period", "Q1 2024"),
        ("Also", "NLC FY2024-Q2"),
        ("Dates", "1 January 2024 to 31 March 2024"),
        ("Status", "provisional"),
        ("Version", "as known on 21 Apr 2024, 09:00 UTC"),
        ("Data to", "20 Apr 2024, 09:00 UTC"),
        ("Next release", "15 May 2024 (final)"),
    ]


@pytest.mark.parametrize("code", LOCALES)
def test_ids_are_unique_and_the_same_in_every_language(code: str, document: dict[str, Any]) -> None:
    def shape(sheet: Sheet) -> list[Any]:
        return [
            (
                section.id,
                [card.metric for card in section.cards],
                [
                    (
                        found.id,
                        [(each.key, each.kind) for each in found.columns],
                        [[cell.key for cell in row] for row in found.rows],
                        [(chart.kind, chart.label, chart.value) for chart in found.charts],
                    )
                    for found in section.tables
                ],
            )
            for section in sheet.sections
        ]

    sheet = sheet_of(document, language_of(code))
    ids = [found.id for found in sheet.tables()]

    assert len(set(ids)) == len(ids)
    assert shape(sheet) == shape(english(document))


@pytest.mark.parametrize("code", LOCALES)
def test_numbers_do_not_depend_on_the_language(code: str, document: dict[str, Any]) -> None:
    def numbers(sheet: Sheet) -> list[Any]:
        return [
            (cell.value if not isinstance(cell.value, str) else None, cell.status, cell.href)
            for found in sheet.tables()
            for row in found.rows
            for cell in row
        ]

    assert numbers(sheet_of(document, language_of(code))) == numbers(english(document))


@cache
def words(name: str, code: str) -> tuple[str, ...]:
    """Every text of a sheet, in order."""
    return tuple(texts(sheet_of(DOCUMENTS[name](), language_of(code))))


def texts(part: Any) -> Iterator[str]:
    """Yield the texts of a part of a sheet that are for people, in order."""
    if isinstance(part, str):
        yield part
    elif isinstance(part, list | tuple):
        for each in part:
            yield from texts(each)
    elif is_dataclass(part):
        for field in fields(part):
            if field.name not in KEYS[type(part)]:
                yield from texts(getattr(part, field.name))


@pytest.mark.parametrize("name", DOCUMENTS)
@pytest.mark.parametrize("code", [code for code in LOCALES if code != "en"])
def test_nothing_english_is_left_in_another_language(name: str, code: str) -> None:
    places = {language_of(code).named("subdivision", each) for each in subdivisions(name)}
    places |= set(language_of(code).locale.territories.values())
    allowed = places | ALIKE | set(stated(DOCUMENTS[name]()))
    left = [
        text
        for text, in_english in zip(words(name, code), words(name, "en"), strict=True)
        if text == in_english
        and text not in allowed
        and any(any(map(str.isalpha, each)) and each not in allowed for each in text.split(", "))
    ]

    assert left == []


def stated(part: Any) -> Iterator[str]:
    """Yield what a document says in nobody's language: names, titles, hashes, unknown slugs."""
    if isinstance(part, str):
        yield part.removeprefix("other:")
    elif isinstance(part, list):
        for each in part:
            yield from stated(each)
    elif isinstance(part, dict):
        for key, each in part.items():
            if key not in ENGLISH and not (key == "title" and "titles" in part):
                yield from stated(each)


def subdivisions(name: str) -> list[str]:
    """The states and regions of the cities of a document."""
    lists = DOCUMENTS[name]()["lists"]
    return [
        f"{city['country']}-{city['subdivision']}"
        for listed in ("cities", "members_not_engaged", "cities_lapsed", "cities_left")
        for city in lists[listed]
    ]


@pytest.mark.parametrize("name", DOCUMENTS)
@pytest.mark.parametrize("code", LOCALES)
def test_no_text_has_a_hole_in_it(name: str, code: str) -> None:
    for text in words(name, code):
        assert "{" not in text, text
        assert not {"None,", "None."} & set(text.split()), text
        assert text == text.strip(), text


def test_a_finding_names_the_largest_row() -> None:
    sheet = english(rich())

    assert table(sheet, "countries").summary == "United States: 12 of 19."
    assert table(sheet, "countries").charts[-1].title == "United States: 12 of 19."
    assert table(sheet, "resource-kind").summary == (
        "Policy brief, Report, and Toolkit: 1 each, of 3."
    )


def test_maps_show_the_cities_of_which_it_is_known_where_they_lie() -> None:
    sheet = english(rich())
    (world, _), (states, _) = (table(sheet, name).charts for name in ("countries", "subdivisions"))

    assert (world.kind, len(world.places)) == ("map_world", 18)
    assert world.title == "19 cities in 8 countries."
    assert world.description.endswith("1 city is not on the map.")
    assert (states.kind, len(states.places)) == ("map_us", 12)
    assert states.title == "United States: 12 cities, 7 of 50 states."
    assert {place.subdivision for place in states.places} >= {"US-DC", "US-PR", "US-TX"}


@pytest.mark.parametrize("period", ["2025", "FY2025"])
def test_a_year_is_compared_with_the_year_before_alone(period: str) -> None:
    told = document_of(rich_knowledge(), period, RICH_MOMENT)

    sheet = english(told)

    card = sheet.sections[0].cards[0]
    (change,) = card.changes
    assert change[0].startswith("since ")
    assert change[1].value == told["figures"]["cities_engaged"]["change"]
    assert "figures-over-a-year" not in {found.id for found in sheet.tables()}


def test_a_fiscal_quarter_keeps_the_name_that_nlc_gives_it() -> None:
    told = document_of(rich_knowledge(), "FY2025-Q3", RICH_MOMENT)

    for code, other in (("en", "Q2 2025"), ("fr", "T2 2025"), ("es", "T2 2025")):
        strip = [text for _, text in sheet_of(told, language_of(code)).strip]
        assert strip[:2] == ["NLC FY2025-Q3", other]


def test_a_quarter_in_which_nothing_was_held_is_told_too() -> None:
    empty = deepcopy(golden())
    for metric in empty["breakdowns"]:
        empty["breakdowns"][metric] = {}
    for name in empty["lists"]:
        empty["lists"][name] = {} if name == "theme_by_phase" else []
    for figure in empty["figures"].values():
        figure["value"] = None if figure["unit"] == "percent" else 0
        figure["status"] = "O" if figure["value"] is None else "A"

    sheet = english(empty)

    assert table(sheet, "countries").summary == "None in this period."
    assert table(sheet, "countries").charts == []
    assert by_key(table(sheet, "came"))["total"][1].value == 0
