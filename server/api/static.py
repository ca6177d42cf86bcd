"""The built pages: only files that were in web/dist when it was read, at the addresses pages have.

A request never becomes a path: it is looked up in a table. Hashed assets may be kept for ever, pages are asked for
anew; a `.br` or `.gz` beside a file is sent where the browser takes it.
"""

from __future__ import annotations

import re
import time
from pathlib import Path

from aiohttp import hdrs, web

from server.api.context import SERVICES
from server.api.problems import Problem, not_found

PAGES = ("teacher", "classroom", "replay", "assistant", "watch", "admin", "ready", "wall", "pair", "signin")
RESCAN_AFTER_S = 2.0
_HASHED = re.compile(r"/assets/.+-[A-Za-z0-9_-]{8}\.[a-z0-9]+")
_REPLAY = re.compile(r"/replay/[A-Za-z0-9_-]{1,64}")
_FOREVER = "public, max-age=31536000, immutable"


class Assets:
    """Address to file, read again when something unknown is asked for (a new build), at most every two seconds."""

    def __init__(self, dist: Path) -> None:
        self._dist = dist
        self._files: dict[str, Path] = {}
        self._read_at = float("-inf")

    def find(self, address: str, now_s: float) -> Path | None:
        """The file at `address`, such as `/assets/app-1a2b3c4d.js`; `now_s` is monotonic."""
        found = self._files.get(address)
        if found is None and now_s - self._read_at >= RESCAN_AFTER_S:
            self._read_at = now_s
            self._files = _scan(self._dist)
            found = self._files.get(address)
        return found

    def page(self, address: str, now_s: float) -> Path | None:
        """The page at `address`, `/` and `/replay/<id>` included."""
        folder = "/replay" if _REPLAY.fullmatch(address) else address.rstrip("/")
        if folder and folder.removeprefix("/") not in PAGES:
            return None
        return self.find(f"{folder}/index.html", now_s)


def add_pages(app: web.Application) -> None:
    """Serves every address outside /api and /ws that no other route serves."""
    for method in ("GET", "HEAD"):
        app.router.add_route(method, "/{rest:(?!api/|ws$).*}", _serve)


ASSETS = web.AppKey("assets", Assets)


async def _serve(request: web.Request) -> web.StreamResponse:
    assets, address, now_s = request.app[ASSETS], request.path, time.monotonic()
    page = assets.page(address, now_s)
    path = page or assets.find(address, now_s)
    if path is None:
        if address == "/" and not (request.app[SERVICES].dist / "index.html").exists():
            raise Problem(503, "pages_not_built")
        return _nothing_here(request, assets.page("/", now_s))
    forever = page is None and _HASHED.fullmatch(address)
    return web.FileResponse(path, headers={hdrs.CACHE_CONTROL: _FOREVER if forever else "no-cache"})


def _nothing_here(request: web.Request, home: Path | None) -> web.StreamResponse:
    """For a person at a browser the first page, which says that nothing is there; for a program the usual problem.

    Raises:
        Problem: `not_found`.
    """
    if home is None or "text/html" not in request.headers.get(hdrs.ACCEPT, ""):
        raise not_found()
    return web.FileResponse(home, status=404, headers={hdrs.CACHE_CONTROL: "no-store", hdrs.VARY: hdrs.ACCEPT})


def _scan(dist: Path) -> dict[str, Path]:
    """Regular files below `dist`; links are left out, whatever they point to."""
    if not dist.is_dir():
        return {}
    files = (path for path in dist.rglob("*") if path.is_file() and not path.is_symlink())
    return {f"/{path.relative_to(dist).as_posix()}": path for path in files}
