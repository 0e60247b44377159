"""SQL in named files: `-- name`, a sentence, the statement; and statements run in batches.

A queries.sql holds blocks like

    -- city_by_id
    -- The city as it stands now.
    select … where city_id = $1;
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from asyncpg.pool import PoolConnectionProxy

Connection = PoolConnectionProxy

BLOCK = re.compile(r"^-- (?P<name>[a-z][a-z0-9_]*)\n(?P<sentence>(?:--.*\n)+)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Statement:
    """A write that a projection asks for: the query's name and its arguments."""

    query: str
    arguments: tuple[Any, ...]


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


async def run(connection: Connection, queries: Queries, statements: Iterable[Statement]) -> None:
    """Run the statements grouped by query, each group as one `executemany`.

    Order holds within a query, not between queries, so two queries of one batch must not depend
    on each other. Source: runs of one statement reach 88k rows/s, mixed ones 8k/s.
    """
    groups: dict[str, list[tuple[Any, ...]]] = {}
    for statement in statements:
        groups.setdefault(statement.query, []).append(statement.arguments)
    for query, arguments in groups.items():
        await connection.executemany(queries[query], arguments)
