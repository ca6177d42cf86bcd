"""A file from its bytes to what it would change, in one step: the work of the process that reads."""

from __future__ import annotations

from msgspec import Struct

from server.exchange import oneroster
from server.exchange.files import read_file
from server.exchange.planning import judge
from server.exchange.rows import find_tables
from server.exchange.snapshot import Judged, Snapshot
from server.exchange.vocabulary import Vocabulary


class Job(Struct, frozen=True, kw_only=True):
    """A file and what it is judged against. whole: see `planning.judge`."""

    name: str
    content: bytes
    snapshot: Snapshot
    whole: bool
    now_ms: int


def judge_file(job: Job) -> Judged:
    """What the file would change.

    Raises:
        BadFile: it cannot be read.
    """
    sheets = read_file(job.name, job.content)
    if oneroster.is_package(sheets):
        sheets = oneroster.convert(job.name, sheets)
    vocabulary = Vocabulary()
    return judge(find_tables(sheets, vocabulary), job.snapshot, vocabulary, job.now_ms, whole=job.whole)
