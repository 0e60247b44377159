"""What the specification demands of any CloudEvent is asked of each, and named where it lacks."""

import json
from typing import Any

import pytest

from services.gateway.domain.reading import Said, UnsupportedMedia, is_batch, many, one
from services.gateway.domain.wellformed import document_of
from shared.contracts.envelope import EVENT_BYTES_MAX, STRUCTURED, Malformed, TooLarge
from shared.errors import InvalidData

EVENT: dict[str, Any] = {
    "specversion": "1.0",
    "id": "A-1",
    "source": "https://example.com/crm",
    "type": "com.example.thing",
}
HEADERS = {"content-type": "application/json", **{f"ce-{n}": v for n, v in EVENT.items()}}


def structured(**changed: Any) -> Said:
    event = {**EVENT, **changed}
    return Said({"content-type": STRUCTURED}, json.dumps(event).encode())


def binary(body: bytes = b"{}", /, **headers: str) -> Said:
    named = {f"ce-{name}": value for name, value in headers.items()}
    return one((HEADERS | named).items(), body)


def faults_of(said: Said) -> dict[str, str]:
    with pytest.raises(InvalidData) as error:
        document_of(said)
    return {each.field: each.description for each in error.value.violations}


def test_an_event_of_any_type_and_source_is_an_event() -> None:
    assert document_of(structured()) == EVENT
    assert document_of(binary()) == {**EVENT, "datacontenttype": "application/json"}


@pytest.mark.parametrize("attribute", ["specversion", "id", "source", "type"])
@pytest.mark.parametrize("value", [None, ""])
def test_what_is_required_is_there_and_not_empty(attribute: str, value: Any) -> None:
    assert attribute in faults_of(structured(**{attribute: value}))


@pytest.mark.parametrize("attribute", ["specversion", "id", "source", "type", "subject", "time"])
@pytest.mark.parametrize("value", [25, True, {"a": 1}, ["x"], 1.5])
def test_an_attribute_that_is_a_text_is_nothing_else(attribute: str, value: Any) -> None:
    assert faults_of(structured(**{attribute: value})) == {attribute: "must be a text"}


def test_every_fault_of_an_event_is_told_at_once() -> None:
    faults = faults_of(structured(id="", type=5, time="lunchtime", MyExtension="x"))
    assert list(faults) == ["id", "type", "time", "MyExtension"]


@pytest.mark.parametrize("version", ["0.3", "0.9", "1", "1.0.2", "2.0"])
def test_another_version_of_the_specification_is_not_read(version: str) -> None:
    assert "specversion" in faults_of(structured(specversion=version))


@pytest.mark.parametrize("name", ["ext1", "a" * 40, "0x", "traceparent"])
def test_the_name_of_an_extension_has_lower_case_letters_and_digits(name: str) -> None:
    assert document_of(structured(**{name: "x"}))[name] == "x"


@pytest.mark.parametrize("name", ["MyExtension", "my.extension", "my_extension", "a-b", "é", ""])
def test_any_other_name_is_none(name: str) -> None:
    assert list(faults_of(structured(**{name: "x"}))) == [name]


@pytest.mark.parametrize("value", [10, -(2**31), 2**31 - 1, True, False, "text", "", "TWE="])
def test_an_extension_is_a_text_an_integer_or_a_truth(value: Any) -> None:
    assert document_of(structured(extension=value))["extension"] == value


@pytest.mark.parametrize("value", [1.5, 2**31, -(2**31) - 1, {"a": 1}, [1]])
def test_an_extension_is_nothing_else(value: Any) -> None:
    assert list(faults_of(structured(extension=value))) == ["extension"]


@pytest.mark.parametrize("character", ["\x00", "\n", "\x1f", "\x7f", "\x9f", "\ufffe", "\ufdd0"])
@pytest.mark.parametrize("attribute", ["id", "extension"])
def test_a_text_holds_no_control_character_and_no_noncharacter(
    character: str, attribute: str
) -> None:
    assert list(faults_of(structured(**{attribute: f"a{character}b"}))) == [attribute]


def test_a_text_may_hold_any_other_character() -> None:
    assert document_of(structured(subject="Gent été \U0001f3d9 \ue000"))


@pytest.mark.parametrize(
    "source",
    [
        "https://cloudevents.io",
        "#fragment",
        "//authority/path",
        "urn:uuid:6e8bc430",
        "/a%20b",
        "?q",
    ],
)
def test_a_source_is_a_uri_reference(source: str) -> None:
    assert document_of(structured(source=source))["source"] == source


@pytest.mark.parametrize("source", ["a b", "/a%zz", "/é", "<x>", "a\\b"])
def test_anything_else_is_no_source(source: str) -> None:
    assert list(faults_of(structured(source=source))) == ["source"]


@pytest.mark.parametrize("schema", ["", "relative/path", "#x", "http://a b"])
def test_a_dataschema_is_an_absolute_uri(schema: str) -> None:
    assert list(faults_of(structured(dataschema=schema))) == ["dataschema"]
    assert document_of(structured(dataschema="https://example.com/schema#x"))


@pytest.mark.parametrize("kind", ["", "xyz", "a/", "/b", "a b/c", "text/plain; charset"])
def test_a_datacontenttype_is_a_media_type(kind: str) -> None:
    assert list(faults_of(structured(datacontenttype=kind))) == ["datacontenttype"]


@pytest.mark.parametrize(
    "kind", ["text/plain", 'text/plain; charset="us-ascii"', "application/vnd.a+json;v=1; b=2"]
)
def test_a_media_type_may_have_parameters(kind: str) -> None:
    assert document_of(structured(datacontenttype=kind))["datacontenttype"] == kind


@pytest.mark.parametrize(
    "time",
    [
        "2018-04-05T17:31:00Z",
        "2018-04-05t17:31:00z",
        "2018-04-05 17:31:00Z",
        "2018-04-05T17:31:00.000000000Z",
        "2018-04-05T17:31:00.5+01:00",
        "2018-04-05T16:31:00-01:00",
        "2018-04-05T16:31:00-00:00",
        "2018-04-05T16:31:00+23:59",
    ],
)
def test_every_form_of_a_time_is_read(time: str) -> None:
    assert document_of(structured(time=time))["time"] == time


@pytest.mark.parametrize(
    "time",
    [
        "",
        "lunchtime",
        "2018-04-05",
        "2018-04-05T18:31Z",
        "2018-04-05T18:31:00",
        "2018-04-05T18:31:00X",
        "2018-04-05T18:31:00+25:00",
        "2018-04-05T18:31:00+xx:00",
        "2018-04-05T18:31:00+05",
        "2018-04-05T18:31:00+0500",
        "1522949460",
    ],
)
def test_anything_else_is_no_time(time: str) -> None:
    assert list(faults_of(structured(time=time))) == ["time"]


def test_what_is_null_is_not_there() -> None:
    nulls = {"datacontenttype": None, "dataschema": None, "subject": None, "time": None}
    assert document_of(structured(**nulls, extension=None)) == EVENT


def test_data_stand_in_one_place() -> None:
    assert list(faults_of(structured(data={}, data_base64="e30="))) == ["data_base64"]


@pytest.mark.parametrize("body", [b"", b"[]", b'"x"', b"null", b"{", b'{"id": 1, "id": 2}'])
def test_a_body_that_is_no_object_is_no_event(body: bytes) -> None:
    with pytest.raises(Malformed):
        document_of(Said({"content-type": STRUCTURED}, body))


def test_an_event_has_a_bounded_size() -> None:
    with pytest.raises(TooLarge):
        document_of(Said({"content-type": STRUCTURED}, b" " * (EVENT_BYTES_MAX + 1)))


# Binary mode


def test_headers_are_percent_decoded_once() -> None:
    said = binary(subject="Euro%20%e2%82%ac%20%F0%9F%98%80%2520", id="plain%2Did")
    document = document_of(said)
    assert document["subject"] == "Euro € \U0001f600%20"
    assert document["id"] == "plain-id"
    assert said.headers["ce-subject"] == "Euro%20%E2%82%AC%20%F0%9F%98%80%2520"
    assert said.headers["ce-id"] == "plain-id"


@pytest.mark.parametrize("value", ["%C0%A0", "a%FFb", "%ED%A0%80"])
def test_a_header_that_encodes_no_utf_8_is_refused(value: str) -> None:
    with pytest.raises(InvalidData, match="subject: holds percent-encoded bytes"):
        binary(subject=value)


def test_a_header_outside_ascii_is_refused() -> None:
    with pytest.raises(InvalidData, match=r"subject: holds U\+00E9 as it is"):
        binary(subject="été")


def test_a_header_in_quotation_marks_is_opened_before_it_is_decoded() -> None:
    assert document_of(binary(subject=r'"a \"b\" %2D \\c"'))["subject"] == r'a "b" - \c'


def test_the_content_type_is_that_of_the_data() -> None:
    said = one((HEADERS | {"content-type": "text/xml; charset=utf-8"}).items(), b"<a/>")
    assert document_of(said)["datacontenttype"] == "text/xml; charset=utf-8"


def test_the_type_of_the_data_stands_in_one_header() -> None:
    with pytest.raises(InvalidData, match="datacontenttype: stands in a header of its own"):
        binary(datacontenttype="application/json")


def test_an_attribute_stands_once_among_the_headers() -> None:
    with pytest.raises(InvalidData, match="id: stands twice"):
        one([*HEADERS.items(), ("ce-id", "B-2")], b"{}")


def test_no_header_is_called_data() -> None:
    assert list(faults_of(binary(data="{}"))) == ["data"]
    assert list(faults_of(binary(**{"my-extension": "x"}))) == ["my-extension"]


# Which mode it is


@pytest.mark.parametrize(
    "content_type",
    [
        "application/cloudevents+json",
        "application/cloudevents+json; charset=utf-8",
        'Application/CloudEvents+JSON;charset="UTF-8"; x=y',
    ],
)
def test_structured_mode_is_told_by_the_content_type(content_type: str) -> None:
    said = one([("content-type", content_type)], b"{}")
    assert said == Said({"content-type": STRUCTURED}, b"{}")


@pytest.mark.parametrize(
    "content_type",
    ["application/cloudevents-batch+json", "Application/cloudevents-BATCH+json ; charset=utf-8"],
)
def test_batch_mode_is_told_by_the_content_type(content_type: str) -> None:
    assert is_batch(content_type)
    assert [each.body for each in many(content_type, b"[{},1]", 2)] == [b"{}", b"1"]


@pytest.mark.parametrize(
    "content_type",
    [
        "application/cloudevents+avro",
        "application/cloudevents",
        "application/cloudevents-batch+xml",
        "application/cloudevents+json; charset=utf-16",
    ],
)
def test_a_format_that_is_not_read_is_named(content_type: str) -> None:
    with pytest.raises(UnsupportedMedia, match="not read here"):
        one([("content-type", content_type)], b"{}")


@pytest.mark.parametrize("headers", [{}, {"content-type": "application/json"}, {"ce-": "x"}])
def test_what_does_not_say_that_it_is_an_event_is_none(headers: dict[str, str]) -> None:
    with pytest.raises(Malformed, match="this is no event"):
        one(headers.items(), b"{}")


def test_attributes_beside_a_structured_event_are_not_read() -> None:
    said = one([("content-type", STRUCTURED), ("ce-id", "other")], json.dumps(EVENT).encode())
    assert document_of(said) == EVENT
