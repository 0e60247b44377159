"""The results in a terminal, 80 columns wide: ours in bold, its peers below.

A row in red has not reached all of its targets.
"""

from rich.console import Console
from rich.table import Table

from tests.bench.row import Results, Row, number


def show(results: Results, console: Console) -> None:
    """Print the table, the notes, and the machine."""
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
    style = "bold" if row.is_reached else "bold red"
    table.add_row(row.work, f"{number(row.ours.median)} {row.unit}", row.verdict, style=style)
    for peer in row.peers:
        value = f"{number(peer.median)} {row.unit}"
        table.add_row(f"  {peer.what}", value, row.beside(peer))
