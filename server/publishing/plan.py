"""Which files a recording is published as, and which tracks go into each. Pure.

One file for each source with a picture, with the sound that belongs to it: the camera has the microphone, the screen
has the media sound; sound without such a picture has a file of its own. All of a file's parts are joined while their
codec allows it, so that usually there is one file for a source, from the recording's first instant to its last.
"""

from __future__ import annotations

import hashlib

import msgspec
from msgspec import Struct

from server.recording.package import Manifest, Track
from signaling.messages import Source

SOUND_OF: dict[Source, Source] = {"camera": "microphone", "screen": "media_sound"}


class Output(Struct, frozen=True, kw_only=True):
    """One file to make. It begins and ends at these ms from the recording's start.

    fingerprint: changes when what it is made of does.
    """

    file: str
    participant: str
    source: Source
    video: list[Track]
    audio: list[Track]
    start_ms: int
    end_ms: int
    fingerprint: str


def plan(manifest: Manifest) -> list[Output]:
    """All files to make of a settled recording, the lead's first."""
    by_source: dict[tuple[str, Source], list[Track]] = {}
    for track in sorted(manifest.tracks, key=lambda track: (track.start_ms, track.part)):
        if track.frames:
            by_source.setdefault((track.participant, track.source), []).append(track)
    roles = {person.id: person.role for person in manifest.people}
    keys = sorted(by_source, key=lambda key: (roles.get(key[0]) != "lead", key))
    outputs: list[Output] = []
    spoken: set[tuple[str, Source]] = set()
    for participant, source in keys:
        if source in ("camera", "camera2", "screen"):
            sound = (participant, SOUND_OF.get(source, source))
            spoken.add(sound)
            audio = by_source.get(sound, []) if sound[1] != source else []
            outputs += _pictures(manifest, participant, source, by_source[participant, source], audio)
    for participant, source in keys:
        if source in ("microphone", "media_sound") and (participant, source) not in spoken:
            sounds = by_source[participant, source]
            outputs.append(_output(manifest, participant, source, "", [], sounds, 0, manifest.duration_ms))
    return outputs


def _pictures(
    manifest: Manifest, participant: str, source: Source, tracks: list[Track], audio: list[Track]
) -> list[Output]:
    runs: list[list[Track]] = []
    for track in tracks:
        if runs and runs[-1][0].codec == track.codec:
            runs[-1].append(track)
        else:
            runs.append([track])
    starts = [0, *(max(0, run[0].start_ms - manifest.origin_ms) for run in runs[1:])]
    ends = [*starts[1:], manifest.duration_ms]
    return [
        _output(manifest, participant, source, f"-{number + 1}" if number else "", run, audio, start, end)
        for number, (run, start, end) in enumerate(zip(runs, starts, ends, strict=True))
    ]


def _output(
    manifest: Manifest, participant: str, source: Source, number: str, video: list[Track], audio: list[Track],
    start_ms: int, end_ms: int,
) -> Output:  # fmt: skip
    suffix = "webm" if video and video[0].codec == "vp8" else "mp4"
    made_of = msgspec.json.encode([[(t.file, t.bytes) for t in video + audio], start_ms, end_ms, manifest.origin_ms])
    return Output(
        file=f"{participant}-{source}{number}.{suffix}",
        participant=participant,
        source=source,
        video=video,
        audio=audio,
        start_ms=start_ms,
        end_ms=end_ms,
        fingerprint=hashlib.sha256(made_of).hexdigest()[:16],
    )
