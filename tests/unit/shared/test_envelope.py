"""A CloudEvent is the same in either mode, and nothing that is none gets past the parser."""

import base64
import hashlib
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st

from shared.contracts.envelope import (
    DEPTH_MAX,
    DIGITS_MAX,
    EVENT_BYTES_MAX,
    JSON_TYPE,
    KEYS_MAX,
    STRING_CHARACTERS_MAX,
    STRUCTURED,
    Malformed,
    TooLarge,
    _canonical,
    _judged_json,
    _plain_json,
    parse,
    strict_json,
)
from shared.contracts.messages.events import EventsMessage
from shared.contracts.messages.membership import MembershipMessage
from shared.contracts.messages.resources import ResourcesMessage
from shared.errors import InvalidData
from shared.recorded import members
from tests.support.recording import documents_of
from tests.support.speaking import (
    PUBLISH_RESOURCE,
    TOOLKIT,
    TRACEPARENT,
    attributes_of,
    binary,
    structured,
)

EVERY_MESSAGE = members(MembershipMessage | EventsMessage | ResourcesMessage)
JSON_OBJECTS = st.dictionaries(
    st.text(max_size=8),
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers(-(10**17), 10**17)
        | st.floats(-1e9, 1e9)
        | st.text(max_size=12),
        lambda inner: (
            st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3)
        ),
        max_leaves=4,
    ),
    max_size=6,
)


def document(**attributes: Any) -> dict[str, Any]:
    return {**attributes_of(PUBLISH_RESOURCE), "data": dict(TOOLKIT), **attributes}


def parse_document(document: Any) -> Any:
    return parse({"content-type": STRUCTURED}, json.dumps(document).encode())


def fields_of(error: pytest.ExceptionInfo[InvalidData]) -> list[str]:
    return [violation.field for violation in error.value.violations]


def nested(depth: int) -> bytes:
    return b'{"a":' * depth + b"1" + b"}" * depth


@pytest.mark.parametrize("message", EVERY_MESSAGE, ids=lambda message: message.TYPE)
def test_both_modes_say_the_same(message: Any) -> None:
    for data in documents_of(message.TYPE):
        said = [mode(data, message.TYPE, traceparent=TRACEPARENT) for mode in (structured, binary)]
        first, second = (parse(*each) for each in said)
        assert first == second
        assert json.loads(first.data) == data


@for_all(JSON_OBJECTS)
def test_both_modes_say_the_same_whatever_the_data(data: dict[str, Any]) -> None:
    assert parse(*structured(data)) == parse(*binary(data))


def test_an_envelope_keeps_what_identifies_and_traces_an_event() -> None:
    envelope = parse(*structured(id_="m-7", time="2024-03-26T10:00:00+01:00", traceparent="t"))
    assert (envelope.id, envelope.source, envelope.type) == (
        "m-7",
        "/systems/crm",
        PUBLISH_RESOURCE,
    )
    assert envelope.source_name == "crm"
    assert envelope.time == datetime(2024, 3, 26, 9, 0, tzinfo=UTC)
    assert envelope.traceparent == "t"


@pytest.mark.parametrize("change", [str.upper, str.title, str.lower])
def test_header_names_compare_without_case(change: Any) -> None:
    for said in (structured(), binary()):
        headers = {change(name): value for name, value in said.headers.items()}
        assert parse(headers, said.body) == parse(*said)


@pytest.mark.parametrize(
    "content_type",
    [
        "application/cloudevents+json; charset=utf-8",
        "Application/CloudEvents+JSON",
        " application/cloudevents+json ",
    ],
)
def test_a_content_type_may_carry_parameters_and_capitals(content_type: str) -> None:
    assert parse({"content-type": content_type}, structured().body) == parse(*structured())


def test_header_values_are_percent_encoded() -> None:
    said = binary(id_="Gent été/100% \U0001f3d9")
    assert said.headers["ce-id"].isascii()
    assert parse(*said).id == "Gent été/100% \U0001f3d9"
    assert parse(*said) == parse(*structured(id_="Gent été/100% \U0001f3d9"))


def test_a_header_value_may_come_in_quotation_marks() -> None:
    headers = {**binary().headers, "ce-id": r'"Gent \"%C3%A9t%C3%A9\""'}
    assert parse(headers, binary().body).id == 'Gent "été"'


@pytest.mark.parametrize("value", ["%C0%A0", "été", 'a"b'])
def test_a_header_value_that_cannot_be_decoded_is_named(value: str) -> None:
    with pytest.raises(InvalidData) as error:
        parse({**binary().headers, "ce-subject": value}, binary().body)
    assert fields_of(error) == ["subject"]


def test_binary_data_without_a_content_type_is_json() -> None:
    said = binary()
    del said.headers["content-type"]
    assert parse(*said) == parse(*binary())


def test_extensions_that_nobody_knows_are_no_harm() -> None:
    assert parse(*structured(partitionkey="a", sampledrate=7, sealed=True)) == parse(*structured())
    assert parse(*binary(partitionkey="a", sampledrate=7, sealed="true")) == parse(*binary())


def test_the_digest_does_not_hang_on_the_order_of_keys_or_the_form_of_the_time() -> None:
    backwards = dict(reversed([*TOOLKIT.items()]))
    digests = {
        parse(*each).digest
        for each in (
            structured(),
            structured(backwards),
            structured(time="2024-03-26T10:00:00+01:00"),
            structured(time="2024-03-26T09:00:00.000Z"),
            structured(traceparent=TRACEPARENT),
        )
    }
    assert len(digests) == 1


def test_the_digest_of_an_event_is_the_same_in_every_release() -> None:
    # What was accepted years ago is known by it, so a repeat is told from an id used twice.
    envelope = parse(*structured({"b": [1, 0.5, None], "a": "été"}))
    canonical = rb'{"a":"\u00e9t\u00e9","b":[1,0.5,null]}'
    assert envelope.data == canonical
    stamp = b"tandem.resources.resource_published.v1\n2024-03-26T09:00:00+00:00\n"
    assert envelope.digest == hashlib.sha256(stamp + canonical).digest()


@pytest.mark.parametrize("id_", ["x", "x" * 128])
def test_an_id_has_1_to_128_characters(id_: str) -> None:
    assert parse(*structured(id_=id_)).id == id_


def test_the_digest_tells_other_content_apart() -> None:
    digests = {
        parse(*each).digest
        for each in (
            structured(),
            structured({**TOOLKIT, "title": "Another"}),
            structured(time="2024-03-26T09:00:01Z"),
            structured(type_="tandem.resources.edition_published.v1"),
        )
    }
    assert len(digests) == 4


@pytest.mark.parametrize("mode", [structured, binary])
@pytest.mark.parametrize(
    ("attribute", "value"),
    [
        ("specversion", "0.3"),
        ("id_", ""),
        ("id_", "x" * 129),
        ("id_", "a\nb"),
        ("id_", "a\0b"),
        ("source", "x" * 1100),
        ("subject", ""),
        ("traceparent", "a\x1b[31m"),
        ("time", "2024-03-26T09:00:00"),
        ("time", "2024-03-26"),
        ("time", "1711443600"),
        ("time", "yesterday"),
        ("time", "2016-12-31T23:59:60Z"),
        ("time", "9999-12-31T23:59:59-14:00"),
        ("time", "0001-01-01T00:00:00+14:00"),
        ("time", "1899-12-31T23:59:59Z"),
        ("time", "2199-12-31T23:59:59-14:00"),
    ],
)
def test_a_wrong_attribute_is_named(mode: Any, attribute: str, value: str) -> None:
    with pytest.raises(InvalidData) as error:
        parse(*mode(**{attribute: value}))
    assert fields_of(error) == [attribute.removesuffix("_")]


@pytest.mark.parametrize("attribute", ["specversion", "id", "source", "type", "time"])
def test_a_missing_attribute_is_named(attribute: str) -> None:
    said = document()
    del said[attribute]
    with pytest.raises(InvalidData, match=f"{attribute}: is required"):
        parse_document(said)
    headers = {**binary().headers}
    del headers[f"ce-{attribute}"]
    with pytest.raises(InvalidData, match=f"{attribute}: is required"):
        parse(headers, binary().body)


@pytest.mark.parametrize("data", [None, [], "text", 7, True])
def test_data_is_an_object(data: Any) -> None:
    with pytest.raises(InvalidData, match="data: must be a JSON object"):
        parse_document(document(data=data))
    with pytest.raises(InvalidData, match="data: must be a JSON object"):
        parse(binary().headers, json.dumps(data).encode())


def in_base64(data: bytes, **attributes: Any) -> dict[str, Any]:
    said = document(data_base64=base64.b64encode(data).decode(), **attributes)
    del said["data"]
    return said


def test_data_in_base64_is_read_as_the_json_it_holds() -> None:
    data = json.dumps(TOOLKIT).encode()
    for said in (in_base64(data), in_base64(data, datacontenttype="application/json")):
        assert parse_document(said) == parse(*structured())


@pytest.mark.parametrize("said", ["e30", "not base64!", "e30=\n", "é", 7, {}])
def test_data_base64_that_is_no_base64_is_named(said: Any) -> None:
    event = document(data_base64=said)
    del event["data"]
    with pytest.raises(InvalidData) as error:
        parse_document(event)
    assert fields_of(error) == ["data_base64"]


@pytest.mark.parametrize("mode", [structured, binary])
def test_an_event_belongs_to_the_trace_of_its_message_unless_it_names_one(mode: Any) -> None:
    other = TRACEPARENT.replace("4bf9", "aaaa")
    said = mode()
    assert parse({**said.headers, "Traceparent": other}, said.body).traceparent == other
    said = mode(traceparent=TRACEPARENT)
    assert parse({**said.headers, "Traceparent": other}, said.body).traceparent == TRACEPARENT


def test_data_does_not_stand_beside_data_base64() -> None:
    with pytest.raises(InvalidData, match="data_base64: stands beside data"):
        parse_document(document(data_base64="e30="))


def test_bytes_in_base64_that_are_no_json_are_not_taken() -> None:
    with pytest.raises(InvalidData, match="datacontenttype: must be JSON"):
        parse_document(in_base64(b"\0\1", datacontenttype="application/octet-stream"))
    with pytest.raises(InvalidData, match="data_base64: must hold JSON in UTF-8"):
        parse_document(in_base64(b"<xml/>"))
    with pytest.raises(InvalidData, match=r"data_base64: .* the key 'a' stands twice"):
        parse_document(in_base64(b'{"a": 1, "a": 2}'))


@pytest.mark.parametrize(
    "content_type", ["text/xml", "application/octet-stream", "json", "a/xjson"]
)
def test_data_that_is_not_json_is_not_taken(content_type: str) -> None:
    with pytest.raises(InvalidData, match="datacontenttype: must be JSON"):
        parse_document(document(datacontenttype=content_type))
    with pytest.raises(InvalidData, match="datacontenttype: must be JSON"):
        parse({**binary().headers, "content-type": content_type}, binary().body)
    headers = {**binary().headers, "ce-datacontenttype": content_type}
    del headers["content-type"]
    with pytest.raises(InvalidData, match="datacontenttype: must be JSON"):
        parse(headers, binary().body)


@pytest.mark.parametrize(
    "content_type",
    ["application/json; charset=utf-8", "text/json", "Application/Vnd.Webinar+JSON;v=2"],
)
def test_data_are_json_under_each_name_of_it(content_type: str) -> None:
    assert parse_document(document(datacontenttype=content_type)) == parse(*structured())
    headers = {**binary().headers, "content-type": content_type}
    assert parse(headers, binary().body) == parse(*binary())


def test_a_text_of_json_is_a_text_and_not_parsed_once_more() -> None:
    with pytest.raises(InvalidData, match="data: must be a JSON object"):
        parse_document(document(data=json.dumps(TOOLKIT)))


def test_nats_has_the_content_type_of_data_under_ce_as_well() -> None:
    headers = {**binary().headers, "ce-datacontenttype": "application/json;charset=UTF-8"}
    assert parse(headers, binary().body) == parse(*binary())
    del headers["content-type"]
    assert parse(headers, binary().body) == parse(*binary())


def test_two_content_types_of_one_event_must_say_the_same() -> None:
    headers = {**binary().headers, "ce-datacontenttype": "text/xml"}
    with pytest.raises(InvalidData, match="datacontenttype: is 'text/xml', but the header"):
        parse(headers, binary().body)


@pytest.mark.parametrize(("one", "other"), [("ce-id", "Ce-Id"), ("content-type", "Content-Type")])
def test_a_header_stands_once_whatever_its_case(one: str, other: str) -> None:
    headers = {**binary().headers, other: binary().headers[one]}
    with pytest.raises(Malformed, match=f"the header '{one}' stands twice"):
        parse(headers, binary().body)


def test_what_a_structured_event_has_in_headers_too_is_told_by_its_body() -> None:
    headers = {**structured().headers, "ce-id": "another", "ce-type": "another"}
    assert parse(headers, structured().body) == parse(*structured())


def test_the_media_type_alone_means_the_json_format() -> None:
    headers = {"Content-Type": "application/cloudevents; charset=utf-8"}
    assert parse(headers, structured().body) == parse(*structured())


def test_a_message_without_headers_is_structured_where_there_are_none_to_expect() -> None:
    for headers in (None, {}, {"Nats-Batch-Id": "1"}, {"content-type": ""}):
        assert parse(headers, structured().body, bare_is_structured=True) == parse(*structured())
    with pytest.raises(Malformed, match="neither"):
        parse({"content-type": JSON_TYPE}, structured().body, bare_is_structured=True)


def test_attributes_that_are_null_are_not_there() -> None:
    event = document(subject=None, traceparent=None, partitionkey=None, datacontenttype=None)
    assert parse_document(event) == parse(*structured())
    with pytest.raises(InvalidData, match="id: is required"):
        parse_document(document(id=None))


@pytest.mark.parametrize("name", ["Subject", "my_key", "my-key", "schlüssel", "", "a.b"])
def test_names_of_attributes_are_small_letters_and_digits(name: str) -> None:
    with pytest.raises(InvalidData, match="names of attributes are of a to z and 0 to 9"):
        parse_document(document(**{name: "x"}))


@pytest.mark.parametrize("name", ["my_key", "my-key", "data", "data_base64", ""])
def test_names_of_attributes_are_small_letters_and_digits_in_headers_too(name: str) -> None:
    with pytest.raises(InvalidData, match="names of attributes are of a to z and 0 to 9"):
        parse({**binary().headers, f"ce-{name}": "x"}, binary().body)


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ({"x": 1}, "must be a text, an integer or true or false"),
        ([1], "must be a text, an integer or true or false"),
        (1.5, "must be a text, an integer or true or false"),
        (2**31, "must lie between"),
        (-(2**31) - 1, "must lie between"),
        ("a\tb", r"holds U\+0009"),
        ("a\x85b", r"holds U\+0085"),
        ("a\ufffe", r"holds U\+FFFE"),
    ],
)
def test_an_extension_has_one_of_the_types_of_attributes(value: Any, why: str) -> None:
    with pytest.raises(InvalidData, match=why) as error:
        parse_document(document(partitionkey=value))
    assert fields_of(error) == ["partitionkey"]


@pytest.mark.parametrize("mode", [structured, binary])
@pytest.mark.parametrize(
    "character", ["\x00", "\x1f", "\x7f", "\x9f", "\ufdd0", "\uffff", "\U0010ffff"]
)
def test_no_attribute_holds_what_cannot_be_read(mode: Any, character: str) -> None:
    with pytest.raises(InvalidData, match=f"id: holds U\\+{ord(character):04X}"):
        parse(*mode(id_=f"a{character}"))


def test_a_schema_is_named_by_an_absolute_uri() -> None:
    uri = "urn:tandem:schema:tandem.resources.resource_published.v1"
    assert parse(*structured(dataschema=uri)) == parse(*binary(dataschema=uri))
    for wrong in ("", "schema.json", "/schemas/x"):
        with pytest.raises(InvalidData, match="dataschema"):
            parse(*structured(dataschema=wrong))


@pytest.mark.parametrize(
    ("headers", "why"),
    [
        (None, "neither ce- headers nor content-type"),
        ({}, "neither ce- headers nor content-type"),
        ({"content-type": "application/json"}, "neither ce- headers nor content-type"),
        ({"content-type": "application/cloudevents-batch+json"}, "is not supported"),
        ({"content-type": "application/cloudevents+avro"}, "is not supported"),
    ],
)
def test_what_does_not_say_that_it_is_an_event_is_none(
    headers: dict[str, str] | None, why: str
) -> None:
    with pytest.raises(Malformed, match=why):
        parse(headers, structured().body)


@pytest.mark.parametrize("body", [b"[]", b"1", b'"text"', b"null"])
def test_an_event_is_an_object(body: bytes) -> None:
    with pytest.raises(Malformed, match="a structured event is a JSON object"):
        parse({"content-type": STRUCTURED}, body)


def test_an_event_of_a_mebibyte_is_read_and_one_byte_more_is_not() -> None:
    body = structured().body
    full = body + b" " * (EVENT_BYTES_MAX - len(body))
    assert parse({"content-type": STRUCTURED}, full) == parse(*structured())
    with pytest.raises(TooLarge, match=r"1048577 bytes, at most 1048576 are allowed"):
        parse({"content-type": STRUCTURED}, full + b" ")


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"", "is not JSON"),
        (b"{", "is not JSON"),
        (b"{}{}", "is not JSON"),
        (b"{'a': 1}", "is not JSON"),
        (b'{"a": 1,}', "is not JSON"),
        (b'{"a": "\n"}', "is not JSON"),
        (b'\xef\xbb\xbf{"a": 1}', "is not JSON"),
        (b'{"a": "\xff"}', "is not UTF-8"),
        ('{"a": 1}'.encode("utf-16"), "is not UTF-8"),
        (b'{"a": "\xed\xa0\x80"}', "is not UTF-8"),
        (b'{"a": NaN}', "NaN is not JSON"),
        (b'{"a": -Infinity}', "-Infinity is not JSON"),
        (b'{"a": 1e400}', "1e400 is too large a number"),
        (b'{"a": 1, "a": 1}', "the key 'a' stands twice"),
        (b'{"a": {"b": 1, "b": 2}}', "the key 'b' stands twice"),
        (rb'{"a": 1, "\u0061": 1}', "the key 'a' stands twice"),
        (b'{"b": 0, "a": 1, "a": 2}', "the key 'a' stands twice"),
        (rb'{"a": "\ud800"}', "'a' holds a lone surrogate"),
        (rb'{"a": ["x", ["\udfff"]]}', "'a' holds a lone surrogate"),
        (rb'{"\ud800": 1}', "holds a lone surrogate"),
        (b'{"a": %s}' % (b"9" * (DIGITS_MAX + 1)), "more than 18 digits"),
        (b'{"a": -%s}' % (b"9" * 400), "more than 18 digits"),
        (b'{"a": 0.%s}' % (b"3" * 400), "more than 18 digits"),
        (b'{"a": 1e%s}' % (b"9" * 400), "more than 18 digits"),
        (('{"a": ' + "9" * 400 + "}").encode("utf-16-le"), "is not JSON"),
        (nested(DEPTH_MAX + 1), "more than 32 levels deep"),
        (b"[1,%s]" % nested(DEPTH_MAX), "more than 32 levels deep"),
        (b"[" * 100_000, "more than 32 levels deep"),
    ],
)
def test_json_that_a_later_layer_would_stumble_over_is_refused(body: bytes, why: str) -> None:
    with pytest.raises(Malformed, match=why):
        strict_json(body)


def test_json_within_its_bounds_is_read() -> None:
    assert strict_json(nested(DEPTH_MAX))
    assert strict_json(b"[%s,%s]" % (nested(DEPTH_MAX - 1), nested(DEPTH_MAX - 1)))
    assert strict_json(b'{"a": %s}' % (b"9" * DIGITS_MAX)) == {"a": 10**DIGITS_MAX - 1}
    assert strict_json(b'{"a": -0.00029991277496682454}') == {"a": -0.00029991277496682454}
    assert strict_json(b'{"a": "%s"}' % (b"9" * 400)) == {"a": "9" * 400}
    assert strict_json(b'{"a": "%s"}' % (b"[" * 400)) == {"a": "[" * 400}
    assert strict_json(rb'{"a": "\ud83d\ude00"}') == {"a": "\U0001f600"}
    assert strict_json(rb'{"a\"[": "\\", "b": 1}') == {'a"[': "\\", "b": 1}


@pytest.mark.parametrize("count", [KEYS_MAX, KEYS_MAX + 1])
def test_an_object_has_a_bounded_number_of_keys(count: int) -> None:
    body = json.dumps({"data": {f"k{n}": n for n in range(count)}}).encode()
    if count == KEYS_MAX:
        assert len(strict_json(body)["data"]) == KEYS_MAX
        return
    with pytest.raises(Malformed, match="an object has 257 keys, at most 256 are allowed"):
        strict_json(body)


@pytest.mark.parametrize("wrap", [lambda text: {"a": text}, lambda text: {"a": ["x", [text]]}])
def test_a_string_has_a_bounded_length(wrap: Any) -> None:
    longest = "é" * STRING_CHARACTERS_MAX
    assert strict_json(json.dumps(wrap(longest)).encode()) == wrap(longest)
    with pytest.raises(Malformed, match="'a' has more than 8192 characters"):
        strict_json(json.dumps(wrap(longest + "e")).encode())


def test_a_key_has_a_bounded_length_too() -> None:
    with pytest.raises(Malformed, match="has more than 8192 characters") as error:
        strict_json(json.dumps({"k" * 9000: 1}).encode())
    assert len(str(error.value)) < 200


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    "body",
    [
        b'"' + b'\\"' * 500_000,
        b'{"a": "' + b"\\\\" * 500_000,
        b'"' * 1_000_000,
        b'["' + b'",[{"' * 200_000,
        b"9" * 1_000_000,
    ],
)
def test_no_text_takes_longer_to_refuse_than_to_read(body: bytes) -> None:
    with pytest.raises(Malformed):
        strict_json(body)


@for_all(st.binary(max_size=60) | st.text(max_size=60).map(str.encode))
def test_no_bytes_do_anything_but_parse_or_be_malformed(body: bytes) -> None:
    try:
        strict_json(body)
    except Malformed:
        return
    json.loads(body.decode())  # and every other reader takes it too


PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**17), 10**17)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@for_all(st.dictionaries(st.text(), PLAIN, max_size=6), st.booleans())
def test_what_is_plain_to_see_is_what_a_full_judgement_finds(
    document: dict[str, Any], ascii_only: bool
) -> None:
    body = json.dumps(document, ensure_ascii=ascii_only, allow_nan=False).encode()
    plain = _plain_json(body)
    assert plain is None or plain == _judged_json(body) == document
    assert (
        _canonical(document) == json.dumps(document, sort_keys=True, separators=(",", ":")).encode()
    )


@for_all(st.text("ab", max_size=3), st.text("ab", max_size=3), PLAIN)
def test_a_key_that_stands_twice_is_never_plain(key: str, other: str, value: Any) -> None:
    said = json.dumps(value)
    twice = f'{{"{key}": 1, "{other}": 2, "x": {{"{key}": 0}}, "{key}": {said}}}'.encode()
    assert _plain_json(twice) is None
