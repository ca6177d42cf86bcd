"""Puts the built pages into the wheel, building them when the checkout has none."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class PagesHook(BuildHookInterface):  # type: ignore[type-arg]
    """A wheel carries `web/dist` as `server/pages`; an editable install reads it from the checkout."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == "editable":
            return
        pages = Path(self.root) / "web" / "dist"
        if not pages.is_dir():
            subprocess.run(["npm", "ci"], cwd=pages.parent, check=True)
            subprocess.run(["npm", "run", "build"], cwd=pages.parent, check=True)
        build_data["force_include"][str(pages)] = "server/pages"
