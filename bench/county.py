"""`python -m bench.county`: a county at its full size, as a table and as bench/results/county.json."""

from __future__ import annotations

import sys
from typing import Final

from bench.__main__ import RESULTS, measure, write

GROUPS: Final = ("county_import", "county_store", "county_wall", "devices", "county_crossing", "county_pairs")


def main() -> int:
    """0 when every row keeps its bar, 1 when one does not."""
    report = measure(GROUPS)
    write(report, RESULTS.with_name("county.json"))
    return 0 if all(bar["ok"] for bar in report["bars"]) else 1


if __name__ == "__main__":
    sys.exit(main())
