"""Results of a run as table, chart and document: numbers into text, nothing measured."""

import io
import json
import shutil
import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from tests.bench.chart import BAR_MAX, panels_of, svg
from tests.bench.document import DOCS, finding, keep
from tests.bench.growth import Size, rows_of
from tests.bench.ours import Passage
from tests.bench.row import Measured, Results, Row, number, percentile
from tests.bench.table import show

PIPELINE = Row(
    name="pipeline",
    work="published → in the report",
    unit="events/s",
    ours=Measured("Tandem", (9_000.0, 12_000.0, 12_600.0)),
    peers=(Measured("FastStream, message by message", (2_000.0,)),),
    target=10_000,
    times={"FastStream, message by message": 6},
)
LATENCY = Row(
    name="event",
    work="one event, p99",
    unit="ms",
    ours=Measured("Tandem", (260.0,)),
    target=250,
    less_is_better=True,
)
RESULTS = Results("bench", {"cores": "2"}, (PIPELINE, LATENCY), ("No Node.js.",))
SVG = "{http://www.w3.org/2000/svg}"


def test_the_middle_round_counts_and_is_compared_with_each_peer() -> None:
    assert PIPELINE.ours.median == 12_000
    assert PIPELINE.beside(PIPELINE.peers[0]) == "6× as fast, target 6×"
    assert PIPELINE.verdict == "on target, 10,000"
    assert PIPELINE.is_reached


def test_a_target_counts_as_missed_when_a_peer_is_too_close() -> None:
    closer = replace(PIPELINE, peers=(Measured("FastStream, message by message", (2_400.0,)),))

    assert closer.verdict == "on target, 10,000"
    assert not closer.is_reached


def test_where_less_is_better_more_is_over_the_target() -> None:
    assert (LATENCY.verdict, LATENCY.is_reached) == ("over 250", False)
    slower = Measured("another", (520.0,))
    assert replace(LATENCY, peers=(slower,)).beside(slower) == "2× as fast"


@pytest.mark.parametrize(
    ("value", "text"), [(12_345.6, "12,346"), (99.44, "99.4"), (1.5, "1.50"), (3.0, "3")]
)
def test_numbers_are_printed_with_three_digits(value: float, text: str) -> None:
    assert number(value) == text


def test_a_percentile_is_a_value_that_was_measured() -> None:
    assert percentile(range(1, 101), 99) == 99
    assert percentile([7.0], 50) == 7


def test_the_table_fits_eighty_columns() -> None:
    written = io.StringIO()
    show(RESULTS, Console(file=written, width=80))
    lines = written.getvalue().splitlines()

    assert max(map(len, lines)) <= 80
    [ours] = [line for line in lines if line.startswith("published")]
    assert ours.split() == [*"published → in the report 12,000 events/s on target, 10,000".split()]
    assert "No Node.js." in lines


def test_bars_start_at_zero_and_carry_their_values() -> None:
    drawn = ET.fromstring(svg("A finding", panels_of(RESULTS.rows)))
    bars = drawn.findall(f"{SVG}rect")
    told = [text.text for text in drawn.findall(f"{SVG}text")]

    lengths = [float(bar.attrib["width"]) for bar in bars]
    assert lengths == pytest.approx([BAR_MAX, BAR_MAX / 6, BAR_MAX], abs=0.1)
    assert {"A finding", "12,000", "2,000", "260", "one event, p99"} <= set(told)


def test_the_document_is_written_from_what_both_runs_keep(tmp_path: Path) -> None:
    (tmp_path / "images").mkdir()
    growth = Results("growth", {"cores": "2"}, tuple(rows_of([size(100_000), size(1_000_000)])))
    keep(growth, tmp_path)
    keep(RESULTS, tmp_path)
    text = (tmp_path / "benchmarks.md").read_text()

    assert text.index("## Beside others") < text.index("## As the history grows")
    assert (
        "| FastStream, message by message | 2,000 events/s | 6× as fast, target 6× | one |" in text
    )
    assert "Measured on: cores 2." in text
    assert {file.name for file in (tmp_path / "images").iterdir()} == {"bench.svg", "growth.svg"}
    kept = json.loads((tmp_path / "benchmarks" / "bench.json").read_text())
    assert Results.from_json(kept) == RESULTS


def test_the_document_in_docs_is_what_its_figures_make(tmp_path: Path) -> None:
    (tmp_path / "images").mkdir()
    shutil.copytree(DOCS / "benchmarks", tmp_path / "benchmarks")
    keep(Results.from_json(json.loads((DOCS / "benchmarks/bench.json").read_text())), tmp_path)

    for name in ("benchmarks.md", "images/bench.svg", "images/growth.svg"):
        assert (tmp_path / name).read_text() == (DOCS / name).read_text(), name


def test_growth_shows_the_largest_history_beside_the_smaller_ones() -> None:
    rows = rows_of([size(100_000), size(1_000_000, slower=3)])
    results = Results("growth", {}, tuple(rows))

    assert finding(results).endswith("an event costs 3 times what it cost with 100,000 facts")
    [report] = [row for row in rows if row.work == "report, idle, p99"]
    assert report.ours == Measured("1,000,000 facts", (15.0,))
    assert report.beside(report.peers[0]) == "0.33× as fast, target 0.50×"
    assert not report.is_reached


def size(facts: int, slower: float = 1.0) -> Size:
    """What could have been measured with so many facts."""
    return Size(
        facts=facts,
        passages=(Passage(20_000, slower, 2 * slower),),
        first=(400.0,),
        idle=(5.0 * slower,),
        busy=(40.0,),
        filled=9_000.0,
        projected=60_000.0,
        processor={"events": 220.0, "gateway": 0.4},
        memory={"events": 100.0},
    )
