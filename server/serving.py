"""`tongke serve`: configuration, supervision, and the words when it cannot start."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from server import app, logs
from server.config import Config, load
from server.exits import OK, explain
from server.links import Links
from server.printing import Both, as_text
from server.supervise import supervise
from server.texts import Texts


def run(flags: Mapping[str, Any], file: Path | None, texts: Texts, *, supervised: bool) -> int:
    """Serves until told to stop; returns the exit code."""
    try:
        config = load(flags, os.environ, file).config
    except Exception as error:
        return explain(error, texts)
    if not supervised:
        return _serve(config, texts, restarts=0)

    def crashed(code: int) -> None:
        print(f"tongke: {texts('serve.restarting', code=code)}", file=sys.stderr, flush=True)

    return supervise(lambda restarts: _serve(config, texts, restarts), crashed)


def _serve(config: Config, texts: Texts, restarts: int) -> int:
    """One life of the server. After a crash the links are not told again: those handed out still hold."""
    logs.configure(config.log)

    def announce(links: Links) -> None:
        print(as_text(links), flush=True)
        print(Both()("serve.stop_with"), flush=True)

    try:
        asyncio.run(app.serve(config, None if restarts else announce))
    except Exception as error:
        return explain(error, texts)
    return OK
