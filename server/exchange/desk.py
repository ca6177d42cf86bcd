"""Imports: first a preview that writes nothing, then the same file written in one transaction, or not at all."""

from __future__ import annotations

import hashlib

from msgspec import Struct

from server.exchange.loading import load
from server.exchange.reading import Job
from server.exchange.snapshot import Judged
from server.exchange.workbench import Workbench
from server.exchange.writing import Outdated, Written, write
from server.store.errors import Conflict
from server.store.store import Store


class Preview(Struct, frozen=True):
    """What a file would change. `token` binds it to the file and to the county it was judged against."""

    token: str
    judged: Judged


class Upload(Struct, frozen=True, kw_only=True):
    """A file as it came; see `planning.judge` for `whole`."""

    name: str
    content: bytes
    whole: bool = False


class Faulty(Conflict):
    """The file has faults: nothing of it is written."""

    def __init__(self) -> None:
        super().__init__("import_faulty")


async def preview(store: Store, bench: Workbench, county_id: str, upload: Upload, now_ms: int) -> Preview:
    """What the file would change in the county now; nothing is written.

    Raises:
        BadFile: it cannot be read.
        Busy: too many files at once.
    """
    found, judged = await _judge(store, bench, county_id, upload, now_ms)
    return Preview(_token(upload, found), judged)


async def carry_out(
    store: Store, bench: Workbench, county_id: str, upload: Upload, token: str, now_ms: int
) -> tuple[Judged, Written]:
    """Writes what the preview with `token` showed.

    Raises:
        BadFile, Busy: as `preview`.
        Outdated: the file or the county is not what the preview was made of.
        Faulty: something in it is wrong.
        Clashing: a lesson that was planned by hand in the meantime clashes.
    """
    fingerprint, judged = await _judge(store, bench, county_id, upload, now_ms)
    if _token(upload, fingerprint) != token:
        raise Outdated
    plan = judged.plan
    if plan is None:
        raise Faulty
    written = await store.database.write(lambda c: write(c, county_id, plan, fingerprint, now_ms))
    if plan.staff or plan.further:
        store.credentials.forget()
    return judged, written


async def _judge(store: Store, bench: Workbench, county_id: str, upload: Upload, now_ms: int) -> tuple[str, Judged]:
    snapshot = await store.database.read(lambda c: load(c, county_id, now_ms))
    job = Job(name=upload.name, content=upload.content, snapshot=snapshot, whole=upload.whole, now_ms=now_ms)
    return snapshot.fingerprint(), await bench.judge(job)


def _token(upload: Upload, fingerprint: str) -> str:
    whole = b"whole" if upload.whole else b""
    return hashlib.sha256(b"\0".join((upload.content, whole, fingerprint.encode()))).hexdigest()


__all__ = ["Faulty", "Outdated", "Preview", "Upload", "Written", "carry_out", "preview"]
