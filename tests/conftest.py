"""What every test process does once."""

from __future__ import annotations

import gc


def pytest_collection_finish() -> None:
    """Modules and tests live to the end: each full collection of garbage would look through all of them again."""
    gc.collect()
    gc.freeze()
