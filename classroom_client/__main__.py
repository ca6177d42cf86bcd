"""`tongke-classroom`, also as `python -m classroom_client`."""

from __future__ import annotations


def main() -> None:
    """The console script."""
    from classroom_client.cli import main as run

    run()


if __name__ == "__main__":
    main()
