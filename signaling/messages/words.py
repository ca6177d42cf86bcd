"""The words that messages and events are made of: numbers of the wire, ids, lengths, and what may stand for what.

Units: a length on the board is an integer in 1/10000 of the board's width (the board is 10000 x 5625);
pressure is 0..255; `*_ms` are milliseconds, `at` is milliseconds since the lesson's log was opened.
"""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

VERSION = 1
EDITION = 4
"""What has been added to the wire since its first edition: 2 brought assistants' signals, guests and cover, 3 pictures
on pages, 4 parts of a board whose strokes share their columns."""
PARTS_EDITION = 4
"""A client of an earlier edition is told a board in one piece."""

BOARD_WIDTH = 10_000
BOARD_HEIGHT = 5_625
SLOTS = 6
"""Receive slots of a peer: pairs of one audio and one video m-line (architecture decision 4)."""

ParticipantId = Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_.:-]+$")]
LessonId = Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_-]+$")]
OperationId = Annotated[str, Meta(min_length=8, max_length=40, pattern=r"^[A-Za-z0-9-]+$")]
"""Made by the client, unique in the lesson: sending one operation twice has the effect of once."""
PageId = Annotated[int, Meta(ge=1, le=500)]
Coordinate = Annotated[int, Meta(ge=-10_000, le=20_000)]
Digest = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$")]
"""SHA-256 of a picture's file in its best quality: by it the picture is fetched."""
PictureSide = Annotated[int, Meta(ge=1, le=1_920)]
"""Pixels, of that quality."""
Colour = Annotated[str, Meta(pattern=r"^#[0-9a-f]{6}$")]
PenWidth = Annotated[int, Meta(ge=4, le=800)]
Points = Annotated[list[Coordinate], Meta(min_length=3, max_length=6_000)]
"""x, y, pressure, x, y, pressure ... in drawing order."""

Role = Literal["lead", "classroom", "assistant", "observer", "recorder", "rebroadcast", "admin"]
Mode = Literal["blended", "delivery"]
Talk = Literal["listen", "discussion"]
Source = Literal["microphone", "low_speech", "media_sound", "camera", "camera2", "screen"]
SEND_LINES: tuple[Source, ...] = ("microphone", "low_speech", "media_sound", "camera", "camera2", "screen")
"""The send m-lines of every offer, in order; after them come SLOTS pairs of receive lines, audio then video."""
Layer = Literal["q", "h", "f"]
"""RIDs of the simulcast layers: quarter, half and full size."""
Quality = Literal["good", "weak", "lost"]
Part = Literal["planned", "cover", "assistant", "trainer", "inspector", "school_admin", "county_admin"]
"""As what somebody is in the lesson: planned for it, sitting in on it, helping in a room, or watching by office."""
Signal = Literal["too_fast", "cannot_hear", "cannot_see", "wait", "all_fine"]
"""What an assistant tells the lead of her room with one tap; a pupil who wants to speak is the room's hand."""
NOTE_CHARACTERS = 160
Rung = Literal["full", "smaller", "speaker", "sound", "voice"]
"""Of the ladder (signaling/ladder.py): what a receiver's line is given."""


class Message(Struct, frozen=True, tag_field="type", forbid_unknown_fields=True, kw_only=True):
    """One JSON text frame."""


class Event(Struct, frozen=True, tag_field="type", forbid_unknown_fields=True, kw_only=True):
    """What happened, without its number, time and author: those are in `Logged`."""
