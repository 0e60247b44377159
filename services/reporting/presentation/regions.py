"""What the parts of all countries are called (ISO 3166-2), as the Debian project lists them.

Names are those in use there, in the language of a report where the list has a translation.
"""

import json
from collections.abc import Mapping
from functools import cache
from gettext import NullTranslations, translation
from importlib.resources import files

PACKAGE, DOMAIN = "pycountry", "iso3166-2"


def region(key: str, language: str) -> str | None:
    """Return the name of a part of a country by its code, such as NL-ZH; None when it has none.

    Args:
        key: country and part.
        language: the code that the list knows it by: en, fr, es.
    """
    name = _names().get(key)
    return name and _translations(language).gettext(name)


@cache
def _names() -> Mapping[str, str]:
    listed = json.loads((files(PACKAGE) / "databases" / f"{DOMAIN}.json").read_bytes())
    return {each["code"]: each["name"] for each in listed["3166-2"]}


@cache
def _translations(language: str) -> NullTranslations:
    with_names = str(files(PACKAGE) / "locales")
    return translation(DOMAIN, with_names, [language], fallback=True)
