"""A CSV of any type: its columns are the fields of the contract, and no others."""

import csv
import io
import json
from typing import Any

import pytest

from shared.importing import columns
from shared.importing.mapping import Mapping, mapping_of
from shared.importing.reading import FileRefused, Reading
from shared.importing.tables import rows_of
from tests.support.importing import messages
from tests.support.samples import SAMPLES


def samples_of(name: str) -> list[dict[str, Any]]:
    """Return the documents of a type that the contract keeps."""
    documents: list[dict[str, Any]] = json.loads((SAMPLES / f"{name}.json").read_text())
    return documents


def read(said: str, type_: str | None = None, words: Mapping | None = None) -> Reading:
    return columns.read(rows_of(said), words or Mapping(), type_)


def test_dotted_columns_lists_and_numbers_become_the_data() -> None:
    reading = read(
        "activity_id,kind,title,organisers,starts_at,time_zone,duration_minutes,themes\n"
        "w1,webinar,=A1,NLC; SCN,2024-03-27T14:00,America/New_York,60,hate;elections\n",
        "events.activity_scheduled",
    )
    [scheduled] = messages(reading.drafts, "activity_scheduled")
    assert scheduled.title == "=A1"
    assert scheduled.organisers == ("NLC", "SCN")
    assert (scheduled.duration_minutes, scheduled.themes) == (60, ("hate", "elections"))
    assert reading.drafts[0].time.isoformat() == "2024-03-27T14:00:00-04:00"


def test_a_column_type_tells_each_row_s_own() -> None:
    reading = read(
        "type,activity_id,city.city_id,city.name,city.country,on,network,what\n"
        "events.help_given,,athens-oh,,,2024,SCN,\n"
        "tandem.events.help_given.v1,,,Athens,US,2024-03,NLC,advice\n"
    )
    assert [each.on for each in messages(reading.drafts)] == ["2024", "2024-03"]
    assert [each.row for each in reading.drafts] == [2, 3]


def test_rows_that_agree_are_the_participants_of_one_event() -> None:
    head = (
        "activity_id,final,participants.person.email,participants.role,participants.city.city_id,"
        "participants.intervals\n"
    )
    reading = read(
        head
        + "w1,yes,a@example.org,attendee,athens-oh,"
        + "2024-03-27T14:00:00-04:00/2024-03-27T14:40:00-04:00;"
        + "2024-03-27T14:45:00-04:00/2024-03-27T15:00:00-04:00\n"
        + "w1,yes,b@example.org,panelist,,2024-03-27T14:00:00-04:00/2024-03-27T14:40:00-04:00\n"
        + "w2,yes,a@example.org,attendee,,2024-03-28T14:00:00-04:00/2024-03-28T14:40:00-04:00\n",
        "events.attendance_recorded",
    )
    first, second = messages(reading.drafts, "attendance_recorded")
    assert [each.person.email for each in first.participants] == ["a@example.org", "b@example.org"]
    assert len(first.participants[0].intervals) == 2
    assert second.activity_id == "w2"


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        ("activity_id,colour\nw1,red\n", "row 1, colour: is no field of any type"),
        ("activity_id,activity_id\nw1,w1\n", "row 1, activity_id: stands twice"),
        ("activity_id,on\nw1,2024-03-27\n,2024-03-27\n", "row 3, activity_id: is required"),
        ("activity_id,on,attendance\nw1,2024-03-27,many\n", "row 2: attendance: must be a whole"),
        ("activity_id,on\nw1,2024-02-30\n", "row 2, on: "),
        ("activity_id,on,network\nw1,2024-03-27,NLC\n", "row 2: network is no field of"),
        ("activity_id,on\nw1,2024-03-27,more\n", "row 2: has a cell without a heading"),
        ("type,on\nevents.danced,2024-03-27\n", "row 2: 'events.danced' is no type"),
        (
            "time,activity_id,on\n2024-03-27T10:00:00,w1,2024-03-27\n",
            "row 2: time: needs an offset",
        ),
        ("", "the file is empty"),
    ],
)
def test_what_the_contract_does_not_know_is_refused_with_its_place(said: str, problem: str) -> None:
    with pytest.raises(FileRefused) as refused:
        read(said, "events.activity_held")
    assert str(refused.value).startswith(problem)


def test_a_type_that_tells_no_time_needs_a_column_for_it() -> None:
    with pytest.raises(FileRefused, match="row 2: time: this type needs a column"):
        read("activity_id,occurrence\nw1,1\n", "events.activity_cancelled")


def test_headings_of_others_are_named_or_ignored_by_the_mapping() -> None:
    words = mapping_of(b'ignore = ["Colour"]\n[columns]\nactivity_id = "Webinar"\n')
    reading = read("Webinar,Colour,on\nw1,red,2024-03-27\n", "events.activity_held", words)
    assert messages(reading.drafts, "activity_held")[0].activity_id == "w1"


@pytest.mark.parametrize(
    ("name", "sample"), [(name, each) for name in columns.types() for each in samples_of(name)]
)
def test_every_sample_of_every_type_can_be_told_in_rows(name: str, sample: dict[str, Any]) -> None:
    head, *rows = told_in_rows(name, sample)
    written = io.StringIO()
    csv.writer(written).writerows(
        [[*head, "time"], *([*row, "2024-04-01T00:00:00Z"] for row in rows)]
    )
    [draft] = read(written.getvalue(), name).drafts
    assert draft.message == columns.types()[name].model_validate_json(json.dumps(sample))


def told_in_rows(name: str, sample: dict[str, Any]) -> list[list[str]]:
    """Return the data of a sample as headings and rows."""
    known = {column.path: column for column in columns.columns_of(name)}
    lists = {column.of_rows for column in known.values() if column.of_rows}
    own = dict(flat({key: value for key, value in sample.items() if key not in lists}, ""))
    items = [
        dict(flat(item, f"{each}.")) for each in lists for item in sample.get(str(each), [])
    ] or [{}]
    head = list(dict.fromkeys([*own, *(key for item in items for key in item)]))
    return [head, *([{**own, **item}.get(path, "") for path in head] for item in items)]


def flat(value: dict[str, Any], prefix: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for key, each in value.items():
        path = f"{prefix}{key}"
        if isinstance(each, dict):
            found += flat(each, f"{path}.")
        elif isinstance(each, list):
            parts = ["/".join(part) if isinstance(part, list) else str(part) for part in each]
            found.append((path, "; ".join(parts)))
        else:
            found.append((path, str(each).lower() if isinstance(each, bool) else str(each)))
    return found
