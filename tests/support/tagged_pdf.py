"""A tagged PDF as a screen reader takes it: a tree of headings, figures and tables, with texts."""

import ctypes
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pypdfium2
import pypdfium2.raw as pdfium

BREAKING_SPACES = str.maketrans({"\r": " ", "\n": " ", "\u00a0": " ", "\u0002": "-"})


@dataclass
class Element:
    """An element of the structure: its type, such as TH, and what is in it."""

    kind: str
    text: str = ""
    alternative: str = ""
    scope: str = ""
    children: list["Element"] = field(default_factory=list)

    def walk(self) -> Iterator["Element"]:
        """Yield it and all that is in it, in reading order."""
        yield self
        for child in self.children:
            yield from child.walk()

    def said(self) -> str:
        """The text of it and of all that is in it."""
        return " ".join(" ".join(each.text for each in self.walk() if each.text).split())


def elements(content: bytes) -> list[Element]:
    """The elements of all pages in reading order; one that goes over pages stands once a page."""
    document = pypdfium2.PdfDocument(content)
    found: list[Element] = []
    for page in document:
        texts = _marked(page)
        tree = pdfium.FPDF_StructTree_GetForPage(page)
        for index in range(pdfium.FPDF_StructTree_CountChildren(tree)):
            child = pdfium.FPDF_StructTree_GetChildAtIndex(tree, index)
            found.append(_element(child, texts))
        pdfium.FPDF_StructTree_Close(tree)
    return found


def tables(content: bytes) -> list[list[list[str]]]:
    """Every table in order, as rows of texts; its parts on several pages are put together.

    A table that goes on begins with the rows that are new: the repeated header is no content.
    """
    found: list[list[list[str]]] = []
    for element in (each for top in elements(content) for each in top.walk()):
        if element.kind != "Table":
            continue
        rows = [
            [cell.said() for cell in row.children if cell.kind in ("TH", "TD")]
            for row in element.walk()
            if row.kind == "TR"
        ]
        rows = [row for row in rows if any(row)]
        headed = any(cell.kind == "TH" and cell.said() for cell in element.walk())
        if headed or not found:
            found.append(rows)
        else:
            found[-1].extend(rows)
    return found


def _marked(page: Any) -> dict[int, str]:
    """The texts of a page by the number of the content they are marked as."""
    text_page = page.get_textpage()
    texts: dict[int, str] = defaultdict(str)
    for piece in page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_TEXT]):
        number = pdfium.FPDFPageObj_GetMarkedContentID(piece)
        if number >= 0:
            texts[number] += _written(piece, text_page)
    return texts


def _written(piece: Any, text_page: Any) -> str:
    return _string(
        lambda buffer, size: pdfium.FPDFTextObj_GetText(piece, text_page, buffer, size),
        pdfium.FPDF_WCHAR,
    )


def _element(raw: Any, texts: dict[int, str]) -> Element:
    element = Element(
        kind=_string(lambda b, n: pdfium.FPDF_StructElement_GetType(raw, b, n)),
        alternative=_string(lambda b, n: pdfium.FPDF_StructElement_GetAltText(raw, b, n)),
        scope=_scope(raw),
    )
    for index in range(pdfium.FPDF_StructElement_CountChildren(raw)):
        number = pdfium.FPDF_StructElement_GetChildMarkedContentID(raw, index)
        child = pdfium.FPDF_StructElement_GetChildAtIndex(raw, index)
        if number >= 0:
            element.children.append(Element("", text=texts.get(number, "")))
        elif child:
            element.children.append(_element(child, texts))
    return element


def _scope(raw: Any) -> str:
    return _string(
        lambda buffer, size: pdfium.FPDF_StructElement_GetStringAttribute(
            raw, b"Scope", buffer, size
        )
    )


def _string(ask: Callable[[Any, int], int], kind: Any = None) -> str:
    """A text that pdfium writes as UTF-16, told how much room it needs."""
    size = ask(None, 0)
    if size <= 2:
        return ""
    buffer = ctypes.create_string_buffer(size)
    given = ctypes.cast(buffer, ctypes.POINTER(kind)) if kind else buffer
    ask(given, size)
    return buffer.raw[: size - 2].decode("utf-16-le").translate(BREAKING_SPACES)
