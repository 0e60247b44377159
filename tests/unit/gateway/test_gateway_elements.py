"""A JSON array is cut into its elements, whatever stands in them, and nothing of any is changed."""

import json
from typing import Any

import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st

from services.gateway.domain.elements import TooMany, elements
from shared.contracts.envelope import Malformed

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@for_all(st.lists(VALUES, max_size=8), st.booleans(), st.sampled_from([None, 1]))
def test_the_elements_of_an_array_are_those_that_a_parser_finds(
    values: list[Any], ascii_only: bool, indent: int | None
) -> None:
    body = json.dumps(values, ensure_ascii=ascii_only, indent=indent).encode()
    assert [json.loads(each) for each in elements(body, 8)] == values


def test_brackets_and_commas_within_strings_are_no_more_than_letters() -> None:
    body = rb' [ {"a": "],[\"}{"} , "x,y" ,{"b":[1,{"c":"\\"}]} ] '
    assert elements(body, 3) == [rb'{"a": "],[\"}{"}', b'"x,y"', rb'{"b":[1,{"c":"\\"}]}']


def test_an_element_that_is_no_json_is_left_for_its_own_judgement() -> None:
    assert elements(b'[{"a": }, nonsense, {"a": 1}]', 3) == [b'{"a": }', b"nonsense", b'{"a": 1}']


@pytest.mark.parametrize("body", [b"[]", b" [ ] ", b"[\n]"])
def test_an_array_may_be_empty(body: bytes) -> None:
    assert elements(body, 1) == []


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"  ", b"{}", b'"[]"', b"1", b"[", b"[1", b"[1,]", b"[,1]", b"[1,,2]", b"[1]]"),
        *(b"[1] 2", b"[{]", b"[1}", b'["', b'["a]', b"[[]", b"\xff[]", b"\xef\xbb\xbf[]"),
    ],
)
def test_what_is_no_array_is_refused(body: bytes) -> None:
    with pytest.raises(Malformed):
        elements(body, 10)


def test_an_array_has_a_bounded_number_of_elements() -> None:
    assert len(elements(b"[1,2,3]", 3)) == 3
    for body in (b"[1,2,3,4]", b"[" + b"1," * 100_000 + b"1]"):
        with pytest.raises(TooMany, match="at most 3 events"):
            elements(body, 3)


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    "body", [b"[" * 1_000_000, b'["' + b'\\"' * 500_000, b"[" + b"{}" * 500_000]
)
def test_no_text_takes_longer_than_it_takes_to_read_it(body: bytes) -> None:
    with pytest.raises(Malformed):
        elements(body, 10)


@for_all(st.binary(max_size=60))
def test_no_bytes_do_anything_but_part_or_be_malformed(body: bytes) -> None:
    try:
        found = elements(b"[" + body + b"]", 60)
    except Malformed:
        return
    assert all(each in body for each in found)
