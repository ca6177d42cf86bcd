"""This device's keys, one for each server, in files that only their owner can read."""

from __future__ import annotations

import os
import re
from pathlib import Path


class Keys:
    """The keys in a folder of the state directory."""

    def __init__(self, state: Path) -> None:
        self._folder = state / "keys"

    def find(self, server: str) -> str | None:
        """The key for a server, None when there is none yet."""
        try:
            return self._file(server).read_text(encoding="ascii").strip() or None
        except FileNotFoundError:
            return None

    def keep(self, server: str, key: str) -> None:
        """Keeps the key, in place of an older one, whole or not at all.

        Raises:
            OSError: the folder cannot be written.
        """
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = self._file(server)
        fresh = file.with_suffix(".new")
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="ascii") as handle:
            handle.write(key)
            handle.flush()
            os.fsync(handle.fileno())
        fresh.replace(file)

    def forget(self, server: str) -> None:
        """Removes a key that the server no longer takes."""
        self._file(server).unlink(missing_ok=True)

    def _file(self, server: str) -> Path:
        return self._folder / (re.sub(r"[^A-Za-z0-9.-]", "_", server) + ".key")
