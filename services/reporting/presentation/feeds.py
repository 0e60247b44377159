"""What programs of readers follow: the feed of published reports."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import NAMESPACE_URL, uuid5
from xml.etree import ElementTree

from services.reporting.presentation.language import Language

ATOM = "http://www.w3.org/2005/Atom"
FEED_ID = uuid5(NAMESPACE_URL, "tandem:reports").urn


@dataclass(frozen=True, slots=True)
class Entry:
    """A published version of a report, as the feed tells of it."""

    period: str
    version: int
    status: str
    published_at: datetime
    headline: str
    note: str | None = None


def feed_of(entries: Sequence[Entry], language: Language, site: str, now: datetime) -> bytes:
    """Return published reports as an Atom feed (RFC 4287), the last one first.

    Its ids rest on period and version alone, so that moving the site makes nothing new.
    """
    feed = ElementTree.Element("feed", {"xmlns": ATOM, "xml:lang": language.tag})
    latest = max((entry.published_at for entry in entries), default=now)
    _add(feed, "id", FEED_ID)
    _add(feed, "title", language.text("Published reports of NLC and SCN"))
    _add(feed, "updated", _instant(latest))
    _link(feed, "self", f"{site}/reports.atom?lang={language.code}", "application/atom+xml")
    _link(feed, "alternate", f"{site}/reports", "text/html")
    author = ElementTree.SubElement(feed, "author")
    _add(author, "name", f"NLC, {language.text('Strong Cities Network')}")
    for entry in sorted(entries, key=lambda each: each.published_at, reverse=True):
        feed.append(_entry(entry, language, site))
    ElementTree.indent(feed, " ")
    return bytes(ElementTree.tostring(feed, encoding="utf-8", xml_declaration=True)) + b"\n"


def _entry(entry: Entry, language: Language, site: str) -> ElementTree.Element:
    element = ElementTree.Element("entry")
    address = f"{site}/reports/{entry.period}/v{entry.version}"
    title = language.text(
        "Report of {period}, version {version}",
        period=language.quarter(entry.period),
        version=entry.version,
    )
    _add(element, "id", uuid5(NAMESPACE_URL, f"tandem:{entry.period}/v{entry.version}").urn)
    _add(element, "title", title)
    _add(element, "published", _instant(entry.published_at))
    _add(element, "updated", _instant(entry.published_at))
    _link(element, "alternate", f"{address}?lang={language.code}", "text/html")
    _link(element, "enclosure", f"{address}.json", "application/json")
    _link(element, "enclosure", f"{address}.pdf?lang={language.code}", "application/pdf")
    ElementTree.SubElement(element, "category", {"term": entry.status})
    _add(element, "summary", " ".join(filter(None, (entry.headline, entry.note))))
    return element


def _add(parent: ElementTree.Element, name: str, text: str) -> None:
    ElementTree.SubElement(parent, name).text = text


def _link(parent: ElementTree.Element, relation: str, address: str, kind: str) -> None:
    ElementTree.SubElement(parent, "link", {"rel": relation, "href": address, "type": kind})


def _instant(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")
