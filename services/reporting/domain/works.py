"""Works: when each was first shared with the other partner, and in which editions it came out."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from services.reporting.domain.dates import Dates
from services.reporting.domain.knowledge import Edition, Share, Work


@dataclass(frozen=True, slots=True)
class Shared:
    """The first time a work was made available to somebody who did not publish it."""

    resource_id: str
    shared_with: str
    on: Dates


@dataclass(frozen=True, slots=True)
class Extent:
    """How much a set of works comes to: "4 resources, 9 editions, 3 languages"."""

    works: int
    editions: int
    languages: tuple[str, ...]


def first_shares(shares: Iterable[Share], works: Iterable[Work]) -> list[Shared]:
    """Return the first share of each work with a network other than its publisher.

    For a publisher that is neither network, and while the publisher is not known yet, a share with
    any network counts. A date known to the month or year only comes first when it is over first.
    """
    publishers = {work.resource_id: work.publisher for work in works}
    firsts: dict[str, Shared] = {}
    for share in shares:
        if share.shared_with == publishers.get(share.resource_id):
            continue
        candidate = Shared(share.resource_id, share.shared_with, share.on)
        known = firsts.get(share.resource_id)
        if known is None or _order(candidate) < _order(known):
            firsts[share.resource_id] = candidate
    return [firsts[resource_id] for resource_id in sorted(firsts)]


def extent(
    resource_ids: Iterable[str], works: Iterable[Work], editions: Sequence[Edition], until: Dates
) -> Extent:
    """Return the editions and languages of some works, as far as out by the end of a window.

    The original counts as one edition in each of its languages; a translation into one of these is
    the same edition, a revision is another.
    """
    chosen = set(resource_ids)
    originals = {
        (work.resource_id, language, None)
        for work in works
        if work.resource_id in chosen
        for language in work.languages
    }
    later = {
        (edition.resource_id, edition.language, edition.edition)
        for edition in editions
        if edition.resource_id in chosen and edition.on.first <= until.last
    }
    languages = {language for _, language, _ in originals | later if language is not None}
    return Extent(len(chosen), len(originals | later), tuple(sorted(languages)))


def _order(shared: Shared) -> tuple[Dates, str]:
    return Dates(shared.on.last, shared.on.first), shared.shared_with
