"""The sheet of a report: its document told in a language, section by section.

Pure: document in, sheet out. The order of the sections is that in which leaders read: how much,
what changed, where, who, what, with whom, and then how far it can be trusted and why.
"""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from services.reporting.presentation.composing.changed import changed
from services.reporting.presentation.composing.figures import figures
from services.reporting.presentation.composing.joint import joint
from services.reporting.presentation.composing.notes import notes
from services.reporting.presentation.composing.origin import provenance, revisions
from services.reporting.presentation.composing.quality import quality
from services.reporting.presentation.composing.subject import Subject
from services.reporting.presentation.composing.what import what
from services.reporting.presentation.composing.where import where
from services.reporting.presentation.composing.who import who
from services.reporting.presentation.language import Language
from services.reporting.presentation.sheet import Section, Sheet

SECTIONS: tuple[Callable[[Subject], Section], ...] = (
    figures,
    changed,
    where,
    who,
    what,
    joint,
    quality,
    notes,
    revisions,
    provenance,
)


def sheet_of(document: Mapping[str, Any], language: Language, *, then: bool = False) -> Sheet:
    """Return the sheet of a whole report in a language.

    Args:
        document: with its lists, as `compose(..., whole=True)` makes it.
        language: of every text; the numbers are left to who renders them.
        then: whether the report was asked for as known at an earlier moment; its links lead to the
            evidence of that moment. Those of a published version always do.
    """
    subject = Subject(document, language, then or document["version"] is not None)
    return Sheet(
        language=language.code,
        period=subject.period.id,
        title=language.text("NLC and SCN together, {period}", period=subject.called()),
        strip=_strip(subject),
        headline=document["headline"][language.code],
        sections=[section(subject) for section in SECTIONS],
    )


def _strip(subject: Subject) -> list[tuple[str, str]]:
    """Return what the report is: period, dates, status, version, how far its facts reach."""
    language, document = subject.language, subject.document
    text, period, version = language.text, document["period"], document["version"]
    strip = [(text("Period"), subject.called())]
    if period["also"]:
        strip.append((text("Also"), language.listed(list(map(language.quarter, period["also"])))))
    first, last = (language.day(date.fromisoformat(period[end])) for end in ("start", "end"))
    strip.append((text("Dates"), text("{first} to {last}", first=first, last=last)))
    strip.append((text("Status"), language.named("status", document["status"])))
    strip.append(
        (
            text("Version"),
            text("{number}, as published", number=version)
            if version is not None
            else text("as known on {moment}", moment=language.instant(subject.known_at)),
        )
    )
    if subject.data_to is not None:
        strip.append((text("Data to"), language.instant(subject.data_to)))
    release = document["next_release"]
    if release is not None:
        day = language.day(date.fromisoformat(release["on"]))
        status = language.named("status", release["status"])
        strip.append((text("Next release"), text("{day} ({status})", day=day, status=status)))
    return strip
