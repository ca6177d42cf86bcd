"""Which build of the pages this server hands out: short, stable, and another one as soon as any file differs."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

PAGE = "classroom/index.html"


class BuildId:
    """Read again only when the page's file was written again. The page names its files by their content's hash."""

    def __init__(self, dist: Path) -> None:
        self._page = str(dist / PAGE)
        self._stamp: tuple[int, int] | None = None
        self._id = ""

    def __call__(self) -> str:
        """The build's id; empty where no pages are built."""
        try:
            status = os.stat(self._page)
            stamp = (status.st_mtime_ns, status.st_size)
            if stamp != self._stamp:
                self._id = hashlib.sha256(Path(self._page).read_bytes()).hexdigest()[:12]
                self._stamp = stamp
        except OSError:
            return ""
        return self._id
