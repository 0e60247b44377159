"""Pages: templates filled in, in a language; the files they need, named by what is in them."""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from services.reporting.presentation.language import LOCALES, Language, language_of

HERE = Path(__file__).parent
STATIC = HERE / "static"


def _names(folder: Path) -> dict[str, str]:
    """Return the names under which files are served: style.css as style.3f2a91c0.css."""
    return {
        file.name: f"{file.stem}.{hashlib.sha256(file.read_bytes()).hexdigest()[:8]}{file.suffix}"
        for file in sorted(folder.iterdir())
        if file.is_file()
    }


NAMES: Mapping[str, str] = _names(STATIC)
STATIC_FILES: Mapping[str, bytes] = {
    served: (STATIC / name).read_bytes() for name, served in NAMES.items()
}

_templates = Environment(
    loader=FileSystemLoader(HERE / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def page(template: str, language: Language, path: str, /, **values: Any) -> str:
    """Return a page.

    In templates `_` translates, `counted` chooses a form for a count, and `language` writes numbers
    and dates; `static("style.css")` is where a file is served.
    """
    return _templates.get_template(template).render(
        {
            "principal": None,
            "language": language,
            "languages": [language_of(code) for code in LOCALES],
            "_": language.text,
            "counted": language.counted,
            "static": lambda name: f"/static/{NAMES[name]}",
            "path": path,
            **values,
        }
    )
