"""The results in a terminal, 80 columns wide: ours in bold, its peers below, how many times."""

from rich.console import Console
from rich.table import Table

from tests.bench.row import Results, Row, number


def show(results: Results, console: Console) -> None:
    """Print the table, what was missed, and the machine."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("work", ratio=1)
    table.add_column("median", justify="right", no_wrap=True)
    table.add_column("Tandem is", justify="right", no_wrap=True)
    for row in results.rows:
        _add(table, row)
    console.print(table)
    for note in results.notes:
        console.print(note, style="dim")
    said = ", ".join(f"{name} {value}" for name, value in results.machine.items())
    console.print(said, style="dim")


def _add(table: Table, row: Row) -> None:
    missed = row.missed()
    has_target = row.target is not None or row.times
    verdict = "" if not has_target else "short of its target" if missed else "on target"
    table.add_row(
        row.work,
        f"{number(row.ours.median)} {row.unit}",
        verdict,
        style="bold red" if missed else "bold",
    )
    for peer in row.peers:
        value = f"{number(peer.median)} {row.unit}"
        table.add_row(f"  {peer.what}", value, row.beside(peer))
    for sentence in missed:
        table.add_row(f"  wanted: {sentence}", style="red")
