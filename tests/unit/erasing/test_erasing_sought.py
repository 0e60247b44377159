"""A message without the person: what still counts of it counts for nobody."""

import json
from collections.abc import Mapping
from typing import Any

from shared.erasing.sought import ERASED, TOMBSTONE, Message, Sought, nobody

ADDRESS = "anna.quill@stad-gent.example"
ANNA = {"id": "anna-4711", "email": ADDRESS, "name": "Anna Quillfeather", "organisation": "Gent"}
BEN = {"id": "ben-4711", "email": "ben@stad-gent.example", "organisation": "Gent"}
FILE = {"activity_id": "w1", "participants": [{"person": ANNA}, {"person": BEN}]}


def is_anna(source: str, said: Mapping[str, Any]) -> bool:
    return said.get("id") == "anna-4711" and source == "crm"


def sought(*words: str, recognises: Any = is_anna) -> Sought:
    return Sought(recognises, set(words), "erased-1")


def message(body: Any, source: str = "crm", **headers: str) -> Message:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Message(source, f"intake.{source}.events.attendance_recorded", headers, content)


def test_somebody_recognised_is_replaced_and_everybody_else_stays() -> None:
    cleaned = sought().without(message(FILE))

    assert json.loads(cleaned.body) == {
        "activity_id": "w1",
        "participants": [{"person": {"id": "erased-1"}}, {"person": BEN}],
    }


def test_a_message_tells_by_what_other_words_somebody_goes() -> None:
    anna = sought()
    assert not anna.said_in(message(b"..." + ADDRESS.upper().encode()))

    assert anna.named_by(message(FILE))

    assert anna.words == {"anna-4711", ADDRESS, "Anna Quillfeather"}
    assert anna.said_in(message(b"..." + ADDRESS.upper().encode()))


def test_an_organisation_is_others_too_and_not_looked_for() -> None:
    anna = sought()
    anna.named_by(message({"person": ANNA | {"organisation": "City of Columbus"}}))

    assert not anna.said_in(message(b"City of Columbus"))


def test_an_id_is_the_one_of_its_source() -> None:
    assert not sought().named_by(message(FILE, source="platform"))


def test_the_message_itself_is_nobody_though_its_id_looks_like_somebodys() -> None:
    assert not sought().named_by(message({"id": "anna-4711", "data": {}}))


def test_what_is_no_json_becomes_a_tombstone() -> None:
    for body in (
        f"{{torn {ADDRESS}".encode(),
        ADDRESS.encode("utf-16"),
        ADDRESS.encode().hex().encode(),
    ):
        cleaned = sought(ADDRESS, recognises=nobody).without(message(body))
        assert cleaned.body == TOMBSTONE


def test_a_key_that_stands_twice_is_not_mended_on_that_occasion() -> None:
    twice = f'{{"a": 1, "a": "{ADDRESS}"}}'.encode()
    assert sought(ADDRESS).without(message(twice)).body == TOMBSTONE


def test_words_in_keys_and_in_other_writings_leave_no_message() -> None:
    hidden = {"note": ADDRESS.encode().hex(), ADDRESS: 1}
    assert sought(ADDRESS).without(message(hidden)).body == TOMBSTONE


def test_headers_and_subjects_lose_the_words() -> None:
    said = message({}, **{"X-From": ADDRESS, ADDRESS: "1", "ce-type": "t"})
    said = Message(said.source, f"{said.subject}.{ADDRESS}", said.headers, said.body)

    cleaned = sought(ADDRESS).without(said)

    assert cleaned.headers == {"X-From": ERASED, "ce-type": "t"}
    assert cleaned.subject == f"intake.crm.events.{ERASED}"


def test_words_are_found_though_more_is_escaped_than_need_be() -> None:
    anna = sought(ADDRESS)
    percent = "".join(f"%{byte:02x}" for byte in ADDRESS.encode())
    escaped = "".join(f"\\u{ord(each):04x}" for each in ADDRESS)

    assert anna.said_in(message({}, x=percent))
    assert anna.without(message({}, x=percent)).headers == {"x": ERASED}
    assert anna.said_in(message(f'{{"torn": "{escaped}'.encode()))


def test_the_envelope_of_what_still_counts_stays() -> None:
    event = {"id": f"reg-{ADDRESS}", "source": "/systems/crm", "data": FILE}
    said = message(event, **{"ce-id": f"reg-{ADDRESS}", "x": ADDRESS})

    cleaned = sought(ADDRESS).without(said, counts=True)

    assert json.loads(cleaned.body)["id"] == f"reg-{ADDRESS}"
    assert json.loads(cleaned.body)["data"]["participants"][0] == {"person": {"id": "erased-1"}}
    assert cleaned.headers == {"ce-id": f"reg-{ADDRESS}", "x": ERASED}


def test_a_sentence_loses_the_value_that_it_quotes() -> None:
    anna = sought(ADDRESS)

    assert anna.cleaned(f"is no e-mail address, got '{ADDRESS}@'") == "is no e-mail address"
    assert anna.cleaned(f"source is {ADDRESS}") == ERASED
    assert anna.cleaned("is required") == "is required"


def test_a_body_as_deep_as_json_goes_is_passed_over() -> None:
    deep = b"[" * 100_000 + b"]" * 100_000
    assert not sought(ADDRESS).named_by(message(deep))
    nested: Any = ADDRESS
    for _ in range(900):
        nested = [nested]
    cleaned = sought(ADDRESS).without(message(json.dumps({"a": nested}).encode()))
    assert ADDRESS.encode() not in cleaned.body
