"""The same file makes the same ids; a corrected one takes the place of the first as a whole."""

from typing import Any

import pytest

from shared.importing.comparing import by_person, by_presence
from shared.importing.drafting import CloudEvent, Naming, cloud_events, digest, file_hash
from shared.importing.mapping import mapping_of
from shared.importing.reading import FileRefused
from tests.support.importing import content, read_zoom, text

NAMING = Naming("demo", "zoom", b"a seed")


def events(name: str | bytes, naming: Naming = NAMING) -> list[CloudEvent]:
    said = text(name) if isinstance(name, str) else name
    return cloud_events(read_zoom(said).drafts, naming)


def test_the_same_file_makes_the_same_events() -> None:
    assert events("webinar.csv") == events("webinar.csv")
    ids = [event["id"] for event in events("webinar.csv")]
    assert len(set(ids)) == len(ids)
    assert all(len(each) <= 128 for each in ids)


def test_a_report_downloaded_again_makes_the_same_events() -> None:
    later = content("webinar.csv").replace(b"03/28/2024 09:12:40 AM", b"04/02/2024 10:00:00 AM")
    assert events(later) == events("webinar.csv")


def test_a_corrected_file_has_another_hash_and_other_ids() -> None:
    first, second = events("webinar.csv"), events("webinar-corrected.csv")
    assert first[-1]["data"]["file_hash"] != second[-1]["data"]["file_hash"]
    named = {event["id"] for event in first if "person" in event["data"]}
    assert not named & {event["id"] for event in second}
    assert first[0] == second[0]  # that it was held is told alike, and a repeat


def test_attendance_goes_last_so_that_once_it_is_known_all_else_is() -> None:
    *others, last = events("webinar.csv")
    assert last["type"] == "tandem.events.attendance_recorded.v1"
    assert last["data"]["file_hash"] == file_hash(read_zoom(text("webinar.csv")).drafts, NAMING)
    assert {event["type"] for event in others}.isdisjoint({last["type"]})


def test_nobody_can_try_out_names_against_a_hash_without_the_key() -> None:
    other = Naming("demo", "zoom", b"another seed")
    assert events("webinar.csv")[-1]["id"] != events("webinar.csv", other)[-1]["id"]
    assert digest(["a", "b"], b"k") != digest(["ab"], b"k")


def test_no_id_and_no_hash_holds_what_a_file_says_of_people() -> None:
    for event in events("webinar.csv"):
        assert "example" not in event["id"]
        assert "example" not in event["data"].get("file_hash", "")


def row(
    person: str, role: str = "attendee", until: str = "19:00:00Z", **more: Any
) -> dict[str, Any]:
    interval = ["2024-03-27T18:00:00+00:00", f"2024-03-27T{until}"]
    return {"person": person, "role": role, "intervals": [interval], **more}


def test_two_files_are_compared_person_by_person() -> None:
    before = [row("p1"), row("p2"), row("p3"), row("p4", city={"city_id": "athens-oh"})]
    after = [row("p1"), row("p2", until="18:30:00Z"), row("p5"), row("p4")]
    change = by_person(before, after)
    assert (change.same, change.added, change.removed, change.changed) == (1, 1, 1, 2)
    assert str(change) == "1 people as before, 1 added, 1 no more, 2 changed"
    assert str(by_person(before, before)) == "the same 4 people, told alike"


def test_where_nobody_knows_who_is_who_times_and_roles_are_compared() -> None:
    before = [row("p1"), row("p2", until="18:30:00Z")]
    after = [row("x", until="19:00:00+00:00"), row("y", until="18:45:00Z"), row("z", "host")]
    change = by_presence(before, after)
    assert (change.same, change.added, change.removed) == (1, 2, 1)


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        (b"[positions]\nMayor = 'king'\n", "mapping file, positions.mayor"),
        (b"[colours]\nred = 1\n", "mapping file, colours: is not a field"),
        (b"columns = \n", "the mapping file is not TOML"),
        (b"\xff", "the mapping file is not TOML"),
        (b"#" * 300_000, "more than 256 kB"),
    ],
)
def test_a_mapping_that_says_something_unknown_is_refused(said: bytes, problem: str) -> None:
    with pytest.raises(FileRefused, match=problem):
        mapping_of(said)
