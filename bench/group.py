"""One group of rows in a process of its own: `python -m bench.group NAME`; its figures as JSON on the last line."""

from __future__ import annotations

import asyncio
import importlib
import json
import os
import sys
from dataclasses import asdict


def main() -> None:
    """Measures, prints, and goes without waiting for anything that is still open."""
    group = importlib.import_module(f"bench.{sys.argv[1]}")
    figures = asyncio.run(group.measure())
    print(json.dumps({name: asdict(figure) for name, figure in figures.items()}), flush=True)
    os._exit(0)


if __name__ == "__main__":
    main()
