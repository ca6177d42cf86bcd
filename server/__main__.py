"""`tongke`, or `python -m server`."""

from __future__ import annotations

import sys

from server.cli import run


def main() -> int:
    """Runs the command line; returns the exit code."""
    return run(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
