"""A person's words are found however a file has written them, and nothing else is."""

import base64
import html
import json
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.erasing import scanning
from shared.erasing.needles import Needles, is_telling
from shared.erasing.scanning import scan

NAME = "Zoë Quillfeather-Ó Briain"
ADDRESS = "zoe.quill+nlc@stad-gent.example"


@pytest.mark.parametrize("text", [NAME, ADDRESS])
@pytest.mark.parametrize(
    "written",
    [
        str.encode,
        lambda text: text.encode("utf-16"),
        lambda text: text.encode("utf-16-be"),
        lambda text: text.upper().encode(),
        lambda text: text.casefold().encode("utf-16-le"),
        lambda text: json.dumps(text).encode(),
        lambda text: quote(text, safe="").encode(),
        lambda text: html.escape(text).encode(),
        lambda text: text.encode().hex().upper().encode(),
        lambda text: base64.b64encode(b"x" + text.encode()),
        lambda text: base64.urlsafe_b64encode(b"xy" + text.encode() + b"z"),
    ],
)
def test_a_text_is_found_however_it_is_written(text: str, written: object) -> None:
    content = b"\x00\xff{" + written(text) + b"}\x01"  # type: ignore[operator]
    assert Needles.of([text]).found_in(content) == [text]


@given(st.binary(max_size=40), st.binary(max_size=40))
def test_a_text_is_found_wherever_in_base64_it_begins(before: bytes, behind: bytes) -> None:
    encoded = base64.b64encode(before + ADDRESS.encode() + behind)
    assert Needles.of([ADDRESS]).found_in(encoded)


@given(st.binary(max_size=4000))
def test_nothing_is_found_where_nothing_stands(content: bytes) -> None:
    assert Needles.of([NAME, ADDRESS]).found_in(content) == []


def test_what_stands_anywhere_by_chance_is_not_looked_for() -> None:
    assert not is_telling("4711")
    assert not is_telling("123456789")
    assert not is_telling("Ann Lee")
    assert is_telling("a@b.example")
    assert is_telling("8001234567")


def test_a_text_between_two_windows_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scanning, "WINDOW_BYTES", 64)
    for gap in range(50, 70):
        (tmp_path / f"{gap}").write_bytes(b"." * gap + ADDRESS.encode() + b"." * 200)

    found = scan(tmp_path, Needles.of([ADDRESS]))

    assert len(found.hits) == found.files == 20
    assert not found.clean


def test_the_name_of_a_file_is_read_too_and_links_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / f"{ADDRESS}.json").write_text("{}")
    (tmp_path / "elsewhere").symlink_to("/etc")

    found = scan(tmp_path, Needles.of([ADDRESS]))

    assert [path.name for path in found.hits] == [f"{ADDRESS}.json"]
    assert found.files == 1
