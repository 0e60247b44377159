"""Files that pages need: style, script, icon. Named by what is in them, so browsers keep them."""

import hashlib
from collections.abc import Mapping
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from shared.site.door import Guarded
from shared.site.problems import Problem

MEDIA_TYPES = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}
FOR_EVER = "public, max-age=31536000, immutable"
A_DAY = "public, max-age=86400"
ICON = "icon.svg"


class Files:
    """The files of a folder, as they are served: style.css under /static/style.3f2a91c0.css."""

    def __init__(self, folder: Path) -> None:
        """Read the folder; what is changed in it later does not count."""
        contents = {
            file.name: file.read_bytes() for file in sorted(folder.iterdir()) if file.is_file()
        }
        self._names: Mapping[str, str] = {
            name: f"{stem}.{hashlib.sha256(content).hexdigest()[:8]}.{kind}"
            for name, content in contents.items()
            for stem, _, kind in [name.rpartition(".")]
        }
        self._served = {self._names[name]: content for name, content in contents.items()}

    def address(self, name: str) -> str:
        """Return where a file is served."""
        return f"/static/{self._names[name]}"

    def routes(self, door: Guarded) -> list[Route]:
        """Return the routes of the files."""

        async def static(request: Request) -> Response:
            name = request.path_params["name"]
            content = self._served.get(name)
            if content is None:
                raise Problem(404, "No such file", f"There is no file {name!r} here.")
            kind = MEDIA_TYPES[name.rpartition(".")[2]]
            return Response(content, 200, {"Cache-Control": FOR_EVER}, kind)

        async def icon(request: Request) -> Response:
            """Answer the address that browsers ask by themselves."""
            content = self._served[self._names[ICON]]
            return Response(content, 200, {"Cache-Control": A_DAY}, MEDIA_TYPES["svg"])

        return [door.open("/static/{name}", static), door.open("/favicon.ico", icon)]
