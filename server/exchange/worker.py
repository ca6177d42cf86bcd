"""The process that reads files of strangers and packs large workbooks: `python -m server.exchange.worker JOB`.

Limits on its memory and its time are its own; a file that breaks it breaks nothing else. It talks by pipes alone.
"""

from __future__ import annotations

import os
import resource
import sys
from typing import Any, Final

import msgspec

from server.exchange import limits
from server.exchange.sheets import BadFile

OK, BAD_FILE, TOO_HEAVY = 0, 3, 4
_NICER: Final = 10
"""Lessons come first."""
_UNUSED: Final[dict[str, Any]] = {"numpy": None}
"""openpyxl takes it for cells of kinds that nobody gives it here: half the start, and memory for its threads."""


def main(job: str) -> int:
    """Carries one job out: input on standard input, answer on standard output."""
    resource.setrlimit(resource.RLIMIT_AS, (limits.MEMORY_BYTES, limits.MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (limits.CPU_S, limits.CPU_S))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.nice(_NICER)
    sys.modules.update(_UNUSED)
    try:
        sys.stdout.buffer.write(_read(sys.stdin.buffer.read()) if job == "read" else _pack(sys.stdin.buffer.read()))
    except BadFile as bad:
        sys.stdout.buffer.write(msgspec.msgpack.encode((bad.code, bad.values)))
        return BAD_FILE
    except (MemoryError, RecursionError):
        return TOO_HEAVY
    return OK


def _read(given: bytes) -> bytes:
    from server.exchange.reading import Job, judge_file

    return msgspec.msgpack.encode(judge_file(msgspec.msgpack.decode(given, type=Job)))


def _pack(given: bytes) -> bytes:
    from server.exchange.packing import Pages, pack

    return pack(msgspec.msgpack.decode(given, type=Pages))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
