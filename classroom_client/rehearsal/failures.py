"""What can be wrong with a rehearsed lesson: stable codes, and the values their words in the catalog speak of."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

Code = Literal[
    "join_failed",
    "join_slow",
    "no_first_frame",
    "first_frame_slow",
    "peer_lost",
    "picture_missing",
    "frames_lost",
    "frame_unknown",
    "picture_of_wrong_participant",
    "picture_stamp_differs",
    "foreign_codec",
    "sound_lost",
    "sound_unknown",
    "sound_of_wrong_participant",
    "sound_missing",
    "sound_not_gated",
    "sound_gap",
    "tone_not_heard",
    "av_skew",
    "relay_slow",
    "board_event_lost",
    "board_differs",
    "board_slow",
    "floor_not_seen",
    "step_missed",
    "recording_missing",
    "recording_track_missing",
    "recording_unplayable",
    "recording_frames_lost",
    "recording_of_wrong_participant",
    "recording_sound_wrong",
    "recording_skew",
    "recording_duration",
    "message_refused",
    "line_bar",
    "no_namespaces",
    "no_relay",
    "too_few_lessons",
    "server_not_started",
    "server_unreachable",
    "worker_failed",
]


class Failure(Struct, frozen=True, order=True):
    """One thing that was wrong. values: names and numbers, as text, for the words of `code`."""

    code: Code
    values: dict[str, str] = {}
