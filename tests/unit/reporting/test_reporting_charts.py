"""Charts: bars from zero with everything written beside them, in SVG that stands by itself."""

import re
from collections.abc import Sequence
from itertools import pairwise
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.reporting.presentation.cartography import WIDTH
from services.reporting.presentation.charts import KINDS, draw
from services.reporting.presentation.drawing import lines_of, width_of
from services.reporting.presentation.language import LOCALES, language_of
from services.reporting.presentation.sheet import Cell, Chart, Column, Kind, Place, Status, Table

NORMAL = Status.NORMAL
ENGLISH = language_of("en")
SVG = "{http://www.w3.org/2000/svg}"
CHART_BYTES_MAX, MAP_BYTES_MAX = 6_000, 65_000
Row = tuple[str, float | None]


def table(
    rows: Sequence[Row | tuple[str, Cell]], kind: Kind = Kind.COUNT, *, sums: bool = False
) -> Table:
    return Table(
        id="engaged",
        caption="Cities engaged",
        columns=[Column("place", "Place"), Column("cities", "Cities", kind)],
        rows=[
            [
                Cell(label, key=label),
                value if isinstance(value, Cell) else Cell(value, NORMAL),
            ]
            for label, value in rows
        ],
        sums=sums,
    )


def chart(kind: str = "bars", places: Sequence[Place] = ()) -> Chart:
    return Chart(
        kind=kind,
        title="Most cities lie in Ohio",
        subtitle="Cities engaged, Q1 2024",
        description="Ohio 3, New Mexico 1.",
        source="Source: Tandem.",
        label="place",
        value="cities",
        places=places,
    )


def picture(drawn: Table, kind: str = "bars", language: str = "en") -> ElementTree.Element:
    return ElementTree.fromstring(draw(chart(kind), drawn, language_of(language)))


def words(root: ElementTree.Element, css: str) -> list[str]:
    return [str(each.text) for each in root.iter(f"{SVG}text") if each.get("class") == css]


def number(element: ElementTree.Element, name: str) -> float:
    return float(element.attrib[name])


def spans(root: ElementTree.Element) -> list[tuple[float, float]]:
    """Return where each bar begins and ends, left to right."""
    return [
        (number(bar, "x"), number(bar, "x") + number(bar, "width"))
        for bar in root.iter(f"{SVG}rect")
        if bar.attrib["class"].split()[0] == "bar"
    ]


def zero(root: ElementTree.Element) -> float:
    (line,) = (each for each in root.iter(f"{SVG}path") if each.get("class") == "zero")
    return float(line.attrib["d"].removeprefix("M").split(",")[0])


@given(st.lists(st.integers(1, 10_000), min_size=1, max_size=15))
def test_bars_begin_at_zero_and_are_as_long_as_their_numbers(values: list[int]) -> None:
    root = picture(table([(f"row {place}", value) for place, value in enumerate(values)]))
    units = max(end - begin for begin, end in spans(root)) / max(values)
    for value, (begin, end) in zip(values, spans(root), strict=True):
        assert begin == pytest.approx(zero(root), abs=0.1)
        assert end - begin == pytest.approx(value * units, abs=0.1)


def test_what_is_below_zero_goes_to_the_left_and_its_number_stands_there() -> None:
    root = picture(table([("New", 3), ("Left", -4)], Kind.CHANGE))
    (up_begin, up_end), (down_begin, down_end) = spans(root)
    assert up_begin == pytest.approx(zero(root), abs=0.11)
    assert down_end == pytest.approx(zero(root), abs=0.11)
    assert (down_end - down_begin) / (up_end - up_begin) == pytest.approx(4 / 3, abs=0.01)
    assert words(root, "value") == ["+3", "−4"]
    (_, left) = (each for each in root.iter(f"{SVG}text") if each.get("class") == "value")
    assert left.get("text-anchor") == "end"
    assert number(left, "x") < down_begin


def test_steps_lead_from_a_level_to_the_next_and_say_so() -> None:
    rows = [("Engaged in Q4", 41), ("New", 13), ("Not repeated", -14), ("Engaged in Q1", 40)]
    root = picture(table(rows), "steps")
    before, new, lost, after = spans(root)
    assert before[0] == after[0] == pytest.approx(zero(root), abs=0.1)
    assert new[0] == pytest.approx(before[1], abs=0.11)
    assert lost[1] == pytest.approx(new[1], abs=0.11)
    assert lost[0] == pytest.approx(after[1], abs=0.11)
    assert words(root, "value") == ["41", "+13", "−14", "40"]


def test_every_row_has_its_words_and_its_number_however_long_its_name_is() -> None:
    long = "Democratic Republic of the Congo"
    root = picture(table([("Ohio", 3), (long, 1)]))
    assert " ".join(words(root, "label")) == f"Ohio {long}"
    assert words(root, "value") == ["3", "1"]


@pytest.mark.parametrize(
    ("label", "lines"),
    [
        ("Colombie-Britannique", ["Colombie-", "Britannique"]),
        ("− Cities that left", ["− Cities that", "left"]),
        ("a - b", ["a - b"]),
        ("Llanfairpwllgwyngyll", ["Llanfairpwllg", "wyngyll"]),
        ("", [""]),
    ],
)
def test_a_label_is_broken_where_a_reader_would_break_it(label: str, lines: list[str]) -> None:
    assert lines_of(label, 115) == lines


@given(st.text(), st.integers(20, 200))
def test_a_broken_label_loses_nothing_and_fits(label: str, width: int) -> None:
    lines = lines_of(label, width)
    assert "".join("".join(lines).split()) == "".join(label.split())
    assert all(width_of(each) <= width for each in lines)


@pytest.mark.parametrize("language", LOCALES)
@pytest.mark.parametrize("kind", [Kind.COUNT, Kind.CHANGE, Kind.PERCENT])
def test_no_letter_stands_outside_or_on_a_bar(language: str, kind: Kind) -> None:
    name = "MUNICIPALITY OF WINNEMUCCA-HUMMINGBIRD"
    most = 1_000.0 if kind is Kind.PERCENT else 10_000_000.0
    rows = [(name, most), (name, -0.9 * most), ("W" * 40, 5.5)]
    root = picture(table(rows, kind), language=language)
    labels = [each for each in root.iter(f"{SVG}text") if each.get("class") == "label"]
    ends = [number(each, "x") + width_of(str(each.text)) for each in labels]
    numbers = [each for each in root.iter(f"{SVG}text") if each.get("class") == "value"]
    for each in numbers:
        width = width_of(str(each.text))
        begin = number(each, "x") - (width if each.get("text-anchor") == "end" else 0)
        assert max(ends) <= begin + 0.1
        assert begin + width <= WIDTH + 0.1
    assert max(ends) < min(begin for begin, _ in spans(root))


def test_rows_beyond_fifteen_are_counted_and_not_drawn() -> None:
    root = picture(table([(f"row {place}", 20 - place) for place in range(20)]))
    assert len(spans(root)) == len(words(root, "label")) == 15
    assert words(root, "rest") == ["and 5 more"]


def test_the_total_is_not_drawn_beside_its_parts() -> None:
    root = picture(table([("Joint", 2), ("NLC only", 1), ("Total", 3)], sums=True))
    assert words(root, "label") == ["Joint", "NLC only"]


def test_a_number_that_is_kept_back_has_a_stub_of_its_own_and_no_length() -> None:
    root = picture(table([("Ohio", 30), ("Maine", Cell(None, Status.SUPPRESSED))]))
    assert words(root, "value") == ["30", "[c]"]
    (stub,) = (each for each in root.iter(f"{SVG}rect") if each.get("class") == "bar-hidden")
    (pattern,) = root.iter(f"{SVG}pattern")
    assert stub.get("fill") == f"url(#{pattern.get('id')})"
    assert len(spans(root)) == 1


def test_zero_missing_and_not_applicable_have_no_bar_and_differ_in_words() -> None:
    rows = [
        ("Ohio", Cell(5, NORMAL)),
        ("Maine", Cell(0, NORMAL)),
        ("Iowa", Cell(None, Status.MISSING)),
        ("Utah", Cell(None, Status.NOT_APPLICABLE)),
    ]
    root = picture(table(rows))
    assert words(root, "value") == ["5", "0", "[x]", "-"]
    assert len(spans(root)) == 1


def test_a_lower_bound_says_so() -> None:
    root = picture(table([("Ohio", Cell(2040, NORMAL, lower_bound=True))]))
    assert words(root, "value") == ["≥ 2,040"]


def test_marks_stand_only_where_numbers_differ_in_them() -> None:
    provisional = Status.PROVISIONAL
    all_alike = [("Ohio", Cell(3, provisional)), ("Maine", Cell(None, Status.SUPPRESSED))]
    assert words(picture(table(all_alike)), "value") == ["3", "[c]"]
    mixed = [("Ohio", Cell(3, provisional)), ("Maine", Cell(2, NORMAL))]
    assert words(picture(table(mixed)), "value") == ["3 [p]", "2"]


@pytest.mark.parametrize(
    ("language", "count", "share", "rest"),
    [
        ("en", "1,234", "83.3%", "and 1 more"),
        ("fr", "1\u202f234", "83,3", "et 1 autre"),
        ("es", "1,234", "83.3", "y 1 más"),
    ],
)
def test_numbers_are_written_as_the_language_writes_them(
    language: str, count: str, share: str, rest: str
) -> None:
    root = picture(table([(f"row {place}", 1234) for place in range(16)]), language=language)
    assert set(words(root, "value")) == {count}
    assert words(root, "rest") == [rest]
    (percent,) = words(picture(table([("a", 83.34)], Kind.PERCENT), language=language), "value")
    assert percent.startswith(share)


def test_a_table_without_rows_gives_a_picture_without_bars() -> None:
    assert spans(picture(table([]))) == []


def everything(kind: str) -> str:
    """Draw a chart with whatever can be in it, named to do harm."""
    name = "\"/><script>alert('1')</script>&\x07\ud800"
    places = [Place(name, 39.96, -82.99), Place("Hagåtña", 13.47, 144.75)]
    rows = table(
        [
            ("US-OH", 30),
            ("US", Cell(12, Status.PROVISIONAL)),
            (name, Cell(None, Status.SUPPRESSED)),
            (name, -4),
        ]
    )
    return str(draw(chart(kind, places), rows, ENGLISH))


@pytest.mark.parametrize("kind", KINDS)
def test_a_picture_is_said_to_those_who_do_not_see_it(kind: str) -> None:
    root = ElementTree.fromstring(everything(kind))
    title, description = root.findall(f"{SVG}title") + root.findall(f"{SVG}desc")
    assert (title.text, description.text) == ("Most cities lie in Ohio", "Ohio 3, New Mexico 1.")
    assert root.get("role") == "img"
    assert root.get("aria-labelledby") == f"{title.get('id')} {description.get('id')}"


@pytest.mark.parametrize("kind", KINDS)
def test_a_picture_stands_by_itself_and_a_strict_page_takes_it(kind: str) -> None:
    written = everything(kind)
    root = ElementTree.fromstring(written)
    allowed = "svg title desc g path rect circle text defs pattern".split()
    assert {each.tag.removeprefix(SVG) for each in root.iter()} <= set(allowed)
    names = {name for each in root.iter() for name in each.attrib}
    assert not {name for name in names if name == "style" or name.startswith("on")}
    assert not {name for name in names if "href" in name or name == "src"}
    assert set(re.findall(r"url\(([^)]*)\)", written)) <= {f"#engaged-{kind}-hatch"}
    assert written.count("://") == 1, "the name of SVG, and no address"
    ids = [each.attrib["id"] for each in root.iter() if "id" in each.attrib]
    assert len(ids) == len(set(ids))
    assert all(each.startswith(f"engaged-{kind}-") for each in ids)


@pytest.mark.parametrize("kind", KINDS)
def test_a_picture_is_small(kind: str) -> None:
    limit = MAP_BYTES_MAX if kind.startswith("map") else CHART_BYTES_MAX
    assert len(everything(kind).encode()) < limit


def test_rows_do_not_touch_each_other() -> None:
    root = picture(table([("Ohio", 3), ("New York and New Jersey together", 2), ("Maine", 1)]))
    tops = [number(bar, "y") for bar in root.iter(f"{SVG}rect")]
    assert all(below - above >= 20 for above, below in pairwise(tops))
    height = float(root.attrib["viewBox"].split()[3])
    assert max(number(each, "y") for each in root.iter(f"{SVG}text")) < height


def test_a_chart_of_a_column_that_is_not_there_is_an_error() -> None:
    with pytest.raises(KeyError, match="cities"):
        draw(chart(), Table("empty", "", [Column("place", "Place")], []), ENGLISH)
