"""What is wrong with a request, as it is told to whoever sent it."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Problem(Exception):
    """What is wrong with a request, in a sentence for whoever sent it."""

    status: int
    title: str
    detail: str

    def document(self) -> dict[str, Any]:
        """Return the problem document (RFC 9457)."""
        return {
            "type": "about:blank",
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
        }


def capital(error: Exception) -> str:
    """Return what an error says, as the beginning of a sentence."""
    said = str(error)
    return said[:1].upper() + said[1:]
