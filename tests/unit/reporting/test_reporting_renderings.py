"""Renderings are made once, kept while there is room, and one of a kind at a time."""

import asyncio
import threading

from services.reporting.renderings import Renderings

REPORT = b'{"period": "2024-Q1"}'


async def test_what_was_made_once_is_given_again() -> None:
    renderings = Renderings()
    made: list[bytes] = []

    def make(document: bytes) -> bytes:
        made.append(document)
        return b"page of " + document

    first = await renderings.page(REPORT, "page", "en", make)
    again = await renderings.page(bytes(REPORT), "page", "en", make)

    assert first == again == b"page of " + REPORT
    assert made == [REPORT]


async def test_kinds_languages_and_documents_are_told_apart() -> None:
    renderings = Renderings()
    asked = [(REPORT, "page", "en"), (REPORT, "page", "fr"), (REPORT, "pdf", "en")]
    asked.append((REPORT + b" ", "page", "en"))

    async def page_of(each: tuple[bytes, str, str]) -> bytes:
        return await renderings.page(*each, lambda _: repr(each).encode())

    made = [await page_of(each) for each in asked]

    assert made == [repr(each).encode() for each in asked]


async def test_beyond_the_room_what_was_asked_for_longest_ago_is_made_again() -> None:
    renderings = Renderings(bytes_kept_max=20)
    made: list[str] = []

    async def ask(language: str) -> None:
        def make(document: bytes) -> bytes:
            made.append(language)
            return b"0123456789"

        await renderings.page(REPORT, "page", language, make)

    for language in ("en", "fr", "en", "es", "en", "fr"):
        await ask(language)

    assert made == ["en", "fr", "es", "fr"]


async def test_a_rendering_larger_than_the_room_is_given_and_not_kept() -> None:
    renderings = Renderings(bytes_kept_max=5)
    assert await renderings.page(REPORT, "pdf", "en", lambda _: b"0123456789") == b"0123456789"
    assert await renderings.page(REPORT, "pdf", "en", lambda _: b"another") == b"another"


async def test_one_of_a_kind_is_made_at_a_time() -> None:
    renderings = Renderings()
    making, most = 0, 0
    lock = threading.Lock()

    def make(document: bytes) -> bytes:
        nonlocal making, most
        with lock:
            making += 1
            most = max(most, making)
        threading.Event().wait(0.01)
        with lock:
            making -= 1
        return document

    await asyncio.gather(
        *(renderings.page(REPORT, "pdf", str(number), make) for number in range(5))
    )

    assert most == 1
