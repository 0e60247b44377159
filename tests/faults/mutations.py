"""Each protection taken out of a copy of the tree, and the tests that notice: a test of the tests.

`make torture-mutations` runs all of it; `python -m tests.faults.mutations "the inbox"` those named.
A protection is a few words of the source, replaced by what most people would write at first.
"""

import asyncio
import os
import re
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console
from rich.markup import escape

ROOT = Path(__file__).parents[2]
NOT_COPIED = shutil.ignore_patterns(".*", "__pycache__", "*.egg-info", "node_modules")
TEST_SECONDS_MAX = 400.0
NOTICED = re.compile(r"^(?:FAILED|ERROR) ([^\s\[]+)\S*(?: - (.*))?$", re.MULTILINE)
COLUMNS = "250"
"""So much of what a failing test says is kept by pytest's summary."""

COMMITS = "tests/faults/test_commits_that_wait.py"
DUMP = "tests/faults/test_dump_and_restore.py"
ROLLED_BACK = "tests/faults/test_broker_rolled_back.py"
DAMAGED = "tests/faults/test_broker_damaged.py"
DELETED = "tests/faults/test_broker_deleted.py"
KILLS = "tests/faults/test_kills_at_every_place.py"
APPENDS = "tests/integration/test_ledger_appends.py"
RELAY = "tests/integration/test_relay.py"
ERASED = (
    "tests/e2e/test_erasure.py::test_no_file_names_somebody_who_was_erased_and_every_figure_stands"
)
STAY_ERASED = "tests/integration/test_erased_stay_erased.py"
PROJECTOR = "tests/integration/test_projector_on_tables.py"


@dataclass(frozen=True)
class Edit:
    """Words of a file and what stands there instead."""

    file: str
    old: str
    new: str


@dataclass(frozen=True)
class Mutation:
    """A protection, how it is taken out, and the tests that must fail then."""

    protection: str
    instead: str
    edits: tuple[Edit, ...]
    tests: tuple[str, ...]


class TextIsGone(Exception):
    """The words to replace are not in the file any more: mend the table of mutations."""


NUMBERED_BY_TRANSACTION = """    position bigint primary key
);
create table numbered (
    position bigint primary key, xid xid8 not null default pg_current_xact_id()
);
create function number_it() returns trigger language plpgsql security definer as $$ begin
    insert into numbered (position) values (new.position);
    return null;
end $$;
create trigger number_it after insert on outbox for each row execute function number_it();
grant select on numbered to {role};
"""

MUTATIONS = (
    Mutation(
        "the outbox",
        "the ledger is read behind the highest position seen",
        (
            Edit(
                "shared/relay.py",
                "rows = await connection.fetch(\n"
                '                self._queries["outbox_next"], BATCH_MESSAGES_MAX, PAGE_BYTES_MAX\n'
                "            )\n",
                'last = getattr(self, "_last", 0)\n'
                "            rows = await connection.fetch(\n"
                '                self._queries["ledger_after"], last,\n'
                "                BATCH_MESSAGES_MAX, PAGE_BYTES_MAX\n"
                "            )\n"
                '            self._last = rows[-1]["position"] if rows else last\n',
            ),
        ),
        (f"{COMMITS}::test_positions_that_commit_out_of_order_are_all_published_and_projected",),
    ),
    Mutation(
        "no horizon of transactions",
        "the outbox is read below pg_snapshot_xmin",
        (
            Edit(
                "shared/sql/ledger/0001_ledger.sql",
                "    position bigint primary key\n);",
                NUMBERED_BY_TRANSACTION,
            ),
            Edit(
                "shared/queries.sql",
                "(select position from outbox order by position",
                "(select position from outbox join numbered using (position)"
                " where xid < pg_snapshot_xmin(pg_current_snapshot()) order by position",
            ),
        ),
        (
            f"{COMMITS}::test_a_long_write_transaction_in_another_database_holds_up_nothing",
            f"{DUMP}::test_a_ledger_restored_into_a_new_cluster_publishes_what_was_left_and_goes_on",
        ),
    ),
    Mutation(
        "publishing in order",
        "the newest of the outbox goes first",
        (
            Edit(
                "shared/queries.sql",
                " where bytes_before < $2\n order by position;",
                " where bytes_before < $2\n order by position desc;",
            ),
        ),
        (
            f"{COMMITS}::test_a_long_write_transaction_in_another_database_holds_up_nothing",
            f"{RELAY}::test_facts_come_out_in_order_within_each_stream_and_the_outbox_is_empty",
        ),
    ),
    Mutation(
        "applying in order",
        "the newest of a batch is written first",
        (
            Edit(
                "shared/projector.py",
                "writes = [row for fact in facts for row in",
                "writes = [row for fact in reversed(facts) for row in",
            ),
        ),
        (f"{COMMITS}::test_a_long_write_transaction_in_another_database_holds_up_nothing",),
    ),
    Mutation(
        "the lock of the relay",
        "relays do not wait for each other",
        (
            Edit(
                "shared/relay.py",
                'await connection.execute("select pg_advisory_xact_lock($1)", RELAY_LOCK)',
                "pass",
            ),
        ),
        (f"{RELAY}::test_two_relays_at_once_publish_everything_once",),
    ),
    Mutation(
        "the lock of the projector",
        "projectors do not wait for each other",
        (
            Edit(
                "shared/projector.py",
                'await connection.execute("select pg_advisory_xact_lock($1)", PROJECTOR_LOCK)',
                "pass",
            ),
        ),
        (f"{PROJECTOR}::test_two_projectors_at_once_project_everything_once",),
    ),
    Mutation(
        "the key (ledger, stream, version)",
        "facts are known by the broker's sequence number",
        (
            Edit(
                "shared/projector.py",
                "if (fact := self._read(message)) is not None]",
                "if _newer(self, message) and (fact := self._read(message)) is not None]",
            ),
            Edit(
                "shared/projector.py",
                "def _stream(fact: Recorded) -> Stream:",
                "def _newer(projector: Any, message: Msg) -> bool:\n"
                "    number = message.metadata.sequence.stream\n"
                '    newer = number > getattr(projector, "_last", 0)\n'
                '    projector._last = max(number, getattr(projector, "_last", 0))\n'
                "    return newer\n\n\n"
                "def _stream(fact: Recorded) -> Stream:",
            ),
        ),
        (f"{ROLLED_BACK}::test_numbers_and_messages_that_come_again_hide_and_double_no_fact",),
    ),
    Mutation(
        "filling gaps from the ledger",
        "what lies behind a gap is left to the comparing",
        (
            Edit(
                "shared/projector.py",
                "if any(version not in here for version in range(have + 1, max(here))):",
                "if False:",
            ),
        ),
        (f"{PROJECTOR}::test_a_jump_is_a_gap_and_is_filled_from_the_ledger_over_grpc",),
    ),
    Mutation(
        "comparing with the ledgers",
        "what the broker delivers is all there is",
        (
            Edit(
                "shared/auditor.py", "            await self.round(ledger)\n", "            pass\n"
            ),
        ),
        (
            f"{ROLLED_BACK}::test_facts_that_the_old_copy_lacks_are_read_from_the_ledgers",
            f"{DAMAGED}::test_facts_lost_to_a_damaged_file_are_read_from_the_ledgers",
        ),
    ),
    Mutation(
        "the inbox",
        "each delivery is a new message",
        (
            Edit(
                "shared/execute.py",
                "known = await self._known(connection, tasks)",
                "known: dict[tuple[str, str], tuple[bytes, Receipt]] = {}",
            ),
            Edit(
                "shared/sql/ledger/0001_ledger.sql",
                "    primary key (source, id)\n);\ngrant select, insert on inbox",
                "    check (true)\n);\ngrant select, insert on inbox",
            ),
        ),
        (
            f"{ROLLED_BACK}::test_numbers_and_messages_that_come_again_hide_and_double_no_fact",
            f"{DAMAGED}::test_a_damaged_intake_is_told_and_comes_right_when_it_is_sent_again",
        ),
    ),
    Mutation(
        "one version once",
        "a stream may hold a version twice",
        (
            Edit(
                "shared/sql/ledger/0001_ledger.sql",
                "    unique (stream, version)\n",
                "    check (version > 0)\n",
            ),
        ),
        (f"{APPENDS}::test_two_executors_at_once_on_one_stream_lose_no_update",),
    ),
    Mutation(
        "acknowledging after the commit",
        "a message is acknowledged when it arrives",
        (Edit("shared/intake.py", "AckPolicy.NACK_ON_ERROR", "AckPolicy.ACK_FIRST"),),
        (f"{KILLS}::test_events_killed_while_it_takes_and_publishes",),
    ),
    Mutation(
        "deleting from the outbox after publishing",
        "the outbox is emptied before the broker has it",
        (
            Edit(
                "shared/relay.py",
                '            failpoint("relay.before_publish")\n',
                "            async with self._pool.acquire() as other:\n"
                '                places = [row["position"] for row in rows]\n'
                '                await other.execute(self._queries["outbox_done"], places)\n'
                '            failpoint("relay.before_publish")\n',
            ),
        ),
        (f"{KILLS}::test_events_killed_while_it_takes_and_publishes",),
    ),
    Mutation(
        "services looking after their consumers",
        "a deleted consumer stays deleted",
        (
            Edit(
                "shared/owner.py",
                "    app.background(keep_intake(connection, rules.ledger, takers.take_from))\n",
                "    for source in ('demo', 'crm', 'hub', 'platform'):\n"
                "        await takers.take_from(source)\n",
            ),
        ),
        (f"{DELETED}::test_a_service_makes_its_own_consumer_again_without_anybody",),
    ),
    Mutation(
        "looking after the streams",
        "a deleted stream stays deleted",
        (
            Edit(
                "shared/embedded/supervisor.py",
                "keep_streams(running, provision), name=",
                "asyncio.sleep(0), name=",
            ),
        ),
        (f"{DELETED}::test_deleted_consumers_and_a_deleted_stream_come_back_by_themselves",),
    ),
    Mutation(
        "overwriting messages of INTAKE",
        "messages are deleted, and stay in their file",
        (
            Edit("shared/erasing/intake.py", '"no_erase": False', '"no_erase": True'),
            Edit(
                "services/events/erasing.py",
                "emptied = await opened.intake.empty()",
                "emptied = True",
            ),
        ),
        (ERASED,),
    ),
    Mutation(
        "tables written anew",
        "rows are removed, and stay in their pages",
        (Edit("shared/embedded/wiping.py", "vacuum (full, analyze)", "analyze"),),
        (ERASED,),
    ),
    Mutation(
        "a log that goes on",
        "segments stay until PostgreSQL needs their place",
        (
            Edit(
                "shared/embedded/wiping.py", "return await _go_on(connection, queries)", "return 0"
            ),
        ),
        (ERASED,),
    ),
    Mutation(
        "the list of the erased",
        "the ledger of the backup alone says who was erased",
        (
            Edit(
                "services/events/forgotten.py",
                "brought_back = sorted(in_file.keys() - in_ledger.keys())",
                "brought_back: list[str] = []",
            ),
        ),
        (f"{STAY_ERASED}::test_an_older_database_brings_nobody_back",),
    ),
)


def mutated(mutation: Mutation, tree: Path) -> dict[Path, str]:
    """Return the files that a mutation changes, with their new text.

    Raises:
        TextIsGone: what is to be replaced is not there, or not once.
    """
    texts: dict[Path, str] = {}
    for edit in mutation.edits:
        file = tree / edit.file
        text = texts.get(file) or file.read_text("utf-8")
        if text.count(edit.old) != 1:
            raise TextIsGone(f"{mutation.protection}: {edit.file} holds no longer {edit.old!r}")
        texts[file] = text.replace(edit.old, edit.new)
    return texts


async def noticing(mutation: Mutation) -> dict[str, str]:
    """Return which of its tests fail without the protection, in a copy, and what they say.

    Raises:
        TextIsGone: see `mutated`.
        AssertionError: pytest did not get as far as running them.
    """
    # Not in a private directory: PostgreSQL's own user must be able to pass through.
    with TemporaryDirectory(prefix="tandem-mutation-") as folder:
        tree = Path(folder) / "tree"
        shutil.copytree(ROOT, tree, ignore=NOT_COPIED)
        for file, text in mutated(mutation, tree).items():
            file.write_text(text, "utf-8")
        said = await _pytest(tree, mutation.tests)
    return {test: why for test, why in NOTICED.findall(said) if test in mutation.tests}


async def _pytest(tree: Path, tests: Sequence[str]) -> str:
    command = (sys.executable, "-m", "pytest", "-q", "-rfE", "--tb=no", *tests)
    process = await asyncio.create_subprocess_exec(
        *command,
        cwd=tree,
        env=os.environ | {"COLUMNS": COLUMNS},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        output, _ = await asyncio.wait_for(process.communicate(), TEST_SECONDS_MAX)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    said = output.decode(errors="replace")
    assert process.returncode in (0, 1), said
    return said


async def main(wanted: Sequence[str]) -> int:
    """Run the mutations and print who notices each; returns 1 when one test does not."""
    console = Console(soft_wrap=True)
    unnoticed = 0
    for mutation in MUTATIONS:
        if wanted and mutation.protection not in wanted:
            continue
        console.print(f"without [bold]{mutation.protection}[/]: {escape(mutation.instead)}")
        noticed = await noticing(mutation)
        for test in mutation.tests:
            name, why = test.rpartition("::")[2], noticed.get(test)
            unnoticed += why is None
            console.print(
                f"  {name} [bold red]STILL PASSES[/]" if why is None else f"  {name}: {escape(why)}"
            )
    console.print("[bold red]not all were noticed[/]" if unnoticed else "all were noticed")
    return int(unnoticed > 0)


if __name__ == "__main__":
    sys.exit(asyncio.run(main(sys.argv[1:])))
