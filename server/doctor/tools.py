"""Checks of what only developers need: a browser, a compiler, node."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from server.doctor.finding import Finding, fine, wrong

OLDEST_NODE = (20, 19)


@dataclass(frozen=True)
class Tool:
    """A program: names it goes by, what it is for, and how Debian installs it."""

    check: str
    names: tuple[str, ...]
    command: str
    oldest: tuple[int, ...] = ()


TOOLS = (
    Tool("chromium", ("chromium", "chromium-browser", "google-chrome"), "apt install chromium"),
    Tool("compiler", ("cc", "gcc", "clang"), "apt install build-essential"),
    Tool("node", ("node", "nodejs"), "apt install nodejs", OLDEST_NODE),
    Tool("npm", ("npm",), "apt install npm"),
)


def tools(checkout: Path) -> list[Finding]:
    """One finding a tool; `.node` in the checkout counts, `make setup` may have put node there."""
    path = f"{checkout / '.node' / 'bin'}:{_search_path()}"
    return [_tool(tool, path) for tool in TOOLS]


def _tool(tool: Tool, path: str) -> Finding:
    found = next((place for name in tool.names if (place := shutil.which(name, path=path))), None)
    values = {"name": tool.names[0], "purpose": f"@purpose.{tool.check}", "command": tool.command}
    if found is None:
        return wrong("tool", **values)
    version = _version(found)
    if tool.oldest and version < tool.oldest:
        said = {"version": ".".join(map(str, version)), "needed": ".".join(map(str, tool.oldest))}
        return wrong("tool", "tool.old", **values, **said)
    return fine("tool", name=tool.names[0], detail=f"{found} {'.'.join(map(str, version))}".strip())


def _version(program: str) -> tuple[int, ...]:
    """The first number with dots that `--version` prints."""
    try:
        said = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ()
    found = re.search(r"\d+(\.\d+)+", said.stdout + said.stderr)
    return tuple(int(part) for part in found[0].split(".")) if found else ()


def _search_path() -> str:
    return os.environ.get("PATH", os.defpath)
