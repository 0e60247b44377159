"""`tandem rejected` and `tandem queue` as people type them, against services that run."""

from pathlib import Path

import pytest

from tests.support.system import System
from tests.support.telling import attended, held, registered, scheduled
from tests.support.terminal import Terminal

LATE = "2024-05-01T00:00:00Z"
TITLE = {"title": "Countering hate in cities"}


@pytest.fixture
async def terminal(system: System, tmp_path: Path) -> Terminal:
    await system.start()
    return Terminal(system, tmp_path / "tandem")


async def a_late_file(system: System) -> str:
    """Return the beginning of the id of a file that was rejected for its time, by now passed."""
    file = attended("w1", "m-1", {"email": "a@b.example", "city": {"city_id": "gent"}})
    await system.publish(registered("gent"), scheduled("w1"), held("w1"))
    await system.settled()
    await system.publish(file | {"time": LATE})
    await system.settled()
    [row] = await system.rejected("events")
    system.clock.set("2024-05-02T00:00:00Z")
    return str(row["rejection_id"])[:8]


async def test_a_message_is_listed_shown_and_replayed_once_it_is_clear_what_moves(
    system: System, terminal: Terminal
) -> None:
    id_ = await a_late_file(system)

    listed = await terminal.types("rejected", "list")
    shown = await terminal.types("rejected", "show", id_)
    asked = await terminal.types("rejected", "replay", id_, answer="n\n")
    left = await system.facts("events")
    done = await terminal.types("rejected", "replay", id_, answer="y\n")
    await system.settled()

    assert f"{id_}  demo  invalid_data" in listed
    assert "  $.time: time 2024-05-01T00:00:00+00:00 is later" in shown
    assert "hint: Correct the fields named" in shown
    assert "1 would be recorded, facts: 1" in asked
    assert "2024-Q1:\n" in asked
    assert "  attendance: 0 -> 1" in asked
    assert "  cities_engaged: 0 -> 1" in asked
    assert [fact["kind"] for fact in left] == ["activity_scheduled", "occurrence_held"]
    assert "1 recorded, facts: 1" in done
    assert "no message waits for a decision" in await terminal.types("rejected", "list")
    assert f"{id_}  demo  invalid_data  replayed" in await terminal.types(
        "rejected", "list", "--all"
    )
    assert "replayed: by operator" in await terminal.types("rejected", "show", id_)


async def test_all_of_a_reason_are_replayed_and_what_is_still_bad_stays(
    system: System, terminal: Terminal
) -> None:
    late = [registered(f"city-{n}", f"m-{n}") | {"time": LATE} for n in range(3)]
    late.append(registered("gent", "m-9", colour="red") | {"time": LATE})
    await system.publish(*late)
    await system.settled()
    system.clock.set("2024-05-02T00:00:00Z")

    told = await terminal.types("rejected", "replay", "--reason", "invalid_data", "--yes")

    assert "3 recorded, facts: 3" in told
    assert "1 still not acceptable, and left as before" in told
    assert "invalid_data: colour: is not a field of this type" in told
    assert len(await system.facts("membership")) == 3


async def test_a_message_is_discarded_with_a_reason(system: System, terminal: Terminal) -> None:
    id_ = await a_late_file(system)

    told = await terminal.types("rejected", "discard", id_, "--reason", "sent anew as m-2")

    assert "is discarded" in told
    shown = await terminal.types("rejected", "show", id_)
    assert "discarded: by operator" in shown
    assert "sent anew as m-2" in shown


async def test_questions_of_every_kind_stand_in_one_queue_and_are_answered_and_undone(
    system: System, terminal: Terminal
) -> None:
    athens = {"name": "Athens", "country": "US"}
    await system.publish(registered("athens-oh", name="Athens", country="US", subdivision="OH"))
    await system.publish(scheduled("w1", organisers=["NLC"], **TITLE), held("w1"))
    await system.publish(scheduled("w9", organisers=["SCN"], **TITLE), held("w9"), by="platform")
    await system.settled()
    ada = {"name": "Ada Quill", "organisation": "City of Athens"}
    await system.publish(
        attended("w1", None, ada | {"email": "ada@athens.example"}, {"id": "7", "city": athens})
    )
    await system.publish(attended("w9", None, ada), by="platform")
    await system.settled()

    queue = await terminal.types("queue", "list")
    [reference] = [line.split()[1] for line in queue.splitlines() if "Athens, US" in line]
    [people] = [line.split()[1:3] for line in queue.splitlines() if line.startswith("people")]
    asked = await terminal.types("queue", "merge", "w9", "w1", answer="y\n")
    await terminal.types("queue", "merge", *people, "--people", "--yes")
    await terminal.types("queue", "resolve", reference, "athens-oh")
    await system.settled()

    assert "activities w1 w9  2024-03-27, announced by two systems" in queue
    assert "Ada" not in queue
    assert "  webinars_held: 2 -> 1" in asked
    assert "w9 counts as w1" in asked
    assert "activities" not in await terminal.types("queue", "list")
    assert "people" not in await terminal.types("queue", "list")
    assert "counts as w1" in await terminal.types("queue", "show", "w9")

    undone = await terminal.types("queue", "unmerge", "w9", answer="y\n")
    await terminal.types("queue", "dismiss", "w9", "w1", "--reason", "two audiences")
    await system.settled()
    assert "  webinars_held: 1 -> 2" in undone
    assert "activities" not in await terminal.types("queue", "list")
    await terminal.types("queue", "reopen", "w9", "w1")
    await system.settled()
    assert "activities w1 w9" in await terminal.types("queue", "list", "--kind", "activities")
