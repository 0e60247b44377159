"""Names of countries and of states as codes of ISO 3166; a name that is not known stays unknown.

Source of country names: CLDR, by way of Babel. Source of subdivisions: ISO 3166-2, for the two
countries whose names platforms offer in a list.
"""

from collections.abc import Mapping
from functools import lru_cache

from babel import Locale

LANGUAGES = ("en", "fr", "es")
OTHER_NAMES = {
    "united states of america": "US",
    "usa": "US",
    "u.s.a.": "US",
    "u.s.": "US",
    "uk": "GB",
    "great britain": "GB",
    "england": "GB",
    "scotland": "GB",
    "wales": "GB",
    "northern ireland": "GB",
    "the netherlands": "NL",
    "holland": "NL",
    "viet nam": "VN",
    "korea, republic of": "KR",
    "republic of korea": "KR",
    "russian federation": "RU",
    "czech republic": "CZ",
    "macedonia": "MK",
    "turkey": "TR",
    "cote d'ivoire": "CI",
    "ivory coast": "CI",
    "uae": "AE",
}
SUBDIVISIONS = {
    "US": """AL Alabama|AK Alaska|AZ Arizona|AR Arkansas|CA California|CO Colorado|CT Connecticut|
        DE Delaware|DC District of Columbia|FL Florida|GA Georgia|HI Hawaii|ID Idaho|IL Illinois|
        IN Indiana|IA Iowa|KS Kansas|KY Kentucky|LA Louisiana|ME Maine|MD Maryland|
        MA Massachusetts|MI Michigan|MN Minnesota|MS Mississippi|MO Missouri|MT Montana|
        NE Nebraska|NV Nevada|NH New Hampshire|NJ New Jersey|NM New Mexico|NY New York|
        NC North Carolina|ND North Dakota|OH Ohio|OK Oklahoma|OR Oregon|PA Pennsylvania|
        RI Rhode Island|SC South Carolina|SD South Dakota|TN Tennessee|TX Texas|UT Utah|
        VT Vermont|VA Virginia|WA Washington|WV West Virginia|WI Wisconsin|WY Wyoming|
        PR Puerto Rico|GU Guam|VI Virgin Islands|AS American Samoa|MP Northern Mariana Islands""",
    "CA": """AB Alberta|BC British Columbia|MB Manitoba|NB New Brunswick|
        NL Newfoundland and Labrador|NS Nova Scotia|NT Northwest Territories|NU Nunavut|
        ON Ontario|PE Prince Edward Island|QC Quebec|QC Québec|SK Saskatchewan|YT Yukon""",
}
CODE_CHARACTERS_MAX = 3


def country_code(text: str, own: Mapping[str, str]) -> str | None:
    """Return the ISO 3166-1 code of a country; None when the name is not known.

    Args:
        text: a code, or a name in English, French or Spanish.
        own: further names, in lower case, and their codes.
    """
    name = " ".join(text.casefold().split())
    if (told := own.get(name)) is not None:
        return told
    code = text.strip().upper()
    if code in _countries().values():
        return code
    return OTHER_NAMES.get(name) or _countries().get(name)


def subdivision_code(text: str, country: str, own: Mapping[str, str]) -> str | None:
    """Return the ISO 3166-2 code of a state, without its country; None when it is not known."""
    name = " ".join(text.casefold().split())
    if (told := own.get(name)) is not None:
        return told
    code = text.strip().upper().removeprefix(f"{country}-")
    known = _subdivisions().get(country)
    if known is None:
        # Nobody lists these here, so that only what has the form of a code is one.
        is_code = text.strip().isupper() or code.isdigit()
        return code if is_code and code.isascii() and len(code) <= CODE_CHARACTERS_MAX else None
    return code if code in known.values() else known.get(name)


@lru_cache(maxsize=1)
def _countries() -> Mapping[str, str]:
    """Return code by name, in lower case; an English name counts before another one."""
    names: dict[str, str] = {}
    for language in LANGUAGES:
        for code, name in Locale.parse(language).territories.items():
            if (
                len(code) == 2
                and code.isalpha()
                and code not in {"EU", "EZ", "UN", "ZZ", "XA", "XB"}
            ):
                names.setdefault(str(name).casefold(), code)
    return names


@lru_cache(maxsize=1)
def _subdivisions() -> Mapping[str, Mapping[str, str]]:
    """Return code by name for each country that is listed."""
    listed = {}
    for country, text in SUBDIVISIONS.items():
        pairs = [entry.strip().split(" ", 1) for entry in text.split("|")]
        listed[country] = {name.casefold(): code for code, name in pairs}
    return listed
