"""What the recorder and its writer process say to each other, over one socket pair that keeps message boundaries.

To the writer: `PACKETS` messages in the binary form below, thousands a second, and control messages in JSON, all in
one order. From the writer: reports in JSON, a few a second at most.

A `PACKETS` message is `BATCH` followed by packets: `PACKET` and the RTP packet as it was on the wire;
`streams.take_records` reads them.
"""

from __future__ import annotations

import struct
from typing import Literal

import msgspec
from msgspec import Struct

from server.recording.package import Participant
from signaling.messages import Mode, Source

PACKETS = 0x50
CONTROL = 0x43
BATCH = struct.Struct(">Bq")
"""PACKETS, monotonic ns of the last packet's arrival."""
PACKET = struct.Struct(">IqBH")
"""Source id, capture ns, codec (`plane.Codec`), length of the RTP packet."""
MESSAGE_MOST = 60_000
"""A message holds at most one packet more than this many bytes."""

Kind = Literal["audio", "video"]


class Control(Struct, frozen=True, tag_field="type", forbid_unknown_fields=True, kw_only=True):
    """From the recorder to its writer."""


class Begin(Control, tag="begin", frozen=True):
    """The first message. zero_ns: the monotonic instant of the lesson's time 0; wall: UTC at lesson time `lesson_ms`.

    stop_bytes: free space under which nothing is written; resume_bytes: above which it is again.
    keyframe_every_ms: how old the last keyframe may be before one is asked for. sync_ms: how often files are synced.
    """

    folder: str
    id: str
    title: str
    subject: str
    mode: Mode
    people: list[Participant]
    zero_ns: int
    lesson_ms: int
    wall: str
    stop_bytes: int
    resume_bytes: int
    keyframe_every_ms: int
    sync_ms: int


class OpenTrack(Control, tag="open", frozen=True):
    """What comes from `source_id` from now on is this participant's source."""

    participant: str
    source: Source
    source_id: int
    kind: Kind


class CloseTrack(Control, tag="close", frozen=True):
    """Nothing more comes from `source_id`."""

    source_id: int


class People(Control, tag="people", frozen=True):
    """Who takes part now: a class came to sit in."""

    people: list[Participant]


class Stop(Control, tag="stop", frozen=True):
    """Finish everything and end. reason: into the span, e.g. `lesson`."""

    lesson_ms: int
    reason: str


class Report(Struct, frozen=True, tag_field="type", forbid_unknown_fields=True, kw_only=True):
    """From the writer to its recorder."""


class Ready(Report, tag="ready", frozen=True):
    """The manifest is on disk; packets are welcome."""


class NeedKeyframe(Report, tag="need_keyframe", frozen=True):
    """Nothing of this source can be kept before its next keyframe, or the last one is long ago."""

    source_id: int


class Progress(Report, tag="progress", frozen=True):
    """Once a second. written: bytes on disk in this run; lost: RTP packets that never came; bytes_free: on the disk."""

    written: int
    packets: int
    lost: int
    bytes_free: int
    bytes_total: int


class Suspended(Report, tag="suspended", frozen=True):
    """Nothing is written any more until `Resumed`. reason: `disk_full` or `disk_error`."""

    reason: str
    detail: str


class Resumed(Report, tag="resumed", frozen=True):
    """Writing again."""


class Finished(Report, tag="finished", frozen=True):
    """The last report: all files are complete and synced."""

    written: int
    packets: int
    lost: int


FromRecorder = Begin | OpenTrack | CloseTrack | People | Stop
FromWriter = Ready | NeedKeyframe | Progress | Suspended | Resumed | Finished


def encode_control(message: FromRecorder) -> bytes:
    """A control message for the writer."""
    return bytes((CONTROL,)) + msgspec.json.encode(message)


def encode_report(report: FromWriter) -> bytes:
    """A report for the recorder."""
    return msgspec.json.encode(report)
