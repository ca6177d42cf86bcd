"""The header of our own Matroska files, and the statistics at the end of those that are finished.

Only what `matroska.py` writes is understood; nothing here trusts a byte of the file.
"""

from __future__ import annotations

import os
import struct

from msgspec import Struct

from server.recording import ebml, matroska

HEADER_MOST = 65_536
CLUSTER_ID = matroska.CLUSTER.to_bytes(4, "big")
CODECS = {identifier: codec for codec, identifier in matroska.CODEC_IDS.items()}


class NotARecording(ValueError):
    """The file does not begin with a header of ours, or its header is torn."""


class Header(Struct, frozen=True, kw_only=True):
    """What the header says. duration_ms is None while the file is not finished.

    segment: offset of the segment's payload; clusters_at: offset of the first cluster. tags: with the statistics of
    the end, where the file is finished.
    """

    codec: str
    private: bytes
    width: int
    height: int
    tags: dict[str, str]
    duration_ms: int | None
    segment: int
    clusters_at: int

    def number(self, name: str) -> int:
        """A tag's value as a number, 0 if it is missing or none."""
        value = self.tags.get(name, "")
        return int(value) if value.isascii() and value.isdecimal() else 0


def read_header(descriptor: int) -> Header:
    """Reads the header, and the statistics at the end if the file is finished.

    Raises:
        NotARecording: it is none of ours, or torn.
        OSError: the file cannot be read.
    """
    data = os.pread(descriptor, HEADER_MOST, 0)
    try:
        return _parse_header(descriptor, data)
    except (ValueError, IndexError, struct.error) as error:
        raise NotARecording(str(error)) from None


def _parse_header(descriptor: int, data: bytes) -> Header:
    element_id, at = ebml.read_id(data, 0)
    size, at = ebml.read_size(data, at)
    if element_id != 0x1A45DFA3 or size is None:
        raise NotARecording("no EBML header")
    element_id, at = ebml.read_id(data, at + size)
    if element_id != matroska.SEGMENT:
        raise NotARecording("no segment")
    _, segment = ebml.read_size(data, at)
    found: dict[int, bytes] = {}
    at = segment
    while data[at : at + 4] != CLUSTER_ID:
        element_id, start = ebml.read_id(data, at)
        size, start = ebml.read_size(data, start)
        if size is None or start + size > len(data):
            raise NotARecording("torn header")
        found[element_id] = data[start : start + size]
        at = start + size
        if at == len(data) < HEADER_MOST and matroska.TRACKS in found and matroska.TAGS in found:
            break
    return _header_of(descriptor, found, segment, at)


def _header_of(descriptor: int, found: dict[int, bytes], segment: int, clusters_at: int) -> Header:
    entry = _values(_values(found[matroska.TRACKS])[0xAE]) if matroska.TRACKS in found else {}
    if 0x86 not in entry or matroska.INFO not in found or matroska.TAGS not in found:
        raise NotARecording("incomplete header")
    codec = CODECS.get(entry[0x86].decode("ascii", "replace"))
    if codec is None:
        raise NotARecording("unknown codec")
    video = _values(entry.get(0xE0, b""))
    duration = _values(found[matroska.INFO]).get(matroska.DURATION)
    values = _tags(found[matroska.TAGS])
    closing = _closing_tags(descriptor, found.get(matroska.SEEK_HEAD, b""), segment)
    finished = closing is not None and duration is not None and len(duration) == 8
    return Header(
        codec=codec,
        private=entry.get(0x63A2, b""),
        width=int.from_bytes(video.get(0xB0, b""), "big"),
        height=int.from_bytes(video.get(0xBA, b""), "big"),
        tags=values | (closing or {}),
        duration_ms=int(struct.unpack(">d", duration or b"")[0]) if finished else None,
        segment=segment,
        clusters_at=clusters_at,
    )


def _values(data: bytes) -> dict[int, bytes]:
    return {element_id: payload for element_id, _, payload in ebml.children(data)}


def _tags(data: bytes) -> dict[str, str]:
    found: dict[str, str] = {}
    for element_id, _, payload in ebml.children(_values(data).get(0x7373, b"")):
        if element_id == 0x67C8:
            simple = _values(payload)
            found[simple.get(0x45A3, b"").decode("utf-8", "replace")] = simple.get(0x4487, b"").decode(
                "utf-8", "replace"
            )
    return found


def _closing_tags(descriptor: int, seek_head: bytes, segment: int) -> dict[str, str] | None:
    """The statistics at the end, or None where the file has no whole end."""
    for _, _, payload in ebml.children(seek_head):
        seek = _values(payload)
        position = int.from_bytes(seek.get(0x53AC, b""), "big")
        if seek.get(0x53AB) == matroska.TAGS.to_bytes(4, "big") and position < 1 << 62:
            data = os.pread(descriptor, HEADER_MOST, segment + position)
            for element_id, _, tags in ebml.children(data)[:1]:
                return _tags(tags) if element_id == matroska.TAGS else None
    return None
