"""A form is taken once: what two clicks or a page read again ask for twice is done once."""

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass

from shared.errors import Refused

FORMS_MAX = 10_000
FORM_SECONDS_MAX = 3600.0


@dataclass(frozen=True, slots=True)
class _Form:
    who: str
    what: str
    until: float


class Once:
    """The forms that were given out and not sent back yet, in this process."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        """Nothing was given out yet."""
        self._monotonic = monotonic
        self._forms: dict[str, _Form] = {}

    def give(self, who: str, what: str) -> str:
        """Return the mark of a form that asks whether something is to be done."""
        while len(self._forms) >= FORMS_MAX:
            del self._forms[next(iter(self._forms))]  # the oldest
        mark = secrets.token_urlsafe(16)
        self._forms[mark] = _Form(who, what, self._monotonic() + FORM_SECONDS_MAX)
        return mark

    def take(self, mark: str, who: str, what: str) -> None:
        """Take a form back.

        Raises:
            Refused: it was sent before, is too old, or is another one.
        """
        form = self._forms.pop(mark, None)
        if form is None or form.until < self._monotonic() or (form.who, form.what) != (who, what):
            raise Refused("this form was sent before, or is too old: open it again")
