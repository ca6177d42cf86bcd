"""One group of rows in a process of its own: `python -m bench.group NAME`; its figures as JSON on the last line."""

from __future__ import annotations

import asyncio
import importlib
import json
import os
import sys
import traceback
from dataclasses import asdict
from types import ModuleType
from typing import NoReturn


def main() -> None:
    """Measures, prints, and goes without waiting for anything that is still open."""
    group = importlib.import_module(f"bench.{sys.argv[1]}")
    asyncio.run(_measure(group))


async def _measure(group: ModuleType) -> NoReturn:
    """Ends the process from inside the loop: whatever is open when a group fails must not hold it up."""
    try:
        figures = await group.measure()
    except BaseException:
        traceback.print_exc()
        sys.stderr.flush()
        os._exit(1)
    print(json.dumps({name: asdict(figure) for name, figure in figures.items()}), flush=True)
    os._exit(0)


if __name__ == "__main__":
    main()
