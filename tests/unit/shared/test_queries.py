"""Every statement has a name, a sentence and a user; and every projection asks for one there is."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from services.events import projections as of_events
from services.membership import projections as of_membership
from services.reporting import projections as of_reporting
from services.resources import projections as of_resources
from shared.contracts.events import EventsEvent
from shared.contracts.membership import MembershipEvent
from shared.contracts.messages.events import HoldActivity
from shared.contracts.resources import ResourcesEvent
from shared.draft import Draft, Task, appended, bookkeeping
from shared.execute import command_of
from shared.projector import fact_row
from shared.queries import BLOCK, SHARED_QUERIES, Entry, Queries, Row, Statement, Write, run
from shared.recorded import members
from shared.sift import own
from tests.support.recording import documents_of, facts_of, recorded
from tests.support.speaking import TUESDAY

ROOT = Path(__file__).parents[3]
FILES = sorted([SHARED_QUERIES, *ROOT.glob("services/*/queries.sql")])
OWNERS = {
    "membership": (of_membership.project, MembershipEvent),
    "events": (of_events.project, EventsEvent),
    "resources": (of_resources.project, ResourcesEvent),
}
COMMENTS_AND_STRINGS = re.compile(r"--.*|'[^']*'")


def named(file: Path) -> str:
    return str(file.relative_to(ROOT))


def first_facts(union: Any) -> list[Any]:
    return [
        member.model_validate_json(json.dumps(documents_of(member.TYPE)[0]))
        for member in members(union)
    ]


def assert_answered(statements: list[Statement], queries: Queries) -> None:
    """Every statement names a query there is, with as many arguments as the query takes."""
    for statement in statements:
        places = {int(n) for n in re.findall(r"\$(\d+)", queries[statement.query])}
        assert places == set(range(1, len(statement.arguments) + 1)), statement.query


@pytest.mark.parametrize("file", FILES, ids=named)
def test_every_block_has_a_name_a_sentence_and_one_statement(file: Path) -> None:
    text = file.read_text("utf-8")
    queries = Queries(file)
    assert len(queries) == len(BLOCK.findall(text)) > 0
    assert not text[: next(BLOCK.finditer(text)).start()].strip()
    for name, statement in queries.items():
        assert statement.strip(), name
        # A block without its sentence would hang on to the statement before it.
        assert not re.search(r"^-- [a-z_0-9]+$", statement, re.MULTILINE), name
        assert ";" not in COMMENTS_AND_STRINGS.sub("", statement), name


@pytest.mark.parametrize("file", FILES, ids=named)
def test_every_sentence_is_one(file: Path) -> None:
    for block in BLOCK.finditer(file.read_text("utf-8")):
        sentence = " ".join(line.removeprefix("--").strip() for line in block[2].splitlines())
        assert sentence[0].isupper(), block["name"]
        assert sentence.endswith("."), block["name"]


@pytest.mark.parametrize("file", FILES, ids=named)
def test_arguments_are_numbered_without_a_gap(file: Path) -> None:
    for name, statement in Queries(file).items():
        places = {int(n) for n in re.findall(r"\$(\d+)", statement)}
        assert places == set(range(1, len(places) + 1)), name


@pytest.mark.parametrize("file", sorted(ROOT.glob("services/*/queries.sql")), ids=named)
def test_every_query_of_a_service_is_asked_by_it(file: Path) -> None:
    code = "\n".join(source.read_text("utf-8") for source in file.parent.rglob("*.py"))
    unasked = [name for name in Queries(file) if f'"{name}"' not in code]
    assert unasked == []


@pytest.mark.parametrize("directory", sorted({file.parent for file in FILES}), ids=named)
def test_every_query_that_is_asked_for_by_name_is_there(directory: Path) -> None:
    files = [file for file in directory.rglob("*.sql") if "sql" not in file.parts]  # no migrations
    known = {name for file in (SHARED_QUERIES, *files) for name in Queries(file)}
    code = "\n".join(source.read_text("utf-8") for source in directory.rglob("*.py"))
    asked = set(re.findall(r'(?:queries\[|QUERIES\[|Statement\(\s*)"([a-z_]+)"', code))
    assert asked
    assert asked <= known


@pytest.mark.parametrize("owner", OWNERS)
def test_every_projection_of_an_owner_is_a_statement_there_is(owner: str) -> None:
    project, union = OWNERS[owner]
    queries = Queries(ROOT / "services" / owner / "queries.sql")
    statements = [each for fact in facts_of(union) for each in project(recorded(fact))]
    assert statements
    assert_answered(statements, queries)


@pytest.mark.parametrize(
    "fact", first_facts(MembershipEvent | EventsEvent | ResourcesEvent), ids=lambda fact: fact.TYPE
)
def test_every_row_of_reporting_has_a_value_for_each_column_of_its_table(fact: Any) -> None:
    tables = tables_in(ROOT / "services" / "reporting" / "sql", ROOT / "shared/sql/projection")
    queries = Queries(ROOT / "services" / "reporting" / "queries.sql")
    for write in [fact_row(recorded(fact)), *of_reporting.project(recorded(fact))]:
        if isinstance(write, Row):
            assert len(write.values) == tables[write.table], write.table
        else:
            assert_answered([Statement(write.query, write.values)], queries)


def test_every_row_of_a_batch_has_a_value_for_each_column_of_its_table() -> None:
    tables = tables_in(ROOT / "shared/sql/ledger")
    entry, received = (
        recorded(facts_of(EventsEvent)[0]),
        own(HoldActivity(activity_id="w1", on="2024"), "crm", "m-1", TUESDAY),
    )
    done = Draft({}, set(), entries=[entry])
    done.tasks_done = [(Task(received, command_of(received, TUESDAY)), ())]
    rows = [*appended(done, [(7, TUESDAY)]), *bookkeeping(done, lambda fact: None)]
    assert {row[0] for row in rows} == {"ledger", "outbox", "inbox"}
    for table, values in rows:
        assert len(values) == tables[table], table


def tables_in(*directories: Path) -> dict[str, int]:
    """Return how many columns each table has."""
    text = "".join(file.read_text() for folder in directories for file in folder.glob("*.sql"))
    tables = re.findall(r"create table ([a-z_]+) \((.*?)\n\);", text, re.DOTALL)
    column = re.compile(r"^    (?!primary key|unique)[a-z_]+ ", re.MULTILINE)
    found = {name: len(column.findall(body)) for name, body in tables}
    for name in re.findall(r"^alter table ([a-z_]+) add column ", text, re.MULTILINE):
        found[name] += 1
    return found


def read(directory: Path, text: str) -> Queries:
    file = directory / "queries.sql"
    file.write_text(text)
    return Queries(file)


def test_queries_are_read_by_name(tmp_path: Path) -> None:
    queries = read(
        tmp_path,
        "-- first\n-- The one.\nselect 1;\n\n"
        "-- second_2\n-- Another,\n-- over two lines.\nselect ';' -- a remark\n where true;\n",
    )
    assert dict(queries) == {"first": "select 1", "second_2": "select ';' -- a remark\n where true"}


def test_a_name_that_stands_twice_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="the query first stands twice"):
        read(tmp_path, "-- first\n-- One.\nselect 1;\n-- first\n-- Two.\nselect 2;\n")


class Connection:
    """Remembers what was run on it."""

    def __init__(self) -> None:
        self.ran: list[tuple[str, list[tuple[Any, ...]]]] = []

    async def copy_records_to_table(self, table: str, records: list[tuple[Any, ...]]) -> None:
        self.ran.append((f"copy {table}", records))

    async def executemany(self, query: str, arguments: list[tuple[Any, ...]]) -> None:
        self.ran.append((query, arguments))

    async def execute(self, query: str, *arguments: Any) -> None:
        self.ran.append((query, [arguments]))


async def test_writes_go_out_in_groups_each_in_order(tmp_path: Path) -> None:
    queries = read(
        tmp_path,
        "-- a\n-- A.\nselect $1;\n-- b\n-- B.\nselect $1, 2;\n-- c\n-- C.\nselect $1, $2;\n",
    )
    connection = Connection()
    writes: list[Write] = [
        Entry("c", (6, "x")),
        Statement("b", (1,)),
        Row("t", (4,)),
        Statement("a", (2,)),
        Statement("b", (3,)),
        Row("t", (5,)),
        Entry("c", (7, "y")),
    ]
    await run(connection, queries, writes)  # type: ignore[arg-type]  # a stand-in
    assert connection.ran == [
        ("copy t", [(4,), (5,)]),
        ("select $1, 2", [(1,), (3,)]),
        ("select $1", [(2,)]),
        ("select $1, $2", [([6, 7], ["x", "y"])]),
    ]


def test_reporting_reads_no_other_ledger() -> None:
    [fact] = facts_of(EventsEvent)[:1]
    with pytest.raises(ValueError, match="does not read the ledger 'payroll'"):
        of_reporting.project(recorded(fact, ledger="payroll"))
