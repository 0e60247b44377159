"""Tables of rows behind figures: a dimension down, one figure or several across."""

from collections.abc import Callable, Sequence

from services.reporting.presentation.composing.names import row_name
from services.reporting.presentation.composing.subject import Subject
from services.reporting.presentation.sheet import Cell, Chart, Column, Kind, Status, Table

LEADERS_MAX = 3
"""So many rows of the same size are named; of more, none stands out."""
DESCRIBED_MAX = 10


def breakdown(
    subject: Subject,
    name: str,
    caption: str,
    head: str,
    dimension: str,
    metrics: Sequence[str],
    *,
    sums: bool = False,
    note: str = "",
    order: Callable[[str], int] | None = None,
    charts: Sequence[Chart] = (),
    chart: bool = False,
) -> Table:
    """Return the rows of some figures by a dimension.

    Args:
        subject: the report.
        name: the id of the table.
        caption: what its rows are.
        head: the heading of the first column.
        dimension: of the breakdown.
        metrics: the figures, a column each.
        sums: the rows are a partition, so a total follows.
        note: what must be known to read them.
        order: of the rows, where they have one of their own.
        charts: other drawings of the same rows.
        chart: whether the first figure is drawn as bars too.
    """
    language = subject.language
    keys = list(dict.fromkeys(key for metric in metrics for key in subject.rows(metric, dimension)))
    if order is not None:
        keys.sort(key=order)
    names = {key: row_name(language, metrics[0], dimension, key) for key in keys}
    rows = [
        [Cell(names[key], key=key), *(subject.cell(metric, dimension, key) for metric in metrics)]
        for key in keys
    ]
    if sums:
        total = Cell(language.text("Total"), key="total")
        rows.append([total, *(subject.value(metric) for metric in metrics)])
    finding = found(subject, metrics[0], dimension, names)
    bars = [_bars(subject, metrics[0], dimension, names, finding)] if chart and keys else []
    return Table(
        id=name,
        caption=caption,
        columns=[
            Column(dimension, head),
            *(
                Column(metric, subject.title(metric), Kind.COUNT, subject.unit(metric))
                for metric in metrics
            ),
        ],
        rows=rows,
        summary=finding,
        note=" ".join(filter(None, [note, *_notes(subject, dimension, metrics)])),
        charts=[*charts, *bars],
        sums=sums,
    )


def found(subject: Subject, metric: str, dimension: str, names: dict[str, str]) -> str:
    """Return what the rows of a figure say: which is the largest, and of how many."""
    language = subject.language
    printed = {
        key: count
        for key, count in subject.rows(metric, dimension).items()
        if count and key in names
    }
    value = subject.figures[metric]["value"]
    if not value:
        return language.text("None in this period.")
    if not printed:
        return language.text("No row is printed.")
    most = max(printed.values())
    leaders = [names[key] for key, count in printed.items() if count == most]
    figures = {"count": language.number(most), "total": language.number(value)}
    if len(leaders) == 1:
        return language.text("{row}: {count} of {total}.", row=leaders[0], **figures)
    if len(leaders) > LEADERS_MAX:
        return language.text("No row stands out: at most {count} of {total}.", **figures)
    rows = language.listed(leaders)
    return language.text("{rows}: {count} each, of {total}.", rows=rows, **figures)


def source(subject: Subject) -> str:
    """Return the line below a chart."""
    language, data_to = subject.language, subject.data_to
    if data_to is None:
        return language.text("Source: Tandem; no fact has been recorded yet.")
    moment = language.instant(data_to)
    return language.text("Source: Tandem, facts recorded up to {moment}.", moment=moment)


def subtitle(subject: Subject, metric: str) -> str:
    """Return what a chart shows and of which period."""
    return f"{subject.title(metric)}, {subject.called()}"


def _bars(
    subject: Subject, metric: str, dimension: str, names: dict[str, str], finding: str
) -> Chart:
    language = subject.language
    rows = subject.rows(metric, dimension)
    said = [
        language.text(
            "{row}: {count}",
            row=name,
            count="[c]" if (count := rows.get(key, 0)) is None else language.number(count),
        )
        for key, name in list(names.items())[:DESCRIBED_MAX]
    ]
    return Chart(
        kind="bars",
        title=finding,
        subtitle=subtitle(subject, metric),
        description=language.text("Bars: {rows}.", rows=language.listed(said)),
        source=source(subject),
        label=dimension,
        value=metric,
    )


def _notes(subject: Subject, dimension: str, metrics: Sequence[str]) -> list[str]:
    text = subject.language.text
    notes = []
    if any(f"{metric}.{dimension}" in subject.document["overlapping"] for metric in metrics):
        notes.append(text("Rows overlap: what has several counts in each, so they do not sum up."))
    if any(dimension in subject.document["suppressed"].get(metric, {}) for metric in metrics):
        notes.append(suppression(subject))
    return notes


def suppression(subject: Subject) -> str:
    """Return why some counts are not printed."""
    return subject.language.text(
        "Small counts of people are not printed, nor what would give them back: [c]."
    )


def hidden(cells: Sequence[Sequence[Cell]]) -> bool:
    """Tell whether any cell is suppressed."""
    return any(cell.status is Status.SUPPRESSED for row in cells for cell in row)
