"""A person whose every word is unlike any other, and a search for whatever is left of them.

Random letters stand in each word. PostgreSQL compresses long values in runs of eight literal bytes,
so a word that stands in a compressed value is in pieces there; eight letters in a row of it are
found even so, and stand in no file by chance.
"""

import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from shared.erasing.needles import Needles
from shared.erasing.scanning import condensed

PIECE_CHARACTERS = 8


def _letters() -> str:
    return "".join(secrets.choice("bcdfghjkmnpqrstvwxz") for _ in range(20))


@dataclass(frozen=True)
class Canary:
    """Somebody as two systems know them: by an id of each, and by one address."""

    tokens: list[str] = field(default_factory=lambda: [_letters() for _ in range(5)])

    def person(self, source: str = "crm") -> dict[str, str]:
        """Return the person as a source says it."""
        given, family, address, crm, other = self.tokens
        return {
            "id": f"p-{crm if source == 'crm' else other}",
            "email": f"Q.{address.title()}@Stad-Gent.example",
            "name": f"{given.title()} Ó {family.title()}",
            "organisation": "Stad Gent",
        }

    @property
    def words(self) -> list[str]:
        """All that tells the person from others."""
        mine, theirs = self.person("crm"), self.person("platform")
        return [mine["id"], theirs["id"], mine["email"], mine["name"]]

    def found_under(self, root: Path) -> dict[str, list[str]]:
        """Return what of the person stands in which file, in words or in pieces."""
        in_words = Needles.of([*self.words, *self.tokens])
        in_pieces = Needles({token: _pieces(token) for token in self.tokens})
        hits: dict[str, list[str]] = {}
        for path in sorted(root.rglob("*")):
            if path.is_file() and not path.is_symlink():
                content = condensed(path.read_bytes())
                if found := in_words.found_in(content) + in_pieces.found_in(content):
                    hits[str(path.relative_to(root))] = found
        return hits


def _pieces(token: str) -> list[bytes]:
    starts = range(len(token) - PIECE_CHARACTERS + 1)
    return [token[start : start + PIECE_CHARACTERS].encode() for start in starts]


def many_people(count: int) -> list[dict[str, Any]]:
    """Return others, enough of them to make a message long."""
    return [{"id": f"other-{n}", "email": f"other-{n}@stad-gent.example"} for n in range(count)]
