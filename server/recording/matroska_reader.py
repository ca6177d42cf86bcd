"""Reading our own Matroska files back, whole or torn: clusters, blocks, and where the damage is.

Only what `matroska.py` writes is understood; nothing here trusts a byte of the file.
"""

from __future__ import annotations

import os
import zlib
from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct

from server.recording import ebml, matroska
from server.recording.matroska_header import CLUSTER_ID, Header, read_header
from server.recording.tracks import CLUSTER_SPAN_MS

CLUSTER_MOST = 64 * 1024 * 1024
CHUNK = 1024 * 1024

Block = tuple[int, bool, int, int]
"""ms from the file's start, keyframe, offset of the frame in the file, size of the frame."""


class Cluster(Struct, frozen=True, kw_only=True):
    """A cluster at `start`..`end` of the file. `whole`: it is complete and its CRC-32 holds.

    If not whole, `blocks` are those before the damage, and `end` is where the last of them ends.
    """

    start: int
    end: int
    ms: int
    blocks: list[Block]
    whole: bool


class Damage(Struct, frozen=True):
    """Bytes `start`..`end` of the file make no sense."""

    start: int
    end: int


def read_clusters(descriptor: int, start: int, end: int, check: bool = True) -> Iterator[Cluster | Damage]:
    """All clusters from `start` on, and what is damaged between them; stops at the cues or at `end`.

    check: also compute each cluster's CRC-32.
    """
    at = start
    while at < end:
        head = os.pread(descriptor, 32, at)
        if head[:4] != CLUSTER_ID:
            if _is_ending(head):
                return
            void = _void_length(head)
            if void and at + void <= end:
                yield Damage(at, at + void)
                at += void
                continue
            following = _find_cluster(descriptor, at + 1, end)
            yield Damage(at, following)
            at = following
            continue
        cluster = _read_cluster(descriptor, at, end, head, check)
        yield cluster
        if cluster.whole:
            at = cluster.end
        else:
            following = _find_cluster(descriptor, at + 4, end)
            if cluster.end < following:
                yield Damage(max(cluster.end, at), following)
            at = following


def _is_ending(head: bytes) -> bool:
    return head[:4] in (matroska.CUES.to_bytes(4, "big"), matroska.TAGS.to_bytes(4, "big"))


def _void_length(head: bytes) -> int:
    try:
        element_id, at = ebml.read_id(head, 0)
        length, start = ebml.read_size(head, at)
    except ValueError:
        return 0
    return start + length if element_id == ebml.VOID and length is not None else 0


def _find_cluster(descriptor: int, at: int, end: int) -> int:
    """Where the next cluster of ours may begin, or `end`."""
    pattern = CLUSTER_ID
    while at < end:
        chunk = os.pread(descriptor, CHUNK + 16, at)
        if not chunk:
            return end
        place = chunk.find(pattern)
        while 0 <= place < CHUNK:
            if chunk[place + 8 : place + 10] == b"\xbf\x84":
                return at + place
            place = chunk.find(pattern, place + 1)
        at += CHUNK
    return end


def _cluster_head(head: bytes) -> tuple[int, int] | None:
    """A cluster's size behind its first 8 bytes, and its time in ms; None where `head` begins no cluster of ours."""
    size = int.from_bytes(head[4:8], "big") - 0x1000_0000
    sane = len(head) >= 20 and 12 <= size <= CLUSTER_MOST and head[8:10] == b"\xbf\x84" and head[14:16] == b"\xe7\x84"
    return (size, int.from_bytes(head[16:20], "big")) if sane and head[:4] == CLUSTER_ID else None


def _read_cluster(descriptor: int, at: int, end: int, head: bytes, check: bool) -> Cluster:
    told = _cluster_head(head)
    if told is None:
        return Cluster(start=at, end=at, ms=0, blocks=[], whole=False)
    size, ms = told
    body = os.pread(descriptor, min(size, end - at - 8), at + 8)
    blocks, used = _read_blocks(body, 12, ms, at + 8)
    whole = len(body) == size == used
    if whole and check:
        whole = zlib.crc32(memoryview(body)[6:]) == int.from_bytes(body[2:6], "little")
        if not whole:
            blocks = []
            used = 0
    return Cluster(start=at, end=at + 8 + used if used > 12 or whole else at, ms=ms, blocks=blocks, whole=whole)


def _read_blocks(body: bytes, at: int, ms: int, offset: int) -> tuple[list[Block], int]:
    blocks: list[Block] = []
    unpack = matroska.BLOCK_HEAD.unpack_from
    limit = len(body)
    while at + 9 <= limit:
        identifier, size, track, relative, flags = unpack(body, at)
        following = at + 5 + size - 0x1000_0000
        if identifier != 0xA3 or not 0x1000_0004 <= size < 0x2000_0000 or track & 0x80 == 0 or following > limit:
            break
        blocks.append((ms + relative, bool(flags & 0x80), offset + at + 9, following - at - 9))
        at = following
    return blocks, at


def _first_of(descriptor: int, at: int, end: int, ms: int) -> int:
    """Where a block of time `ms` may first be: whole clusters before it are passed over by their heads alone."""
    while at < end:
        told = _cluster_head(os.pread(descriptor, 20, at))
        if told is None or told[1] + CLUSTER_SPAN_MS >= ms:
            return at
        at += 8 + told[0]
    return at


def read_blocks(path: Path, between: tuple[int, int] | None = None) -> tuple[Header, list[Block]]:
    """The header and every block that is whole, in order; the file may still be growing.

    between: only blocks of this lesson time, from its first millisecond to before its last.

    Raises:
        NotARecording: it is none of ours, or its header is torn.
        OSError: the file cannot be read.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        header = read_header(descriptor)
        end = os.fstat(descriptor).st_size
        if between is not None:
            return header, _blocks_between(descriptor, header, end, between)
        blocks: list[Block] = []
        for found in read_clusters(descriptor, header.clusters_at, end):
            if isinstance(found, Cluster):
                blocks += found.blocks
        return header, blocks
    finally:
        os.close(descriptor)


def _blocks_between(descriptor: int, header: Header, end: int, between: tuple[int, int]) -> list[Block]:
    from_ms, until_ms = (ms - header.number("START_MS") for ms in between)
    blocks: list[Block] = []
    for found in read_clusters(descriptor, _first_of(descriptor, header.clusters_at, end, from_ms), end):
        if isinstance(found, Cluster):
            if found.ms >= until_ms:
                break
            blocks += [block for block in found.blocks if from_ms <= block[0] < until_ms]
    return blocks
