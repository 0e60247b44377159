"""A language of the report: its words, and how it writes numbers, dates, quarters and lists.

Words stand in `../locale/<locale>/LC_MESSAGES/*.po`, one file a part of the product, whose keys
are the English texts; they are compiled when they are loaded. Spanish is that of Latin America,
which prints 1,234.
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path

from babel import Locale
from babel.dates import format_date, format_datetime
from babel.lists import format_list
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal
from babel.support import Translations

LOCALES = {"en": "en", "fr": "fr", "es": "es_419"}
"""The languages by the code that `?lang=` takes."""
LONG_DATES = {"en": "d MMMM y", "fr": "d MMMM y", "es": "d 'de' MMMM 'de' y"}
MONTHS = {"en": "MMMM y", "fr": "MMMM y", "es": "MMMM 'de' y"}
"""Dates are written day first in each language, as both networks' offices read them."""
MINUS = "\N{MINUS SIGN}"
CATALOGUES = Path(__file__).parents[1] / "locale"
PERCENT_DECIMALS_MAX = 1


@dataclass(frozen=True, eq=False)
class Language:
    """How one language says things; there is one of each (`language_of`)."""

    code: str
    locale: Locale
    translations: Translations

    @property
    def tag(self) -> str:
        """The language tag of BCP 47: en, fr, es-419."""
        return str(self.locale).replace("_", "-")

    def text(self, message: str, /, **values: object) -> str:
        """Return a text in this language, with values put where it names them: {count}."""
        return self.translations.ugettext(message).format(**values)

    def counted(self, one: str, many: str, count: int, /, **values: object) -> str:
        """Return the form of a text for a count, which it may name as {count}."""
        text = self.translations.ungettext(one, many, count)
        return text.format(count=self.number(count), **values)

    def is_singular(self, count: float) -> bool:
        """Tell whether a count takes the singular: 1, and in French 0 too."""
        return bool(self.locale.plural_form(count) == "one")

    def named(self, kind: str, key: str) -> str:
        """Return what a code is called, such as ("phase", "prevention"); unknown ones stay."""
        found = self.translations.upgettext(kind, key)
        return found if found != key or self.code == "en" else key

    def number(self, value: float) -> str:
        """Return a number as it is written: 1,234, 1 234, −5."""
        return str(format_decimal(value, locale=self.locale)).replace("-", MINUS)

    def change(self, value: float) -> str:
        """Return a change with its sign: +3, −2, 0."""
        return f"+{self.number(value)}" if value > 0 else self.number(value)

    def percent(self, value: float) -> str:
        """Return a share of 100 with its sign: 83.3 %, 83,3 %."""
        number = self.number(round(value, PERCENT_DECIMALS_MAX))
        return self.text("{number}%", number=number)

    def day(self, day: date) -> str:
        """Return a date in full: 27 March 2024, 1er mars 2024, 27 de marzo de 2024."""
        shown = str(format_date(day, format=LONG_DATES[self.code], locale=self.locale))
        return f"1er{shown[1:]}" if self.code == "fr" and day.day == 1 else shown

    def month(self, day: date) -> str:
        """Return the month of a date: March 2024."""
        return str(format_date(day, format=MONTHS[self.code], locale=self.locale))

    def instant(self, moment: datetime) -> str:
        """Return an instant in UTC, to the minute."""
        shown = format_datetime(moment.astimezone(UTC), format="d MMM y, HH:mm", locale=self.locale)
        return f"{shown} UTC"

    def quarter(self, period_id: str) -> str:
        """Return the name of a period: Q1 2024, T1 2024; NLC FY2024-Q2 stays as it is."""
        year, _, quarter = period_id.partition("-Q")
        if not quarter or not year.isdigit():
            return period_id
        return self.text("Q{quarter} {year}", quarter=quarter, year=year)

    def listed(self, items: Sequence[str]) -> str:
        """Return a list in words: a, b and c."""
        return str(format_list(list(items), locale=self.locale))


@cache
def language_of(code: str) -> Language:
    """Return a language by its code.

    Raises:
        KeyError: Tandem does not speak it.
    """
    name = LOCALES[code]
    whole = Catalog(locale=name)
    for file in sorted((CATALOGUES / name / "LC_MESSAGES").glob("*.po")):
        with file.open("rb") as source:
            for message in read_po(source, locale=name, abort_invalid=True):
                if message.id:
                    whole[message.id] = message
    compiled = io.BytesIO()
    write_mo(compiled, whole)
    compiled.seek(0)
    return Language(code, Locale.parse(name), Translations(compiled))
