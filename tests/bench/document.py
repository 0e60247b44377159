"""docs/benchmarks.md with its charts, written from the kept results of both runs."""

import json
from collections.abc import Iterator
from pathlib import Path

from tests.bench.chart import panels_of, svg
from tests.bench.row import Results, Row, number

DOCS = Path(__file__).parents[2] / "docs"
KINDS = ("bench", "growth")
INTRODUCTION = """\
# Benchmarks

Written by `make bench` and `make growth`; not by hand. Everything runs as users run it: NATS with
`sync_interval: always`, PostgreSQL with `fsync`, every service a process of its own, all on one
machine, with everything that Tandem checks, records and traces. Absolute figures say little about
another machine; ratios of one run carry over.

What is measured with is invented and repeatable: `tandem generate --facts 1000000 --seed 1` writes
the same history every time, of real cities and of activities in the shape of the
[demonstration](../deploy/demo/README.md). Of its facts 85 % tell of participation (who registered,
withdrew, came and went); what is left beside cities, memberships, activities, attendance files and
works tells whom the works reached. At 10 million facts it has 2,000 cities and 6,000 activities in
12 quarters.
"""


def keep(results: Results, docs: Path = DOCS) -> None:
    """Keep the results of a run, and write the document and its charts from all that is kept."""
    folder = docs / "benchmarks"
    folder.mkdir(exist_ok=True)
    document = json.dumps(results.to_json(), indent=1, ensure_ascii=False)
    (folder / f"{results.kind}.json").write_text(document + "\n", "utf-8")
    kept = [
        Results.from_json(json.loads(file.read_text("utf-8")))
        for kind in KINDS
        if (file := folder / f"{kind}.json").exists()
    ]
    for each in kept:
        chart = svg(finding(each), panels_of(each.rows))
        (docs / "images" / f"{each.kind}.svg").write_text(chart, "utf-8")
    text = INTRODUCTION + "".join(_section(each) for each in kept)
    (docs / "benchmarks.md").write_text(text, "utf-8")


def finding(results: Results) -> str:
    """Return what a run shows, in a sentence."""
    first = results.rows[0]
    if results.kind == "growth":
        least, most = first.peers[0] if first.peers else first.ours, first.ours
        return (
            f"{most.what}: an event costs {number(most.median / least.median)} times"
            f" what it cost with {least.what}"
        )
    beside = first.peers[0] if first.peers else None
    said = f"{first.work}: {number(first.ours.median)} {first.unit}"
    return f"{said}, {number(first.ratio(beside))} times {beside.what}" if beside else said


def _section(results: Results) -> str:
    heading = {"bench": "Beside others", "growth": "As the history grows"}[results.kind]
    machine = ", ".join(f"{name} {value}" for name, value in results.machine.items())
    lines = [
        f"\n## {heading}\n",
        f"![{finding(results)}](images/{results.kind}.svg)\n",
        "| work | median | Tandem is | rounds |",
        "|---|--:|--:|---|",
        *(line for row in results.rows for line in _lines(row)),
        "",
        *(f"- {note}" for note in _notes(results)),
        "",
        f"Measured on: {machine}.",
        "",
    ]
    return "\n".join(lines)


def _lines(row: Row) -> Iterator[str]:
    ours = f"**{number(row.ours.median)} {row.unit}**"
    yield f"| **{row.work}** | {ours} | {row.verdict} | {_rounds(row.ours.rounds)} |"
    for peer in row.peers:
        value = f"{number(peer.median)} {row.unit}"
        yield f"| {peer.what} | {value} | {row.beside(peer)} | {_rounds(peer.rounds)} |"


def _rounds(rounds: tuple[float, ...]) -> str:
    return f"{number(min(rounds))} to {number(max(rounds))}" if len(rounds) > 1 else "one"


def _notes(results: Results) -> Iterator[str]:
    yield from results.notes
    for row in results.rows:
        if row.note:
            yield f"*{row.work}*: {row.note}"
