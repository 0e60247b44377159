"""Attributes as values of headers, character by character as the specification has it."""

import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st

from shared.contracts.headers import Undecodable, decoded, encoded


def test_the_example_of_the_specification() -> None:
    assert encoded("Euro € 😀") == "Euro%20%E2%82%AC%20%F0%9F%98%80"
    assert decoded("Euro%20%E2%82%AC%20%F0%9F%98%80") == "Euro € 😀"


@pytest.mark.parametrize(
    ("value", "said"),
    [(" ", "%20"), ('"', "%22"), ("%", "%25"), ("\n", "%0A"), ("\x7f", "%7F"), ("é", "%C3%A9")],
)
def test_what_must_be_encoded_is(value: str, said: str) -> None:
    assert encoded(value) == said
    assert decoded(said) == value


def test_every_other_printable_character_stands_as_it_is() -> None:
    plain = "".join(map(chr, range(0x21, 0x7F))).replace('"', "").replace("%", "")
    assert encoded(plain) == plain
    assert decoded(plain) == plain


@pytest.mark.parametrize(
    ("said", "value"),
    [
        ("%e2%82%ac", "€"),
        ("%41%2d%7e", "A-~"),
        ("%2541", "%41"),
        ("a b", "a b"),
        (" \ta b\t ", "a b"),
        ('"a b"', "a b"),
        (r'"say \"ah\" and \\"', r'say "ah" and \ '.strip()),
        ('"%41 b"', "A b"),
        ('""', ""),
        ("50%", "50%"),
        ("50%zz", "50%zz"),
    ],
)
def test_a_value_is_unquoted_and_then_decoded_once(said: str, value: str) -> None:
    assert decoded(said) == value


@pytest.mark.parametrize("said", ["%C0%A0", "%ff", "%ED%A0%80", "a%E2%82"])
def test_bytes_that_are_no_utf_8_are_refused(said: str) -> None:
    with pytest.raises(Undecodable, match="not UTF-8"):
        decoded(said)


@pytest.mark.parametrize(("said", "code"), [("é", "00E9"), ("a\nb", "000A"), ("\x00", "0000")])
def test_what_is_not_printable_ascii_is_refused(said: str, code: str) -> None:
    with pytest.raises(Undecodable, match=f"U\\+{code} as it is"):
        decoded(said)


@pytest.mark.parametrize("said", ['a"b', '"a', r'"a\"', '"a" "'])
def test_a_quotation_mark_alone_is_refused(said: str) -> None:
    with pytest.raises(Undecodable, match="without its fellow"):
        decoded(said)


@for_all(st.text())
def test_whatever_is_said_comes_back_in_printable_ascii(value: str) -> None:
    said = encoded(value)
    assert said.isascii()
    assert not said or said.isprintable()
    assert decoded(said) == value
