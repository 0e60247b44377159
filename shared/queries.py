"""SQL in named files: `-- name`, a sentence, the statement; and writes that go out in batches.

A queries.sql holds blocks like

    -- city_by_id
    -- The city as it stands now.
    select … where city_id = $1;
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from asyncpg.pool import PoolConnectionProxy

Connection = PoolConnectionProxy

SHARED_QUERIES = Path(__file__).with_name("queries.sql")
"""The statements of the shared core."""
BLOCK = re.compile(r"^-- (?P<name>[a-z][a-z0-9_]*)\n(?P<sentence>(?:--.*\n)+)", re.MULTILINE)


class Statement(NamedTuple):
    """A write that a projection asks for: the query's name and its arguments."""

    query: str
    arguments: tuple[Any, ...]


class Row(NamedTuple):
    """A row that a projection adds: the table's name and a value for each of its columns."""

    table: str
    values: tuple[Any, ...]


class Entry(NamedTuple):
    """What a projection hands to a query that takes all of a batch at once, in arrays.

    The query's name, and a value for each of its columns.
    """

    query: str
    values: tuple[Any, ...]


Write = Statement | Row | Entry


class Queries(Mapping[str, str]):
    """The statements of one or more files of SQL, by name."""

    def __init__(self, *files: Path) -> None:
        """Read the files; a name that stands twice is an error."""
        self._text: dict[str, str] = {}
        for file in files:
            for name, statement in _blocks(file.read_text("utf-8")):
                if name in self._text:
                    raise ValueError(f"{file}: the query {name} stands twice")
                self._text[name] = statement

    def __getitem__(self, name: str) -> str:
        return self._text[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._text)

    def __len__(self) -> int:
        return len(self._text)


def _blocks(text: str) -> Iterator[tuple[str, str]]:
    heads = list(BLOCK.finditer(text))
    for head, following in zip(heads, [*heads[1:], None], strict=True):
        end = following.start() if following else len(text)
        yield head["name"], text[head.end() : end].strip().rstrip(";")


async def run(connection: Connection, queries: Queries, writes: Iterable[Write]) -> None:
    """Write grouped: the rows of a table as one COPY, the runs of a query as one `executemany`.

    The entries of a query are one run of it, because what counts many facts has to see them
    together. Order holds within a table or query, not between them, so two of one batch must not
    depend on each other.

    Source:
        COPY takes 179k rows/s, runs of one statement 88k/s, mixed ones 8k/s.
    """
    rows: dict[str, list[tuple[Any, ...]]] = {}
    runs: dict[str, list[tuple[Any, ...]]] = {}
    entries: dict[str, list[tuple[Any, ...]]] = {}
    groups = {Row: rows, Statement: runs, Entry: entries}
    for write in writes:
        name, values = write
        groups[type(write)].setdefault(name, []).append(values)
    for table, records in rows.items():
        await connection.copy_records_to_table(table, records=records)
    for query, arguments in runs.items():
        await connection.executemany(queries[query], arguments)
    for query, values_of_all in entries.items():
        await connection.execute(queries[query], *map(list, zip(*values_of_all, strict=True)))
